"""A party: what it receipts, answers and resends."""

from __future__ import annotations

import time

from adapter.simulators.faults import Faults
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import OutgoingMessage
from adapter.simulators.party_system import Behaviour, PartySystem
from adapter.simulators.traffic_log import EntryKind
from tests.kit.samples import CASE, DRAFTS, NOW, PERSON, PLANNER, TOWN, message, party_system
from tests.kit.waiting import wait_for


def next_sent(party: PartySystem) -> OutgoingMessage:
    """Return the message that the party sends next."""
    outgoing = wait_for("message to send", party.next_outgoing)
    assert outgoing is not None
    return outgoing


def sends_nothing(party: PartySystem) -> bool:
    """Whether the party sends nothing for 0.2 s, which is longer than any delay in these tests."""
    time.sleep(0.2)
    return party.next_outgoing() is None


def test_the_first_copy_is_applied_and_every_copy_gets_the_same_receipt() -> None:
    town, body = party_system(), message(FhirFormat(PLANNER))
    first, second = town.receive(body), town.receive(body)
    assert first is not None
    assert first == second
    assert [e.kind for e in town.traffic.entries()] == ["applied", "sent", "copy", "sent"]


def test_a_receipt_is_noted_and_never_receipted() -> None:
    town = party_system()
    received = FhirFormat(PLANNER).read(message(FhirFormat(TOWN)))
    assert town.receive(FhirFormat(PLANNER).receipt(received, "ok", NOW).body) is None
    (entry,) = town.traffic.entries()
    assert (entry.kind, entry.about, entry.code) == (EntryKind.NOTED, "m-1", "ok")


def test_a_lost_receipt_leaves_the_message_applied_and_comes_with_the_copy() -> None:
    town, body = party_system(faults=Faults(lose_receipts=1)), message(FhirFormat(PLANNER))
    assert town.receive(body) is None
    assert town.receive(body) is not None
    assert [e.kind for e in town.traffic.entries()] == ["applied", "lost", "copy", "sent"]


def test_a_transient_refusal_is_forgotten_and_a_fatal_one_is_kept() -> None:
    town, body = (
        party_system(faults=Faults(refuse_for_now=1, refuse=1)),
        message(FhirFormat(PLANNER)),
    )
    codes = [_code(town.receive(body)) for _ in range(3)]
    assert codes == ["transient-error", "fatal-error", "fatal-error"]
    assert [e.kind for e in town.traffic.entries() if e.kind is not EntryKind.SENT] == [
        "refused",
        "refused",
        "copy",
    ]


def _code(receipt: OutgoingMessage | None) -> str:
    return receipt.code if receipt else ""


def test_a_person_answers_after_a_while_and_names_what_she_read() -> None:
    town = party_system(behaviour=Behaviour(answers_after=0.05))
    town.receive(message(FhirFormat(PLANNER)))
    assert town.next_outgoing() is None
    answer = next_sent(town)
    assert answer is not None
    assert (answer.event, answer.about, answer.code) == ("answer", "m-1", "received")


def test_a_person_who_looks_away_answers_the_next_message_only() -> None:
    town = party_system(behaviour=Behaviour(answers_after=0.0), faults=Faults(leave_unanswered=1))
    town.receive(message(FhirFormat(PLANNER), "m-1"))
    town.receive(message(FhirFormat(PLANNER), "m-2"))
    answer = next_sent(town)
    assert answer is not None
    assert answer.about == "m-2"


def test_nobody_answers_an_answer() -> None:
    town = party_system(behaviour=Behaviour(answers_after=0.0))
    town.receive(FhirFormat(PLANNER).write(DRAFTS["answer"]).body)
    assert sends_nothing(town)


def test_a_message_that_is_not_receipted_goes_again_with_the_same_bytes() -> None:
    town = party_system(behaviour=Behaviour(resends_after=0.05, resends=1))
    content_id = town.send("message", CASE, PERSON, (PLANNER,), text="Hej")
    first, again = next_sent(town), next_sent(town)
    assert first == again
    assert sends_nothing(town)
    assert town.traffic.entries()[0].content_id == content_id


def test_a_receipted_message_does_not_go_again() -> None:
    town = party_system(behaviour=Behaviour(resends_after=0.05))
    town.send("message", CASE, PERSON, (PLANNER,), text="Hej")
    first = next_sent(town)
    assert first is not None
    town.receive(FhirFormat(PLANNER).receipt(FhirFormat(PLANNER).read(first.body), "ok", NOW).body)
    assert sends_nothing(town)


def test_a_message_that_is_sent_twice_is_the_same_bytes_twice() -> None:
    town = party_system(faults=Faults(send_twice=1))
    town.send("message", CASE, PERSON, (PLANNER,), text="Hej")
    assert next_sent(town) == next_sent(town)
    assert [e.kind for e in town.traffic.entries()] == ["sent", "repeated"]
