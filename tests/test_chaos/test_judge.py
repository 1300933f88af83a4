"""The judge counts what it should, and nothing for which the adapter is not to blame."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.judge import Verdict, judge, recovery
from chaos.ledger import Ledger, Line, Saw, read
from chaos.run import NAMES


def sent(number: int, at: float, *, to: str = "lulea", **more: object) -> Line:
    """A message of the case C that leaves the planning service."""
    values: dict[str, object] = {"content": f"c{number}", "envelope": f"e{number}"}
    return line(Saw.SENT, "planning", number, at, to=(to,), **values | more)


def got(number: int, at: float, *, who: str = "lulea", **more: object) -> Line:
    """It arrives."""
    values: dict[str, object] = {"content": f"c{number}", "envelope": f"e{number}"}
    return line(Saw.GOT, who, number, at, **values | more)


def receipted(number: int, at: float, code: str = "ok") -> Line:
    """The planning service has its receipt."""
    return Line(what=Saw.RECEIPTED, who="planning", at=at, content=f"c{number}", code=code)


def line(what: Saw, who: str, number: int, at: float, **more: object) -> Line:
    values: dict[str, object] = {"case": "C"} | more
    return Line(what=what, who=who, number=number, at=at, **values)  # type: ignore[arg-type]


def counts(verdict: Verdict) -> dict[str, int]:
    """What is not zero."""
    return {name: verdict.count(name) for name in NAMES if verdict.count(name)}


def test_a_message_that_arrived_and_was_receipted_is_no_problem() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3)])
    assert verdict.clean
    assert verdict.messages == 1


def test_ok_and_never_seen_again_is_lost() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2)])) == {"lost": 1}


def test_a_refusal_of_what_nothing_is_wrong_with_loses_it_as_well() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2, "fatal-error")])) == {"lost": 1}
    assert judge([sent(1, 1, poison=True), receipted(1, 2, "fatal-error")]).clean


def test_poison_that_was_promised_must_arrive() -> None:
    assert counts(judge([sent(1, 1, poison=True), receipted(1, 2)])) == {"lost": 1}


def test_what_the_sender_was_told_of_is_not_lost() -> None:
    report = Line(what=Saw.REPORTED, who="planning", at=3, content="c1", to=("lulea",))
    assert judge([sent(1, 1), receipted(1, 2), report]).clean


def test_a_report_about_another_receiver_excuses_nothing() -> None:
    report = Line(what=Saw.REPORTED, who="planning", at=3, content="c1", to=("umea",))
    assert counts(judge([sent(1, 1), receipted(1, 2), report])) == {"lost": 1}


def test_a_report_about_the_successor_is_one_about_whom_it_stands_in_for() -> None:
    report = Line(what=Saw.REPORTED, who="planning", at=3, content="c1", to=("kalix-ny",))
    assert judge([sent(1, 1, to="kalix"), receipted(1, 2), report]).clean


def test_of_two_receivers_each_counts() -> None:
    to_both = line(Saw.SENT, "planning", 1, 1, content="c1", to=("lulea", "umea"))
    assert counts(judge([to_both, receipted(1, 2), got(1, 3)])) == {"lost": 1}


def test_a_copy_with_the_same_ids_is_allowed_and_counted() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3), got(1, 4)])
    assert verdict.clean
    assert verdict.copies == 1


@pytest.mark.parametrize("other", [got(1, 4, content="x"), got(1, 4, envelope="x")])
def test_the_same_message_under_another_id_is_doubled(other: Line) -> None:
    found = judge([sent(1, 1), receipted(1, 2), got(1, 3), other])
    assert counts(found) == {"doubled": 1}


def test_what_nobody_was_to_get_is_misdelivered() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3), got(1, 4, who="umea")])
    assert counts(verdict) == {"misdelivered": 1}


def test_a_successor_may_get_what_was_meant_for_the_one_before() -> None:
    moved = Line(what=Saw.MOVED, who="kalix-ny", to=("kalix",), at=2)
    message = sent(1, 1, to="kalix")
    arrival = got(1, 3, who="kalix-ny")
    assert judge([message, receipted(1, 2), moved, arrival]).clean
    assert counts(judge([message, receipted(1, 2), arrival])) == {"lost": 1, "misdelivered": 1}


def test_a_mailbox_and_its_successor_may_not_both_get_it() -> None:
    moved = Line(what=Saw.MOVED, who="kalix-ny", to=("kalix",), at=2)
    both = [got(1, 3, who="kalix"), got(1, 4, who="kalix-ny")]
    verdict = judge([sent(1, 1, to="kalix"), receipted(1, 2), moved, *both])
    assert counts(verdict) == {"doubled": 1}


def test_a_later_one_that_left_after_the_receipt_of_the_first_may_not_overtake_it() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4), got(2, 5), got(1, 6)]
    assert counts(judge(lines)) == {"misordered": 1}


def test_nor_may_a_later_one_of_the_same_burst() -> None:
    lines = [sent(1, 1, burst=7), sent(2, 1.1, burst=7), receipted(1, 3), receipted(2, 3)]
    assert counts(judge([*lines, got(2, 5), got(1, 6)])) == {"misordered": 1}


def test_where_the_first_had_to_be_repeated_their_order_was_never_certain() -> None:
    lines = [sent(1, 1, burst=7), sent(2, 1.1, burst=7), sent(1, 2, burst=7)]
    lines += [receipted(1, 3), receipted(2, 3), got(2, 5), got(1, 6)]
    assert judge(lines).clean


def test_what_was_reported_dead_and_sent_again_later_is_not_misordered() -> None:
    report = Line(what=Saw.REPORTED, who="planning", at=4, content="c1", to=("lulea",))
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4), report]
    assert judge([*lines, got(2, 5), got(1, 6)]).clean


def test_the_first_arrivals_decide_and_copies_may_come_at_any_time() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4)]
    assert judge([*lines, got(1, 5), got(2, 6), got(1, 7)]).clean


@pytest.mark.parametrize("code", ["", "transient-error"])
def test_no_final_receipt_is_unreceipted(code: str) -> None:
    answers = [receipted(1, 2, code)] if code else []
    assert counts(judge([sent(1, 1), *answers, got(1, 3)])) == {"unreceipted": 1}


def test_poison_must_be_answered_and_need_not_arrive() -> None:
    poison = sent(1, 1, poison=True)
    assert judge([poison, receipted(1, 2, "transient-error")]).clean
    assert counts(judge([poison])) == {"unreceipted": 1}


def test_recovery_runs_from_the_mending_to_the_receipt_of_what_left_after_it() -> None:
    lines = [
        Line(what=Saw.FAULT, kind="store-crashed", at=1),
        Line(what=Saw.HEALED, kind="store-crashed", at=5),
        sent(1, 6),
        receipted(1, 9),
        Line(what=Saw.ENDED, at=20),
    ]
    assert recovery(lines) == 4


def test_recovery_is_not_measured_while_another_fault_bars_the_way() -> None:
    lines = [
        Line(what=Saw.FAULT, kind="broker-killed", at=1),
        Line(what=Saw.FAULT, kind="kill-worker", at=2),
        Line(what=Saw.HEALED, kind="kill-worker", at=2),
        Line(what=Saw.HEALED, kind="broker-killed", at=30),
        sent(1, 31),
        receipted(1, 32),
        Line(what=Saw.ENDED, at=40),
    ]
    assert recovery(lines) == 2


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_any_order_of_cases_with_any_copies_is_clean(order: list[int], copies: list[int]) -> None:
    lines = []
    for number in range(6):
        message = sent(number, number, to="umea", case=f"S{number}")
        lines += [message, receipted(number, number + 0.5)]
    for at, number in enumerate([*order, *copies], start=10):
        lines.append(got(number, at, who="umea", case=f"S{number}"))
    verdict = judge(lines)
    assert verdict.clean
    assert verdict.copies == len(copies)


def test_a_ledger_is_read_as_it_was_written_but_for_a_line_that_broke_off(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.write(sent(1, 0, poison=True))
    ledger.close()
    with ledger.path.open("a") as file:
        file.write('{"what": "got", "ca')
    [line] = read(ledger.path)
    assert (line.number, line.to, line.poison) == (1, ("lulea",), True)
    assert time.time() - line.at < 60
