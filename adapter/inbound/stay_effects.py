"""Write what a plan of reconcile says: rows, deliveries, the end of deliveries, and the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapter.core.errors import Issue
from adapter.core.lifecycle import State, Step
from adapter.core.model import Delivery, Event, Kind
from adapter.core.participant import Participant
from adapter.fhir import builders, bundles
from adapter.inbound import stay_consents, stay_items
from adapter.inbound.owed_receipts import information
from adapter.inbound.protected import Level
from adapter.inbound.stay_arrivals import arrived, promoted, sent_since
from adapter.inbound.stay_case import StayCase
from adapter.inbound.turn import Turn
from adapter.outbound import deliveries, moves
from adapter.outbound.deliveries import Outgoing
from adapter.outbound.judgement import judge, stay_heading
from adapter.outbound.pseudonyms import hashes
from adapter.policy import notices, secrecy
from adapter.policy.decision import Input, Plan
from adapter.policy.notice import ENDINGS, Notice
from adapter.policy.read_message import ReadMessage
from adapter.policy.reconcile import reconcile
from adapter.policy.secrecy import LeftOut
from adapter.policy.stay import Patched, Stay
from adapter.store import cases, history, outbox, participants, stays
from adapter.store import notices as sent_notices
from adapter.store.cases import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What followed from a message in one case."""

    is_sent: bool = False
    note: str = ""
    issues: tuple[Issue, ...] = ()


def apply(
    turn: Turn, message: ReadMessage, matter: StayCase, patched: Patched, level: Level
) -> Told:
    """Write everything that follows from a message in one case."""
    rows = _inherited(turn, matter.case)
    made = plan(turn, message, matter, patched, level, rows)
    if made is None:
        return _untouched(turn, message, matter, patched, level)
    expires = _lapse(turn, matter.case, made.lapses)
    for row in made.rows:
        participants.save(turn.tx, row)
    if patched.stay.bars != matter.before.bars:  # what waits is made anew from the Stay
        stays.save(turn.tx, matter.case.id, patched.stay.dump(), turn.now)
    kept_back = _make_anew(turn, matter.case, made)
    problems = queue(turn, message, matter, made.notices, expires)
    _save(turn, matter, patched, level, made)
    _log_rights(turn, matter.case, rows, made)
    out = stay_consents.left_out(turn, matter.case, [*kept_back, *made.left_out])
    issues = [*problems, *out, *_items(turn, message, matter, patched, level, made)]
    note = "" if made.notices or patched.stay.needs else "not-shared"
    if patched.late and not made.notices:
        note = _superseded(turn, matter, patched)
    return Told(is_sent=bool(made.notices), note=note, issues=tuple(issues))


def _inherited(turn: Turn, case: Case) -> list[Participant]:
    """The participants of a case, after the successors of replaced endpoints inherited rows."""
    open_ = {r.endpoint for r in participants.of_case(turn.tx, case.id) if r.until is None}
    for name in sorted(open_):
        endpoint = turn.network.endpoints.get(name)
        if endpoint is not None and endpoint.replaced_by:
            participants.inherit(turn.tx, case.id, name, endpoint.replaced_by)
            moves.move_of_case(turn.tx, turn.network, endpoint, case.id, turn.now)
    return participants.of_case(turn.tx, case.id)


def _untouched(
    turn: Turn, message: ReadMessage, matter: StayCase, patched: Patched, level: Level
) -> Told:
    """A message that changes nothing; what it says too late may stand before a person."""
    if patched.stay.facts != matter.before.facts:  # the times of what was repeated
        stays.save(turn.tx, matter.case.id, patched.stay.dump(), turn.now)
    issues = _items(turn, message, matter, patched, level, None)
    if patched.late:
        return Told(note=_superseded(turn, matter, patched), issues=tuple(issues))
    turn.log("unchanged", case=matter.case.id)
    return Told(note="unchanged", issues=tuple(issues))


