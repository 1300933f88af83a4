"""What every party does with what comes, and with what it owes."""

from __future__ import annotations

import json
import time
from pathlib import Path

from adapter.simulators.desk import Desk, Habits
from adapter.simulators.faults import Faults
from adapter.simulators.fhirpen import FhirPen
from adapter.simulators.ledger import Fate, Ledger
from adapter.simulators.letters import Outgoing
from tests.kit.samples import CASE, DRAFTS, NOW, PERSON, PLANNER, TOWN, desk, message


def carried(party: Desk, seconds: float = 2.0) -> Outgoing | None:
    """What the party's wire would carry next."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (outgoing := party.work()) is not None:
            return outgoing
        time.sleep(0.01)
    return None


def test_the_first_copy_is_applied_and_every_copy_gets_the_same_receipt() -> None:
    town, body = desk(), message(FhirPen(PLANNER))
    first, second = town.take(body), town.take(body)
    assert first is not None
    assert first == second
    assert [e.fate for e in town.ledger.entries()] == ["applied", "sent", "copy", "sent"]
    assert town.ledger.copies() == 1
    assert town.ledger.applied_twice() == []


def test_content_that_was_applied_twice_would_be_seen() -> None:
    ledger = Ledger("town")
    ledger.note(Fate.APPLIED, "message", "m-1")
    ledger.note(Fate.APPLIED, "message", "m-1")
    assert ledger.applied_twice() == ["m-1"]


def test_a_receipt_is_noted_and_never_receipted() -> None:
    town = desk()
    letter = FhirPen(PLANNER).read(message(FhirPen(TOWN)))
    assert town.take(FhirPen(PLANNER).receipt(letter, "ok", NOW).body) is None
    (entry,) = town.ledger.entries()
    assert (entry.fate, entry.about, entry.code) == (Fate.NOTED, "m-1", "ok")


def test_a_lost_receipt_leaves_the_message_applied_and_comes_with_the_copy() -> None:
    town, body = desk(faults=Faults(lose_receipts=1)), message(FhirPen(PLANNER))
    assert town.take(body) is None
    assert town.take(body) is not None
    assert [e.fate for e in town.ledger.entries()] == ["applied", "lost", "copy", "sent"]


def test_a_transient_refusal_is_forgotten_and_a_fatal_one_is_kept() -> None:
    town, body = desk(faults=Faults(not_now=1, refuse=1)), message(FhirPen(PLANNER))
    codes = [_code(town.take(body)) for _ in range(3)]
    assert codes == ["transient-error", "fatal-error", "fatal-error"]
    assert [e.fate for e in town.ledger.entries() if e.direction == "in"] == [
        "refused",
        "refused",
        "copy",
    ]


def _code(receipt: Outgoing | None) -> str:
    return receipt.code if receipt else ""


def test_a_person_answers_after_a_while_and_names_what_she_read() -> None:
    town = desk(habits=Habits(answers_after=0.05))
    town.take(message(FhirPen(PLANNER)))
    assert town.work() is None
    answer = carried(town)
    assert answer is not None
    assert (answer.event, answer.about, answer.code) == ("answer", "m-1", "received")


def test_a_person_who_looks_away_answers_the_next_message_only() -> None:
    town = desk(habits=Habits(answers_after=0.0), faults=Faults(leave_unanswered=1))
    town.take(message(FhirPen(PLANNER), "m-1"))
    town.take(message(FhirPen(PLANNER), "m-2"))
    answer = carried(town)
    assert answer is not None
    assert answer.about == "m-2"


def test_nobody_answers_an_answer() -> None:
    town = desk(habits=Habits(answers_after=0.0))
    town.take(FhirPen(PLANNER).write(DRAFTS["answer"]).body)
    assert carried(town, 0.1) is None


def test_a_message_that_is_not_receipted_goes_again_with_the_same_bytes() -> None:
    town = desk(habits=Habits(resends_after=0.05, resends=1))
    content_id = town.say("message", CASE, PERSON, (PLANNER,), text="Hej")
    first, again = carried(town), carried(town)
    assert first is not None
    assert first == again
    assert carried(town, 0.2) is None
    assert town.ledger.entries()[0].content_id == content_id


def test_a_receipted_message_does_not_go_again() -> None:
    town = desk(habits=Habits(resends_after=0.05))
    town.say("message", CASE, PERSON, (PLANNER,), text="Hej")
    first = carried(town)
    assert first is not None
    town.take(FhirPen(PLANNER).receipt(FhirPen(PLANNER).read(first.body), "ok", NOW).body)
    assert carried(town, 0.2) is None


def test_a_message_that_is_sent_twice_is_the_same_bytes_twice() -> None:
    town = desk(faults=Faults(send_twice=1))
    town.say("message", CASE, PERSON, (PLANNER,), text="Hej")
    assert carried(town) == carried(town)
    assert [e.fate for e in town.ledger.entries()] == ["sent", "repeated"]


def test_the_ledger_is_also_a_file_that_names_no_person(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    town = Desk(FhirPen(TOWN), Ledger("town", path))
    town.take(message(FhirPen(PLANNER)), delivery="d-1")
    text = path.read_text()
    first = json.loads(text.splitlines()[0])
    assert (first["direction"], first["fate"], first["delivery"]) == ("in", "applied", "d-1")
    assert not any(word in text for word in (PERSON.number, PERSON.family, "Provgatan"))
