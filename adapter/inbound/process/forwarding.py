"""A new and understood message, to its case and its receivers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.lifecycle import Ruling, Step
from adapter.core.model import RETURNING, Bundle, Code, Event, Kind
from adapter.fhir import bundles
from adapter.inbound.process.answering import Reply, answer
from adapter.inbound.process.original_id import with_original_id
from adapter.inbound.process.turn import Turn
from adapter.outbound import deliveries, delivery_reports, receipts
from adapter.outbound.deliveries import Outgoing
from adapter.policy import read_message, sharing
from adapter.policy.read_message import ReadMessage
from adapter.policy.routing import Addressing, allows_protected, receivers
from adapter.policy.sharing import Decision, Facts, Notice
from adapter.store import backlog, cases, endpoints, history, inbox, outbox
from adapter.store.cases import Case
from adapter.store.transaction import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The message, the case that it belongs to, and the delivery that it answers, if any."""

    event: Event
    bundle: Bundle
    case: Case
    before: Facts
    concerned: Row | None
    stranger: bool  # the case was opened for another patient


def forward(turn: Turn, found: ReadMessage) -> Reply:
    """Decide what is told to whom, and queue it. FatalError when nobody can be told."""
    matter = _matter(turn, found)
    decision = _decide(turn, matter)
    outgoing = _outgoing(turn, matter, decision)
    message, case = turn.message, matter.case
    problems = deliveries.put(
        turn.tx, turn.network, case, message.id, turn.sender, outgoing, turn.now
    )
    _save(turn, matter, decision, outgoing)
    values: dict[str, Any] = {"case_id": case.id, "note": _note(turn, matter, decision)}
    turn.settle(Ruling.PROCESS, **values, shared=bool(outgoing))
    issues = [*found.issues, *problems, *_remarks(turn, found, matter, decision)]
    return answer(turn, bundles.content_id(found.bundle), Code.OK, issues, case.id)


def _note(turn: Turn, matter: Matter, decision: Decision) -> str:
    """Why nothing is told; of what is superseded, by which message."""
    if decision.note != "superseded":
        return decision.note
    return f"not-forwarded: superseded by {_newer(turn, matter)}"


def _newer(turn: Turn, matter: Matter) -> str:
    """The message that is applied in place of this one."""
    event, bundle = matter.event, matter.bundle
    recorded, events = sharing.superseding(matter.before, event, bundle)
    return inbox.recorded(turn.tx, matter.case.id, recorded, events) or "a later message"


def _remarks(turn: Turn, found: ReadMessage, matter: Matter, decision: Decision) -> list[Issue]:
    remarks = []
    source = bundles.source_id(found.bundle)[:200]
    if source and turn.network.system(turn.sender).content == "hl7":
        if inbox.reused(turn.tx, turn.message, source):
            remarks.append(Issue(code="reused-control-id", severity=Severity.WARNING))
        turn.note(claimed_id=source)
    if decision.note == "superseded":
        remarks.append(Issue(code="superseded", severity=Severity.INFORMATION))
    if not bundles.case_ids(found.bundle) and found.event not in RETURNING:
        remarks.append(Issue(code="no-case", severity=Severity.WARNING))
    if matter.stranger:
        remarks.append(Issue(code="other-patient", severity=Severity.WARNING))
    return remarks


# The case


def _matter(turn: Turn, found: ReadMessage) -> Matter:
    concerned = _concerned(turn, found.bundle) if found.event in RETURNING else None
    case = _case(turn.tx, found.bundle, concerned, turn.now)
    return Matter(
        event=found.event,
        bundle=found.bundle,
        case=case,
        before=sharing.facts(case.facts),
        concerned=concerned,
        stranger=cases.is_other_patient(case, _pseudonyms(turn.tx, found.bundle)),
    )


def _concerned(turn: Turn, bundle: Bundle) -> Row:
    try:
        rows = receipts.sent(turn.tx, turn.network, turn.sender, bundles.concerned(bundle))
    except FatalError:
        raise FatalError("concerns-unknown") from None
    return rows[-1] if len(rows) == 1 else _of_one_sender(turn, bundle, rows)


