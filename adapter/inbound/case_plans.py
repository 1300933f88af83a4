"""A plan that is written in its case: its versions, its adjustment, and the consent beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.errors import Issue, Severity
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Delivery, Event, StoredMessage
from adapter.core.planning_codes import RecallReason
from adapter.fhir import bundles, consents
from adapter.fhir.canonical import BASE
from adapter.fhir.codings import code_of
from adapter.inbound.case_of import Matter
from adapter.inbound.sending import Sending
from adapter.inbound.taken_ids import as_kept
from adapter.inbound.turn import Turn
from adapter.outbound.pseudonyms import signature
from adapter.policy import contacts, plan_history, plan_versions, plans
from adapter.policy.plan_versions import Word, Writer, Written
from adapter.policy.plans import Plans
from adapter.policy.routing import may_speak
from adapter.settings.network import hsa_ids

_REASONS = f"{BASE}/CodeSystem/recall"


def written(turn: Turn, matter: Matter, known: Plans) -> Written | None:
    """Return the version of a plan that a message has; None where it has none.

    FatalError `stale-version` for a plan without a version where versions are known.
    """
    if matter.event is not Event.CARE_PLAN:
        return None
    number = plan_versions.number_of(matter.bundle)
    if number is not None:
        sign = signature(turn.tx)
        return plan_versions.written(matter.bundle, number, known, sign)
    refusal = plan_versions.without_version(known, matter.bundle)
    if refusal is not None:
        raise refusal
    return None


def superseding(turn: Turn, matter: Matter, known: Plans, new: Written | None) -> str | None:
    """Return when the newer message about the same plan was recorded; None: this is the newest.

    FatalError when this version may not be written.
    """
    if new is None:
        is_old = plans.is_superseded(known, matter.event, matter.bundle)
        newest = plans.newest_of(known, matter.event, matter.bundle) if is_old else None
        return newest.isoformat() if newest else None
    if plan_versions.judge(known, new, writer(turn)) is Word.OLDER:
        return known.versions[new.name.known].at
    return None


def with_plan(turn: Turn, matter: Matter, known: Plans, new: Written | None) -> Plans:
    """Return what the case keeps of its plans, the message counted."""
    if new is not None:
        return plan_history.with_version(known, new, writer(turn))
    if matter.event is Event.ANSWER and matter.concerned is not None:
        return _adjusted(turn, matter.bundle, matter.concerned, known)
    return plans.with_message(known, matter.event, matter.bundle)


def writer(turn: Turn) -> Writer:
    """Return the sender as one who writes plans: also for the units that read in its mailbox."""
    sender = turn.sender
    return Writer(
        organization=hsa_id(sender.organization),
        ids=_organizations(sender, turn.now.date()),
        keeps_plans=bool(sender.carries_for),
    )


def _organizations(endpoint: Endpoint, day: date) -> frozenset[str]:
    """The HSA-ids of an endpoint, and of the units that read in its mailbox."""
    others = {hsa_id(id_) for id_ in (*endpoint.speaks_for, *endpoint.mailbox_for)}
    return frozenset(hsa_ids(endpoint, day) | others)


def taken_back(
    turn: Turn, recall: Bundle, messages: Iterable[StoredMessage], known: Plans
) -> Plans:
    """Return what the case keeps when these messages are recalled: what was known before them."""
    every = list(messages)
    ids = as_kept(every)
    is_wrong = _reason(recall) == RecallReason.WRONG_CONTENT
    kept = plan_history.without_recalled(known, ids, is_wrong=is_wrong)
    said = {(id_, message.recorded) for id_ in writer(turn).ids for message in every}
    return replace(
        plans.without_recalled(kept, said),
        contacts=contacts.without_recalled(kept.contacts, ids),
    )


def _reason(recall: Bundle) -> str:
    return code_of((bundles.focus(recall) or {}).get("statusReason"), _REASONS)


def _adjusted(turn: Turn, bundle: Bundle, answered: Delivery, known: Plans) -> Plans:
    """Count a unit's answer to a version of a plan (LPT 7 a §)."""
    if answered.event is not Event.CARE_PLAN or not known.versions:
        return known
    task = bundles.focus(bundle) or {}
    unit = bundles.referenced_organization(bundle, task.get("owner"))
    if unit not in writer(turn).ids and not may_speak(turn.sender, unit, turn.now.date()):
        unit = bundles.sender_id(bundle)
    status = str(task.get("status", ""))
    return plan_history.with_adjustment(known, answered.content_id, unit, status)


def consent_over(matter: Matter) -> ErrorCode | None:
    """Return why the consent to planning is over; None while a plan may go.

    The case's own word counts first, then the newest Consent that the plan carries.
    """
    if matter.event is not Event.CARE_PLAN:
        return None
    if matter.stay.is_consent_withdrawn:
        return "consent-withdrawn"
    word, recorded = consents.planning(matter.bundle), bundles.recorded(matter.bundle)
    if word is None or recorded is None:
        return None
    if not word.in_force:
        return "consent-withdrawn"
    return "consent-ended" if word.is_over(recorded) else None


def within_consent(turn: Turn, matter: Matter, sending: Sending) -> Sending:
    """Leave out each receiver of a plan whom the consent in it does not cover, with a warning."""
    word = consents.planning(matter.bundle)
    if word is None:
        return sending
    covered = [t for t in sending.targets if may_get(turn, word, t.endpoint)]
    names = [t.endpoint.name for t in sending.targets if t not in covered]
    issues = [not_covered(turn, matter, name) for name in names]
    return replace(sending, targets=tuple(covered), issues=(*sending.issues, *issues))


def may_get(turn: Turn, word: consents.Word, endpoint: Endpoint) -> bool:
    """Whether a consent covers the organisations of a mailbox.

    A planning service only carries: it is left out where it, or a unit in its mailbox, is excluded.
    """
    ids = _organizations(endpoint, turn.now.date())
    return not word.excludes(ids) if endpoint.carries_for else word.covers(ids)


def not_covered(turn: Turn, matter: Matter, name: str) -> Issue:
    """Return the warning for a receiver whom a consent does not cover, and log it."""
    turn.log("consent-excludes", name, case=matter.case.id)
    return Issue(code="consent-excludes", detail=name, severity=Severity.WARNING)


def consent_end(matter: Matter) -> datetime | None:
    """Return when the consent in a plan ends; None for no plan, or for no end."""
    word = consents.planning(matter.bundle) if matter.event is Event.CARE_PLAN else None
    return word.end if word else None
