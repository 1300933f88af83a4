"""Forward a new message: decide what is shared, with whom, and what the case stores of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.errors import Issue, Severity
from adapter.core.lifecycle import Ruling, Step
from adapter.core.model import RETURNING, Bundle, Code, Delivery, Event, Kind
from adapter.fhir import bundles
from adapter.inbound.case_of import Matter, matter_of
from adapter.inbound.original_id import with_original_id
from adapter.inbound.owed_receipts import OwedReceipt, answer, information
from adapter.inbound.turn import Turn
from adapter.outbound import deliveries, delivery_reports, receipts
from adapter.outbound.deliveries import Outgoing
from adapter.policy import sharing
from adapter.policy.read_message import ReadMessage
from adapter.policy.routing import Addressing, allows_protected, receivers
from adapter.policy.sharing import Decision, Facts, Notice
from adapter.store import cases, history, inbox, outbox, timers


def forward(turn: Turn, message: ReadMessage) -> OwedReceipt:
    """Decide what is sent to which endpoints, and queue it. FatalError when it has no receiver."""
    matter = matter_of(turn, message)
    decision = _decide(turn, matter)
    outgoing = _outgoing(turn, matter, decision)
    case = matter.case
    problems = deliveries.put(
        turn.tx, turn.network, case, turn.message.id, turn.sender, outgoing, turn.now
    )
    _save(turn, matter, decision, outgoing)
    note = _note(turn, matter, decision)
    turn.settle(Ruling.PROCESS, case_id=case.id, note=note, shared=bool(outgoing))
    issues = [*message.issues, *problems, *_remarks(turn, message, matter, decision)]
    return answer(turn, bundles.content_id(message.bundle), Code.OK, issues, case.id)


def _note(turn: Turn, matter: Matter, decision: Decision) -> str:
    """Why nothing is sent. For a superseded message: the message that supersedes it."""
    if decision.note != "superseded":
        return decision.note
    return f"not-forwarded: superseded by {_newer(turn, matter)}"


def _newer(turn: Turn, matter: Matter) -> str:
    """The id of the newer message that is applied instead of this one."""
    recorded, events = sharing.superseding(matter.before, matter.event, matter.bundle)
    return inbox.recorded(turn.tx, matter.case.id, recorded, events) or "a later message"


def _remarks(turn: Turn, message: ReadMessage, matter: Matter, decision: Decision) -> list[Issue]:
    remarks = []
    source = bundles.source_id(message.bundle)[:200]
    if source and turn.network.system(turn.sender).content == "hl7":
        if inbox.reused(turn.tx, turn.message, source):
            remarks.append(Issue(code="reused-control-id", severity=Severity.WARNING))
        turn.note(claimed_id=source)
    if decision.note == "superseded":
        remarks.append(information("superseded"))
    if not bundles.case_ids(message.bundle) and message.event not in RETURNING:
        remarks.append(Issue(code="no-case", severity=Severity.WARNING))
    if matter.is_other_patient:
        remarks.append(Issue(code="other-patient", severity=Severity.WARNING))
    return remarks


# What is shared


def _decide(turn: Turn, matter: Matter) -> Decision:
    before, event, bundle = matter.before, matter.event, matter.bundle
    if event.kind is Kind.ENCOUNTER:
        return sharing.decide(before, event, bundle, turn.message.id, _stay(turn, matter))
    if sharing.superseded(before, event, bundle):
        return Decision(facts=before, note="superseded")
    after = replace(before, applied=sharing.applied(before, event, bundle))
    return Decision(facts=after, notices=(Notice(event=event, bundle=bundle),))


def _stay(turn: Turn, matter: Matter) -> Bundle | None:
    """The newest earlier message that describes the stay, if this one is not complete alone."""
    if sharing.stands_alone(matter.before, matter.bundle) or not matter.before.known:
        return None
    stored = inbox.get(turn.tx, matter.before.known)
    return delivery_reports.original_bundle(turn.network, stored) if stored is not None else None


# With which endpoints


def _outgoing(turn: Turn, matter: Matter, decision: Decision) -> list[Outgoing]:
    if matter.concerned is not None:
        return _returned(turn, matter, matter.concerned, decision)
    # A later message without the flag does not end the protection: a source may leave it out.
    protected = matter.case.protected or bundles.is_protected(matter.bundle)
    outgoing = []
    for notice in decision.notices:
        addressing = _addressing(turn, matter, decision.facts, notice)
        for endpoint in receivers(turn.network, addressing):
            held = protected and not allows_protected(turn.network, addressing, endpoint)
            hold = "protected-identity" if held else ""
            outgoing.append(_to(turn, matter, notice, endpoint, hold))
    return outgoing


def _to(turn: Turn, matter: Matter, notice: Notice, endpoint: Endpoint, hold: str) -> Outgoing:
    unchanged = notice.bundle is matter.bundle
    return Outgoing(
        endpoint=endpoint,
        event=notice.event,
        bundle=notice.bundle,
        original=turn.message.body if unchanged else b"",
        hold=hold,
    )


def _addressing(turn: Turn, matter: Matter, facts: Facts, notice: Notice) -> Addressing:
    ending = notice.event in (Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED)
    in_force = matter.before if ending else facts  # the end goes to those who got the beginning
    return Addressing(
        event=notice.event,
        sender=turn.sender,
        receivers=bundles.receiver_ids(notice.bundle),
        municipality=bundles.municipality(notice.bundle) or facts.municipality,
        needs=sharing.needs(in_force),
        units=in_force.units,
        informed=facts.told,
        day=turn.now.date(),
    )


def _returned(
    turn: Turn, matter: Matter, concerned: Delivery, decision: Decision
) -> list[Outgoing]:
    """An answer goes to the sender of the message that it answers, without a route."""
    first = inbox.get(turn.tx, concerned.message_id)
    if first is None or concerned.event is Event.DELIVERY_REPORT:
        return []  # the adapter itself wrote the report
    sender = turn.network.endpoint(first.endpoint)
    home = turn.network.address(sender)
    if home is not None:
        returning = [
            replace(n, bundle=with_original_id(turn.tx, n.bundle, concerned, first))
            for n in decision.notices
        ]
        return [_to(turn, matter, notice, home, "") for notice in returning]
    turn.log("no-return-address", sender.name, case=matter.case.id)
    notices = decision.notices if _needs_a_person(matter) else ()
    return [_to(turn, matter, notice, sender, "no-route") for notice in notices]


def _needs_a_person(matter: Matter) -> bool:
    """Whether a message without a return address is held; an answer only if `rejected`."""
    status = (bundles.focus(matter.bundle) or {}).get("status")
    return matter.event is not Event.ANSWER or status == "rejected"


# What the case stores


def _save(turn: Turn, matter: Matter, decision: Decision, outgoing: list[Outgoing]) -> None:
    after = decision.facts
    if matter.event.kind is Kind.ENCOUNTER:
        informed = dict.fromkeys([*after.told, *(o.endpoint.name for o in outgoing)])
        after = replace(after, told=tuple(informed))
    values = {"facts": after.dump(), "orders": matter.case.orders + len(outgoing)}
    values |= _changes(turn, matter, decision, after)
    cases.save(turn.tx, matter.case.id, **values | _protection(turn, matter))
    if matter.event is Event.ANSWER and matter.concerned is not None:
        status = (bundles.focus(matter.bundle) or {}).get("status", "")
        receipts.answer(turn.tx, matter.concerned, status, turn.now, turn.message.id)


def _changes(turn: Turn, matter: Matter, decision: Decision, after: Facts) -> dict[str, Any]:
    """Return the case's changed columns, and add a line of history for each change."""
    before, values = matter.before, dict[str, Any]()
    if after.shared and not before.shared:
        values["shared_at"] = turn.now
        _log(turn, matter, "shared", ", ".join(after.told))
    if before.shared and not after.shared:
        _log(turn, matter, "sharing-ended", ", ".join(after.told))
    if after.closed != before.closed:
        values["closed_at"] = turn.now if after.closed else None
    if decision.note:
        is_superseded = decision.note == "superseded"
        detail = f"by {_newer(turn, matter)}" if is_superseded else ""
        _log(turn, matter, decision.note, detail)
    if matter.is_other_patient:
        values["flagged"] = True
        _log(turn, matter, "other-patient", "not whom the case was opened for")
    return values


def _log(turn: Turn, matter: Matter, what: str, detail: str) -> None:
    turn.log(what, detail, case=matter.case.id)


def _protection(turn: Turn, matter: Matter) -> dict[str, Any]:
    """When the patient becomes protected, hold the case's unsent deliveries for a person."""
    if matter.case.protected or not bundles.is_protected(matter.bundle):
        return {}
    code = "protected-identity"
    for unsent in timers.unsent_of_case(turn.tx, matter.case.id):
        if unsent.message_id != turn.message.id:
            outbox.step(turn.tx, unsent.id, Step.GIVE_UP, turn.now, code=code)
            history.of_delivery(turn.tx, turn.now, "held", unsent, code)
    return {"protected": True}