def _superseded(turn: Turn, matter: StayCase, patched: Patched) -> str:
    """Note the newer message that says otherwise."""
    newer = patched.stay.facts[min(patched.late)].message
    turn.log("superseded", f"by {newer}", case=matter.case.id)
    return f"not-forwarded: superseded by {newer}"


def plan(
    turn: Turn,
    message: ReadMessage,
    matter: StayCase,
    patched: Patched,
    level: Level,
    rows: Sequence[Participant],
) -> Plan | None:
    """Return what the message makes us tell; None when it changes nothing: nothing is judged.

    A change of the settings alone tells nobody.
    """
    if not patched.changed and not level.is_new:
        return None
    sent = sent_since(turn, matter.case, rows)
    given = Input(
        network=turn.network,
        case_id=matter.case.id,
        before=matter.before,
        after=patched.stay,
        event=message.event,
        rows=[promoted(row, sent.get(row.endpoint, ())) for row in rows],
        told={name: arrived(notices_) for name, notices_ in sent.items()},
        level=level.after,
        discharged=matter.case.discharged_at,
        newly_protected=level.is_new,
        now=turn.now,
    )
    return reconcile(given)


# Deliveries


def _lapse(turn: Turn, case: Case, lapses: Mapping[str, str]) -> dict[str, datetime]:
    """End the notices that wait or are dead: they are not due any more, and never leave.

    An attempt that has begun goes on, and is judged again before the next one. Return for each
    endpoint when the first of those that waited would have run out: its successor keeps that time.
    """
    expires = dict[str, datetime]()
    if not lapses or not case.orders:  # nothing was ever queued in a new case
        return expires
    waiting = outbox.lock_open(turn.tx, case.id, sorted(lapses))
    for notice in [*waiting, *_dead(turn, case, lapses)]:
        is_judged = notice.right_no is not None or notice.event in ENDINGS
        if not is_judged or notice.event.kind is not Kind.ENCOUNTER:
            continue
        if notice.state is State.WAITING:
            known = expires.get(notice.endpoint, notice.expires_at)
            expires[notice.endpoint] = min(known, notice.expires_at)
        if notice.state in (State.WAITING, State.DEAD):
            outbox.step(turn.tx, notice.id, Step.LAPSE, turn.now)
            why = lapses[notice.endpoint]
            history.of_delivery(turn.tx, turn.now, "no-longer-due", notice, why)
    return expires


def _dead(turn: Turn, case: Case, names: Iterable[str]) -> list[Delivery]:
    """The dead and held notices of a case to these endpoints, locked."""
    sent = sent_notices.may_have_arrived(turn.tx, case.id)
    dead = (n.id for name in names for n in sent.get(name, ()) if n.state is State.DEAD)
    return [outbox.hold(turn.tx, id_) for id_ in dead]


def _make_anew(turn: Turn, case: Case, plan: Plan) -> list[LeftOut]:
    """Replace what still waits under a right that has changed: its bytes may show too much.

    Return what is not replaced, because a bar of secrecy keeps it back.
    """
    changed = {row.endpoint for row in plan.rows} - set(plan.lapses)
    kept_back = list[LeftOut]()
    if not changed:
        return []
    for waiting in outbox.lock_open(turn.tx, case.id, sorted(changed)):
        mailbox = turn.network.mailbox(waiting.endpoint)
        number = participants.right_no(turn.tx, case.id, mailbox)
        if waiting.state is State.WAITING and waiting.right_no not in (None, number):
            judge(turn.tx, turn.network, waiting, turn.now)
            if waiting.endpoint in plan.barred and secrecy.is_behind(waiting.event):
                kept_back.append(LeftOut(endpoint=waiting.endpoint, event=waiting.event))
    return kept_back