def _of_one_sender(turn: Turn, bundle: Bundle, rows: list[Row]) -> Row:
    """Senders may have equal ids. The case says which is meant; else nobody is told."""
    found = cases.find(turn.tx, read_message.case_names(bundle), _patient(turn.tx, bundle))
    mine = [row for row in rows if found is not None and row["case_id"] == found.case.id] or rows
    first = [inbox.get(turn.tx, row["message_id"]) for row in mine]
    if len({message["endpoint"] for message in first if message is not None}) > 1:
        raise FatalError("concerns-unknown", "several senders gave a message this id")
    return mine[-1]


def _case(tx: Transaction, bundle: Bundle, concerned: Row | None, now: datetime) -> Case:
    if concerned is not None and concerned["case_id"]:
        return cases.lock(tx, concerned["case_id"])
    names = read_message.case_names(bundle)
    patient = _patient(tx, bundle)
    found = cases.find(tx, names, patient)
    if found is None:
        return cases.open_case(tx, names, patient, now)
    cases.add_names(tx, found.case.id, [name for name in names if name not in found.names])
    return found.case


def _patient(tx: Transaction, bundle: Bundle) -> str:
    return next(iter(_pseudonyms(tx, bundle)), "")


def _pseudonyms(tx: Transaction, bundle: Bundle) -> list[str]:
    """One for each number that the message gives its patient."""
    identities = bundles.patient_ids(bundle)
    key = endpoints.key(tx, endpoints.PATIENT) if identities else b""
    return [cases.pseudonym(key, identity) for identity in identities]


# What is told


def _decide(turn: Turn, matter: Matter) -> Decision:
    before, event, bundle = matter.before, matter.event, matter.bundle
    if event.kind is Kind.ENCOUNTER:
        known = _known(turn, matter)
        return sharing.decide(before, event, bundle, turn.message.id, known)
    if sharing.superseded(before, event, bundle):
        return Decision(facts=before, note="superseded")
    after = replace(before, applied=sharing.applied(before, event, bundle))
    return Decision(facts=after, notices=(Notice(event=event, bundle=bundle),))


def _known(turn: Turn, matter: Matter) -> Bundle | None:
    """The newest earlier message that describes the stay, where this one does not stand alone."""
    if sharing.stands_alone(matter.before, matter.bundle) or not matter.before.known:
        return None
    row = inbox.get(turn.tx, matter.before.known)
    return delivery_reports.original(turn.network, row) if row is not None else None


# To whom


def _outgoing(turn: Turn, matter: Matter, decision: Decision) -> list[Outgoing]:
    if matter.concerned is not None:
        return _returned(turn, matter, matter.concerned, decision)
    # A source may leave the flag out of a later message; that does not lift it.
    protected = matter.case.protected or bundles.is_protected(matter.bundle)
    found = []
    for notice in decision.notices:
        letter = _letter(turn, matter, decision.facts, notice)
        for endpoint in receivers(turn.network, letter):
            held = protected and not allows_protected(turn.network, letter, endpoint)
            found.append(_one(turn, matter, notice, endpoint, "protected-identity" if held else ""))
    return found


def _one(turn: Turn, matter: Matter, notice: Notice, endpoint: Endpoint, hold: str) -> Outgoing:
    unchanged = notice.bundle is matter.bundle
    return Outgoing(
        endpoint=endpoint,
        event=notice.event,
        bundle=notice.bundle,
        original=turn.message.body if unchanged else b"",
        hold=hold,
    )


def _letter(turn: Turn, matter: Matter, facts: Facts, notice: Notice) -> Addressing:
    ending = notice.event in (Event.PROCESS_ENDED, Event.ADMISSION_CANCELLED)
    force = matter.before if ending else facts  # those who were told are told the end
    return Addressing(
        event=notice.event,
        sender=turn.sender,
        receivers=bundles.receiver_ids(notice.bundle),
        municipality=bundles.municipality(notice.bundle) or facts.municipality,
        needs=sharing.needs(force),
        units=force.units,
        told=facts.told,
        day=turn.now.date(),
    )


