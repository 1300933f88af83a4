"""Invitations to a planning meeting in their case: who gets which, and who may answer.

Source: SFS 2017:612 4 kap. 3 §. In a case with a stay the unit of primary care calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event, Need, StoredMessage
from adapter.core.participant import Participant
from adapter.fhir import builders, bundles, consents, references, rewriting
from adapter.fhir.canonical import EVENT
from adapter.inbound import case_plans
from adapter.inbound.case_of import Matter
from adapter.inbound.sending import Sending, Target, not_a_party, returning
from adapter.inbound.taken_ids import as_kept
from adapter.inbound.turn import Turn
from adapter.policy import efforts, invitations, outside
from adapter.policy.consents import CONSENT, GIVEN
from adapter.policy.invitations import Invitation
from adapter.policy.plans import Plans
from adapter.settings.network import hsa_ids
from adapter.store import outbox

_REMOVED, _CANCELLED = "no longer invited", "the invitation was cancelled"
_RECALLED = "the invitation was recalled"
_WHO_CALLS = "a unit that serves primary care calls, in a case with a stay"
_INVITING = invitations.CALLS - {Event.SIP_INVITATION_CANCELLED}


def newer(matter: Matter, known: Plans) -> str | None:
    """Return when the newer message about the same invitation was recorded; None: it is new."""
    if matter.event not in invitations.CALLS:
        return None
    before = known.invitations.get(invitations.key_of(matter.bundle))
    version = invitations.version_of(matter.bundle)
    is_old = invitations.is_old(before, matter.event, version)
    return before.at if before and is_old else None


def called(turn: Turn, matter: Matter, known: Plans) -> Sending:
    """Decide on an invitation. FatalError `not-entitled`, `invitation-unknown` or `no-route`."""
    _demand_caller(turn, matter)
    key = invitations.key_of(matter.bundle)
    before = known.invitations.get(key)
    if matter.event is Event.SIP_INVITATION_CANCELLED:
        return _cancelled(turn, matter, known, before)
    wanted, unknown = _wanted(turn, matter)
    new = _new_rows(turn, matter, wanted) if _is_consented(matter) else []
    parties = matter.parties | {row.endpoint for row in new}
    ours = [e for e in wanted if _takes_part(turn, matter, e, parties)]
    dropped = [not_a_party(turn, matter, e.name) for e in wanted if e not in ours]
    gone = set(before.sent if before else ()) - _mailboxes(turn, (e.name for e in ours))
    ended = outside.uninvited(matter.rows, _mailboxes(turn, gone), _REMOVED, turn.now)
    _lock(turn, matter, ended)
    removed, lost = _connected(turn, gone)
    sent = [_to_invited(turn, matter, e, before) for e in ours]
    kept = _kept(turn, matter, before, [e.name for e in ours])
    return Sending(
        targets=(*sent, *(_to_removed(matter, e) for e in removed)),
        issues=(*unknown, *dropped, *lost),
        kept=replace(known, invitations={**known.invitations, key: kept}),
        rows=(*new, *ended),
    )


def answered(turn: Turn, matter: Matter, known: Plans) -> Sending:
    """Decide on a unit's answer: it goes to the caller alone.

    FatalError `wrong-sender` for an answer in another unit's name, `invitation-unknown`, or
    `stale-version` for an answer to another version.
    """
    unit = _answering(matter.bundle)
    if unit not in case_plans.writer(turn).ids:
        raise FatalError("wrong-sender", "the unit that answers is not the sender's")
    mailboxes = set(turn.network.same_organization(turn.sender))
    key = invitations.answered(known.invitations, matter.bundle, mailboxes)
    if not key:
        raise FatalError("invitation-unknown")
    before, version = known.invitations[key], invitations.version_of(matter.bundle)
    if version != before.version or before.is_cancelled:
        state = "cancelled" if before.is_cancelled else "sent"
        detail = f"answer to version {version}; version {before.version} at {before.at} is {state}"
        raise FatalError("stale-version", detail)
    recorded = bundles.recorded(matter.bundle)
    latest = bundles.instant(before.answers.get(unit, ""))
    if latest and recorded and recorded < latest:
        return Sending(kept=known, note="not-forwarded: superseded by a later answer")
    at = recorded.isoformat() if recorded else ""
    changed = replace(before, answers={**before.answers, unit: at})
    home = turn.network.address(turn.network.endpoint(before.caller))
    if home is None:
        raise FatalError("no-route", f"event {matter.event}")
    target = returning(matter.event, home, matter.bundle)
    kept = replace(known, invitations={**known.invitations, key: changed})
    return Sending(targets=(target,), kept=kept)


def _answering(bundle: Bundle) -> str:
    """The HSA-id of the unit that an answer is given for."""
    answer = bundles.focus(bundle) or {}
    return efforts.unit_of(references.by_name(bundle), answer.get("actor"))


def _demand_caller(turn: Turn, matter: Matter) -> None:
    """FatalError `not-entitled` in a case with a stay for one who does not serve primary care."""
    if not matter.stay.is_described:
        return
    own = turn.network.same_organization(turn.sender)
    serves = {need for name in own for need in turn.network.endpoint(name).serves}
    is_party = bool(matter.parties & set(own))
    if not is_party:
        raise FatalError("not-entitled")
    if Need.PRIMARY_CARE not in serves:
        raise FatalError("not-entitled", _WHO_CALLS)


def _cancelled(turn: Turn, matter: Matter, known: Plans, before: Invitation | None) -> Sending:
    """A cancellation goes to those that have the invitation, and ends their part by it."""
    if before is None:
        raise FatalError("invitation-unknown")
    ended = outside.uninvited(matter.rows, _mailboxes(turn, before.sent), _CANCELLED, turn.now)
    _lock(turn, matter, ended)
    kept = replace(_kept(turn, matter, before, []), is_cancelled=True)
    homes, lost = _connected(turn, before.sent)
    return Sending(
        targets=tuple(
            Target(endpoint=e, event=matter.event, bundle=matter.bundle, is_exempt=True)
            for e in homes
        ),
        issues=tuple(lost),
        kept=replace(
            known,
            invitations={**known.invitations, invitations.key_of(matter.bundle): kept},
        ),
        rows=tuple(ended),
    )


def called_back(known: Plans, messages: Iterable[StoredMessage]) -> dict[str, Invitation]:
    """Return the invitations whose newest message is among these, as they are once recalled.

    An older message may be recalled, and the invitation stands.
    """
    newest = as_kept(m for m in messages if m.event in _INVITING)
    return {
        key: invitations.recalled(each)
        for key, each in known.invitations.items()
        if each.content in newest
    }


def ended_by(
    turn: Turn, matter: Matter, known: Plans, keys: Iterable[str]
) -> tuple[Participant, ...]:
    """End the part of the units that these invitations were sent to, and of no others."""
    sent = {name for key in keys for name in known.invitations[key].sent}
    ended = outside.uninvited(matter.rows, _mailboxes(turn, sent), _RECALLED, turn.now)
    _lock(turn, matter, ended)
    return tuple(ended)


def _connected(turn: Turn, names: Iterable[str]) -> tuple[list[Endpoint], list[Issue]]:
    """The mailboxes of these endpoints, and a warning for each that has left the settings since."""
    known = sorted(name for name in names if turn.network.knows(name))
    lost = [_unconnected(name) for name in names if name not in known]
    homes = (turn.network.successor(turn.network.endpoint(name)) for name in known)
    return list({home.name: home for home in homes}.values()), lost


def _mailboxes(turn: Turn, names: Iterable[str]) -> set[str]:
    """These endpoints, and each that is one mailbox with one of them: rows may name any."""
    return {other for name in names for other in turn.network.mailbox(name)}


def _wanted(turn: Turn, matter: Matter) -> tuple[list[Endpoint], list[Issue]]:
    """The endpoints of the units that an invitation names, and a warning for each other one.

    A destination of the message that is not invited gets nothing.
    """
    day, own = turn.now.date(), turn.network.same_organization(turn.sender)
    units = invitations.invited(matter.bundle)
    homes = {unit: turn.network.home(unit, day) for unit in units}
    wanted = {e.name: e for e in homes.values() if e is not None and e.name not in own}
    if not wanted:
        raise FatalError("no-route", f"event {matter.event}")
    issues = [_unconnected(unit) for unit, home in homes.items() if home is None]
    ours = hsa_id(turn.network.settings.organization)
    others = [id_ for id_ in bundles.receiver_ids(matter.bundle) if id_ not in (*units, ours)]
    return list(wanted.values()), [*issues, *(not_a_party(turn, matter, o) for o in others)]


def _unconnected(unit: str) -> Issue:
    return Issue(code="unknown-receiver", detail=unit, severity=Severity.WARNING)


def _is_consented(matter: Matter) -> bool:
    """Whether the person consents to the meeting, by the invitation or by the case."""
    words = [w for w in consents.words(matter.bundle) if w.category == consents.PLANNING]
    recorded = bundles.recorded(matter.bundle)
    if matter.stay.is_consent_withdrawn or (words and not words[-1].in_force):
        return False
    if words and recorded is not None:
        return not words[-1].is_over(recorded)
    return bool(matter.stay.value(CONSENT) == GIVEN)


def _new_rows(turn: Turn, matter: Matter, wanted: Iterable[Endpoint]) -> list[Participant]:
    """A row for each invited endpoint of a stay that does not take part yet."""
    if not matter.stay.is_described:
        return []  # without a stay, the sender names the parties
    case_id, ground = matter.case.id, bundles.sender_id(matter.bundle)
    others = [e for e in wanted if not _takes_part(turn, matter, e, matter.parties)]
    rows = (outside.invited(case_id, e.name, matter.rows, ground, turn.now) for e in others)
    return [row for row in rows if row is not None]


def _takes_part(
    turn: Turn, matter: Matter, endpoint: Endpoint, parties: frozenset[str] | set[str]
) -> bool:
    """Whether an endpoint may get an invitation in the case: a party, or the owner if invited."""
    if not matter.stay.is_described:
        return True
    mailboxes = {*turn.network.same_organization(endpoint), *turn.network.mailbox(endpoint.name)}
    is_owner = matter.case.name.partition("/")[0] in hsa_ids(endpoint, turn.now.date())
    return is_owner or not mailboxes.isdisjoint(parties)


def _to_invited(
    turn: Turn, matter: Matter, endpoint: Endpoint, before: Invitation | None
) -> Target:
    """A unit that is added to a known invitation gets it as a new one."""
    is_change = matter.event is Event.SIP_INVITATION_CHANGED
    is_added = before is not None and _mailboxes(turn, [endpoint.name]).isdisjoint(before.sent)
    if not is_change or not is_added:
        return Target(endpoint=endpoint, event=matter.event, bundle=matter.bundle)
    bundle = _as(matter.bundle, Event.SIP_INVITATION, endpoint.name)
    return Target(endpoint=endpoint, event=Event.SIP_INVITATION, bundle=bundle)


def _to_removed(matter: Matter, endpoint: Endpoint) -> Target:
    unit = builders.logical(hsa_id(endpoint.organization)) | {"type": "HealthcareService"}
    bundle = invitations.no_longer_invited(matter.bundle, unit)
    return Target(
        endpoint=endpoint,
        event=Event.SIP_INVITATION_CANCELLED,
        bundle=_as(bundle, Event.SIP_INVITATION_CANCELLED, endpoint.name),
        is_exempt=True,
    )


def _as(bundle: Bundle, event: Event, name: str) -> Bundle:
    """The message as another event, under an id made of its own, the event and the receiver."""
    content = builders.new_id(bundles.content_id(bundle), str(event), name)
    coding = {"system": EVENT, "code": str(event)}
    return rewriting.with_header(bundle, id=content, eventCoding=coding)


def _kept(turn: Turn, matter: Matter, before: Invitation | None, names: list[str]) -> Invitation:
    """What the case keeps; another version makes earlier answers void."""
    recorded = bundles.recorded(matter.bundle)
    had = dict.fromkeys((*(before.had if before else ()), *names))
    return Invitation(
        version=invitations.version_of(matter.bundle),
        at=recorded.isoformat() if recorded else "",
        caller=turn.sender.name,
        content=bundles.content_id(matter.bundle).lower(),
        sent=tuple(names),
        had=tuple(had),
    )


def _lock(turn: Turn, matter: Matter, ended: Iterable[Participant]) -> None:
    """Lock what waits for receivers whose right ends now (`outbox.lock_open` says why)."""
    names = sorted(_mailboxes(turn, (row.endpoint for row in ended)))
    if names:
        outbox.lock_open(turn.tx, matter.case.id, names)