def queue(
    turn: Turn,
    message: ReadMessage,
    matter: StayCase,
    due: Iterable[Notice],
    expires: Mapping[str, datetime],
) -> list[Issue]:
    """Queue notices; one to an endpoint that is no longer in the settings becomes an item."""
    outgoing = []
    for notice in due:
        if turn.network.knows(notice.endpoint):
            made = _outgoing(turn, message, matter, notice)
            outgoing.append(replace(made, expires_at=expires.get(notice.endpoint)))
        else:
            stay_items.removed(turn, matter.case, notice.endpoint)
    case, message_id = matter.case, turn.message.id
    return deliveries.put(turn.tx, turn.network, case, message_id, turn.sender, outgoing, turn.now)


def _outgoing(turn: Turn, message: ReadMessage, matter: StayCase, notice: Notice) -> Outgoing:
    recorded = bundles.instant(notice.recorded) or bundles.recorded(message.bundle)
    heading = stay_heading(
        turn.network,
        turn.sender,
        matter.case,
        content=_content_id(message, matter.case, notice),
        recorded=recorded or turn.now,
    )
    return Outgoing(
        endpoint=turn.network.endpoint(notice.endpoint),
        event=notice.event,
        bundle=notices.write(notice, heading),
        hold=notice.hold,
        right_no=notice.right_no,
    )


def _content_id(message: ReadMessage, case: Case, notice: Notice) -> str:
    """The sender's own id for its own event; else an id made of the source, event and case."""
    source = bundles.content_id(message.bundle)
    if notice.event is message.event and not notice.is_label:
        return source
    kind = "label" if notice.is_label else str(notice.event)
    return builders.new_id(source, kind, case.id)


# The case


def _save(turn: Turn, matter: StayCase, patched: Patched, level: Level, plan: Plan) -> None:
    case, stay = matter.case, patched.stay
    if patched.changed:
        stays.save(turn.tx, case.id, stay.dump(), turn.now)
    ended = stay.ended
    values: dict[str, Any] = {
        "orders": case.orders + len(plan.notices),
        "protected": bool(level.after),
        "patient": next(iter(hashes(turn.tx, stay.numbers)), case.patient),
        "admitted_at": bundles.instant(stay.value("admitted")) or case.admitted_at,
        "discharged_at": ended,
        "closed_at": _closed_at(turn, case, stay),
    }
    if plan.rows:
        values |= {"shared_at": case.shared_at or turn.now}
    cases.save(turn.tx, case.id, **values)


def _log_rights(turn: Turn, case: Case, before: Sequence[Participant], plan: Plan) -> None:
    """Note in the history who has got a right, and whose right has ended."""
    held = {row.endpoint for row in before if row.until is None}
    begun = [r.endpoint for r in plan.rows if r.until is None and r.endpoint not in held]
    if begun:
        turn.log("shared", ", ".join(dict.fromkeys(begun)), case=case.id)
    for row in plan.rows:
        if row.until is not None:
            detail = f"{row.endpoint} {row.need}: {row.ended}"
            turn.log("sharing-ended", detail, case=case.id)


def _closed_at(turn: Turn, case: Case, stay: Stay) -> datetime | None:
    is_over = stay.ended is not None or stay.value("cancelled")
    return (case.closed_at or turn.now) if is_over else None


def _items(
    turn: Turn,
    message: ReadMessage,
    matter: StayCase,
    patched: Patched,
    level: Level,
    plan: Plan | None,
) -> list[Issue]:
    """Put before a person what a machine cannot decide; without a plan no need is judged."""
    case, issues = matter.case, list[Issue]()
    if plan is not None:
        issues += stay_items.late(turn, case, plan.late)
        issues += stay_items.nobody_to_tell(
            turn, message, case, patched.stay, plan.missing, level.after
        )
        if any(notice.event is Event.ADMISSION_NOTICE for notice in plan.notices):
            issues += stay_items.incomplete(patched.stay, level.after)
    stay_items.asked(turn, case, message.questions)
    is_late = plan is not None and plan.is_late_word
    issues += stay_items.others(turn, case, matter.before, patched, is_late_word=is_late)
    if level.is_lifted:
        issues.append(stay_items.lifting(turn, case))
    if patched.late:
        issues.append(information("superseded", ", ".join(sorted(patched.late))))
    return issues