def _returned(turn: Turn, matter: Matter, concerned: Row, decision: Decision) -> list[Outgoing]:
    """What answers something goes to the sender of that, without a route."""
    first = inbox.get(turn.tx, concerned["message_id"])
    if first is None or concerned["event"] == Event.DELIVERY_REPORT:
        return []  # the adapter itself had written that
    sender = turn.network.endpoint(first["endpoint"])
    home = turn.network.address(sender)
    if home is not None:
        known = [_as_known(turn, notice, concerned, first) for notice in decision.notices]
        return [_one(turn, matter, notice, home, "") for notice in known]
    _line(turn, matter, "no-return-address", sender.name)
    wanted = decision.notices if _must_be_heard(matter) else ()
    return [_one(turn, matter, notice, sender, "no-route") for notice in wanted]


def _as_known(turn: Turn, notice: Notice, concerned: Row, first: Row) -> Notice:
    """What goes back names what its receiver had sent."""
    return replace(notice, bundle=with_original_id(turn.tx, notice.bundle, concerned, first))


def _must_be_heard(matter: Matter) -> bool:
    """What nobody can send back is before a person; a mere `read` or `accepted` need not be."""
    status = (bundles.focus(matter.bundle) or {}).get("status")
    return matter.event is not Event.ANSWER or status == "rejected"


# What is remembered


def _save(turn: Turn, matter: Matter, decision: Decision, outgoing: list[Outgoing]) -> None:
    after = decision.facts
    if matter.event.kind is Kind.ENCOUNTER:
        told = dict.fromkeys([*after.told, *(o.endpoint.name for o in outgoing)])
        after = replace(after, told=tuple(told))
    values = {"facts": after.dump(), "orders": matter.case.orders + len(outgoing)}
    values |= _changes(turn, matter, decision, after)
    cases.save(turn.tx, matter.case.id, **values | _protection(turn, matter))
    if matter.event is Event.ANSWER and matter.concerned is not None:
        status = (bundles.focus(matter.bundle) or {}).get("status", "")
        receipts.answer(turn.tx, matter.concerned, status, turn.now, turn.message.id)


def _changes(turn: Turn, matter: Matter, decision: Decision, after: Facts) -> dict[str, Any]:
    """The case's own columns, and a line of history for each thing that happened to it."""
    before, values = matter.before, dict[str, Any]()
    if after.shared and not before.shared:
        values["shared_at"] = turn.now
        _line(turn, matter, "shared", ", ".join(after.told))
    if before.shared and not after.shared:
        _line(turn, matter, "sharing-ended", ", ".join(after.told))
    if after.closed != before.closed:
        values["closed_at"] = turn.now if after.closed else None
    if decision.note:
        newer = decision.note == "superseded"
        _line(turn, matter, decision.note, f"by {_newer(turn, matter)}" if newer else "")
    if matter.stranger:
        values["flagged"] = True
        _line(turn, matter, "other-patient", "not whom the case was opened for")
    return values


def _line(turn: Turn, matter: Matter, what: str, detail: str) -> None:
    history.note(
        turn.tx,
        turn.now,
        what,
        case=matter.case.id,
        message=turn.message.id,
        endpoint=turn.message.endpoint,
        detail=detail,
    )


def _protection(turn: Turn, matter: Matter) -> dict[str, Any]:
    """A changed flag holds what is not yet sent, until a person has looked."""
    if matter.case.protected or not bundles.is_protected(matter.bundle):
        return {}
    code = "protected-identity"
    for row in backlog.unsent_of_case(turn.tx, matter.case.id):
        if row["message_id"] != turn.message.id:
            outbox.step(turn.tx, row["id"], Step.GIVE_UP, turn.now, code=code)
            history.of_delivery(turn.tx, turn.now, "held", row, code)
    return {"protected": True}
