"""Contacts, progress and discharge information in their case: who gets them."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.model import Event
from adapter.inbound import case_plans
from adapter.inbound.case_of import Matter
from adapter.inbound.sending import Sending, Target
from adapter.inbound.turn import Turn
from adapter.policy import contacts, plan_progress, transfers
from adapter.policy.plans import Plans


def newer(matter: Matter, known: Plans) -> str | None:
    """Return when the newer word about the same contact was recorded; None: this is the newest."""
    if matter.event is not Event.CARE_CONTACT:
        return None
    return contacts.newer(known.contacts, matter.bundle)


def contact(matter: Matter, sending: Sending) -> Sending:
    """Keep a contact. FatalError `second-contact`."""
    known = contacts.with_contact(sending.kept.contacts, matter.bundle)
    return replace(sending, kept=replace(sending.kept, contacts=known))


def progress(turn: Turn, matter: Matter, known: Plans) -> Sending:
    """Progress goes to the coordinator of the plan alone, and never changes the plan.

    FatalError `plan-unknown`, `plan-ended`, `stale-version`, `not-own-effort` or `no-route`.
    """
    plan = plan_progress.reported_on(known, matter.bundle, case_plans.writer(turn))
    home = turn.network.home(plan.keeper, turn.now.date())
    if home is None:
        raise FatalError("no-route", f"event {matter.event}")
    target = Target(endpoint=home, event=matter.event, bundle=matter.bundle)
    return Sending(targets=(target,), kept=known)


def transfer(turn: Turn, matter: Matter, sending: Sending) -> Sending:
    """Leave out who may not read it, or is behind a bar of secrecy; remark that it is late."""
    targets, issues = list[Target](), list(sending.issues)
    for target in sending.targets:
        why = transfers.kept_from(
            turn.network, matter.stay, matter.rows, target.endpoint, turn.now.date()
        )
        if why is None:
            targets.append(target)
        else:
            issues.append(_warning(turn, matter, why, target.endpoint.name))
    if transfers.is_late(matter.bundle):
        issues.append(_warning(turn, matter, "late", ""))
    return replace(sending, targets=tuple(targets), issues=tuple(issues))


def _warning(turn: Turn, matter: Matter, code: ErrorCode, detail: str) -> Issue:
    turn.log(code, detail, case=matter.case.id)
    return Issue(code=code, detail=detail, severity=Severity.WARNING)
