"""The judge counts every error of the adapter, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.judge import Verdict, judge
from chaos.ledger import Ledger, Line, Saw, read
from chaos.run import NAMES
from tests.kit.ledger_lines import got, line, receipted, sent


def refused(number: int, at: float, *, who: str = "lulea") -> Line:
    """A receiver refuses the message for good."""
    return line(Saw.REFUSED, who, number, at, content=f"c{number}")


def reported(number: int, at: float, *, to: str = "lulea", who: str = "planning") -> Line:
    """The planning service gets a delivery report."""
    return Line(what=Saw.REPORTED, who=who, at=at, content=f"c{number}", to=(to,))


def moved(at: float, successor: str = "kalix-ny", gone: str = "kalix") -> Line:
    """New settings take effect."""
    return Line(what=Saw.MOVED, who=successor, to=(gone,), at=at)


def settled(at: float, detail: str = "") -> Line:
    """Every process has the new settings."""
    return Line(what=Saw.HEALED, kind="settings-moved", at=at, detail=detail)


def counts(verdict: Verdict) -> dict[str, int]:
    """The counts that are not zero."""
    return {name: verdict.count(name) for name in NAMES if verdict.count(name)}


def test_a_message_that_arrived_and_was_receipted_is_no_problem() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3)])
    assert verdict.clean
    assert verdict.messages == 1


def test_an_empty_ledger_is_not_clean() -> None:
    assert not judge([]).clean


def test_ok_and_never_seen_again_is_lost() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2)])) == {"lost": 1}


def test_a_refusal_of_a_valid_message_counts_as_lost() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2, "fatal-error")])) == {"lost": 1}
    assert judge([sent(1, 1, poison=True), receipted(1, 2, "fatal-error")]).clean


def test_poison_with_an_ok_receipt_must_arrive() -> None:
    assert counts(judge([sent(1, 1, poison=True), receipted(1, 2)])) == {"lost": 1}


def test_a_message_refused_by_its_receiver_and_reported_is_not_lost() -> None:
    assert judge([sent(1, 1), receipted(1, 2), refused(1, 3), reported(1, 4)]).clean


def test_a_refusal_without_a_report_counts_as_lost() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2), refused(1, 3)])) == {"lost": 1}


def test_a_report_without_a_refusal_does_not_excuse_a_loss() -> None:
    assert counts(judge([sent(1, 1), receipted(1, 2), reported(1, 3)])) == {"lost": 1}
    elsewhere = refused(1, 3, who="umea")
    assert counts(judge([sent(1, 1), receipted(1, 2), elsewhere, reported(1, 4)])) == {"lost": 1}


def test_a_report_about_another_receiver_does_not_excuse_a_loss() -> None:
    lines = [sent(1, 1), receipted(1, 2), refused(1, 3), reported(1, 4, to="umea")]
    assert counts(judge(lines)) == {"lost": 1}


def test_a_report_about_the_successor_counts_for_the_old_mailbox() -> None:
    refusal = refused(1, 3, who="kalix-ny")
    lines = [sent(1, 1, to="kalix"), receipted(1, 2), refusal, reported(1, 4, to="kalix-ny")]
    assert judge(lines).clean


def test_a_message_refused_reported_and_replayed_may_arrive() -> None:
    lines = [sent(1, 1), receipted(1, 2), refused(1, 3), reported(1, 4), got(1, 5)]
    assert judge(lines).clean


def test_a_message_that_arrives_after_a_refusal_by_the_adapter_is_misdelivered() -> None:
    denied = [sent(1, 1), receipted(1, 2, "fatal-error"), got(1, 3)]
    assert counts(judge(denied)) == {"misdelivered": 1}
    assert counts(judge([sent(1, 1), receipted(1, 2), got(1, 3), reported(1, 4)])) == {
        "misdelivered": 1
    }


@pytest.mark.parametrize("codes", [("ok", "fatal-error"), ("fatal-error", "ok")])
def test_contradicting_final_receipts_count_as_unreceipted(
    codes: tuple[str, str],
) -> None:
    first, second = codes
    lines = [sent(1, 1), receipted(1, 2, first), sent(1, 3), receipted(1, 4, second), got(1, 5)]
    assert counts(judge(lines))["unreceipted"] == 1


def test_a_transient_error_for_a_copy_does_not_revoke_the_receipt() -> None:
    lines = [sent(1, 1), receipted(1, 2), got(1, 3), sent(1, 4), receipted(1, 5, "transient-error")]
    assert judge(lines).clean


def test_a_receipt_or_report_to_another_party_is_misdelivered() -> None:
    stray = receipted(1, 2, who="lulea")
    lines = [sent(1, 1), stray, got(1, 3)]
    assert counts(judge(lines)) == {"misdelivered": 1, "unreceipted": 1}
    lines = [sent(1, 1), receipted(1, 2), refused(1, 3), reported(1, 4, who="umea")]
    assert counts(judge(lines)) == {"lost": 1, "misdelivered": 1}


def test_a_response_about_another_message_is_no_receipt() -> None:
    swapped = [receipted(1, 2, asked="c2"), receipted(2, 2, asked="c1")]
    lines = [sent(1, 1), sent(2, 1), *swapped, got(1, 3), got(2, 4)]
    assert counts(judge(lines)) == {"unreceipted": 2}


def test_each_receiver_counts() -> None:
    to_both = line(Saw.SENT, "planning", 1, 1, content="c1", to=("lulea", "umea"))
    assert counts(judge([to_both, receipted(1, 2), got(1, 3)])) == {"lost": 1}


def test_a_copy_with_the_same_ids_is_allowed_and_counted() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3), got(1, 4)])
    assert verdict.clean
    assert verdict.copies == 1


@pytest.mark.parametrize("other", [got(1, 4, content="x"), got(1, 4, envelope="x")])
def test_the_same_message_under_another_id_is_doubled(other: Line) -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3), other])
    assert counts(verdict) == {"doubled": 1}


def test_fhir_that_the_adapter_wrote_may_be_resent_in_a_new_envelope() -> None:
    ours = [got(1, 3, envelope="ours-1"), got(1, 44, envelope="ours-2")]
    verdict = judge([sent(1, 1), receipted(1, 2), *ours])
    assert verdict.clean
    assert verdict.copies == 1


def test_a_forwarded_message_and_xml_keep_their_envelope_when_resent() -> None:
    forwarded = [got(1, 3), got(1, 44, envelope="ours")]
    assert counts(judge([sent(1, 1), receipted(1, 2), *forwarded])) == {"doubled": 1}
    xml = [got(1, 3, who="umea", envelope="o-1"), got(1, 44, who="umea", envelope="o-2")]
    assert counts(judge([sent(1, 1, to="umea"), receipted(1, 2), *xml])) == {"doubled": 1}


def test_an_arrival_at_another_receiver_is_misdelivered() -> None:
    verdict = judge([sent(1, 1), receipted(1, 2), got(1, 3), got(1, 4, who="umea")])
    assert counts(verdict) == {"misdelivered": 1}


def test_a_changed_content_id_counts_as_doubled() -> None:
    lines = [sent(1, 1), receipted(1, 2), got(1, 3, content="x", envelope="y")]
    assert counts(judge(lines)) == {"doubled": 1}


def test_swapped_or_shared_content_ids_count_as_doubled() -> None:
    both = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4)]
    same = [got(1, 5), got(2, 6, content="c1")]
    assert counts(judge([*both, *same])) == {"doubled": 1}
    swapped = [got(1, 5, content="c2"), got(2, 6, content="c1")]
    assert counts(judge([*both, *swapped])) == {"doubled": 2}


def test_a_successor_may_get_the_old_mailboxs_messages() -> None:
    message, arrival = sent(1, 1, to="kalix"), got(1, 3, who="kalix-ny")
    assert judge([message, receipted(1, 2), moved(2), arrival]).clean
    assert counts(judge([message, receipted(1, 2), arrival])) == {"lost": 1, "misdelivered": 1}


def test_a_mailbox_and_its_successor_may_not_both_get_a_message() -> None:
    both = [got(1, 3, who="kalix"), got(1, 4, who="kalix-ny")]
    verdict = judge([sent(1, 1, to="kalix"), receipted(1, 2), moved(2), *both])
    assert counts(verdict) == {"doubled": 1}


def test_a_message_sent_before_the_move_settled_may_reach_the_old_mailbox_at_any_time() -> None:
    message = [sent(1, 3, to="kalix"), receipted(1, 4)]
    lines = [moved(2), *message, settled(5), got(1, 500, who="kalix")]
    assert judge(lines).clean


@pytest.mark.parametrize("end", [[settled(5)], [], [settled(60, "did not take place")]])
def test_a_message_sent_after_the_move_may_not_reach_the_old_mailbox(end: list[Line]) -> None:
    message = [sent(1, 90, to="kalix"), receipted(1, 91)]
    lines = [moved(2), *end, *message, got(1, 100, who="kalix")]
    assert counts(judge(lines)) == {"lost": 1, "misdelivered": 1}


def test_after_the_move_back_only_the_first_mailbox_may_get_messages() -> None:
    there_and_back = [moved(2), settled(5), moved(10, "kalix", "kalix-ny"), settled(12)]
    message = [sent(1, 13, to="kalix"), receipted(1, 14)]
    assert judge([*there_and_back, *message, got(1, 15, who="kalix")]).clean
    astray = judge([*there_and_back, *message, got(1, 15, who="kalix-ny")])
    assert counts(astray) == {"lost": 1, "misdelivered": 1}


def test_a_message_sent_after_the_receipt_of_the_first_may_not_overtake_it() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4), got(2, 5), got(1, 6)]
    assert counts(judge(lines)) == {"misordered": 1}


def test_a_later_message_of_the_same_burst_may_not_overtake_it() -> None:
    lines = [sent(1, 1, burst=7), sent(2, 1.1, burst=7), receipted(1, 3), receipted(2, 3)]
    assert counts(judge([*lines, got(2, 5), got(1, 6)])) == {"misordered": 1}


def test_a_burst_whose_first_message_was_repeated_has_no_certain_order() -> None:
    lines = [sent(1, 1, burst=7), sent(2, 1.1, burst=7), sent(1, 2, burst=7)]
    lines += [receipted(1, 3), receipted(2, 3), got(2, 5), got(1, 6)]
    assert judge(lines).clean


def test_a_message_refused_reported_and_sent_again_is_not_misordered() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4), refused(1, 4)]
    assert judge([*lines, got(2, 5), got(1, 6), reported(1, 7)]).clean


def test_a_message_overtaken_before_its_refusal_is_misordered() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4), got(2, 5)]
    lines += [refused(1, 6), reported(1, 7), got(1, 8)]
    assert counts(judge(lines)) == {"misordered": 1}


def test_the_first_arrivals_decide_and_copies_may_come_at_any_time() -> None:
    lines = [sent(1, 1), receipted(1, 2), sent(2, 3), receipted(2, 4)]
    assert judge([*lines, got(1, 5), got(2, 6), got(1, 7)]).clean


@pytest.mark.parametrize("code", ["", "transient-error"])
def test_no_final_receipt_is_unreceipted(code: str) -> None:
    receipts = [receipted(1, 2, code)] if code else []
    assert counts(judge([sent(1, 1), *receipts, got(1, 3)])) == {"unreceipted": 1}


def test_poison_needs_a_receipt_and_need_not_arrive() -> None:
    poison = sent(1, 1, poison=True)
    assert judge([poison, receipted(1, 2, "transient-error")]).clean
    assert counts(judge([poison])) == {"unreceipted": 1}


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


def test_a_ledger_is_read_as_written_except_for_an_incomplete_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.write(sent(1, 0, poison=True))
    ledger.close()
    with ledger.path.open("a") as file:
        file.write('{"what": "got", "ca')
    [line] = read(ledger.path)
    assert (line.number, line.to, line.poison) == (1, ("lulea",), True)
    assert time.time() - line.at < 60


def recall(number: int, at: float, of: int, *, to: str = "lulea") -> Line:
    """The planning service recalls a message of case C."""
    return sent(number, at, to=to, recalls=of)


def recalled(number: int, at: float, *, had: str = "", spared: str = "") -> Line:
    """The receipt of a recall says who may have the message, and who has it not."""
    names: dict[str, Any] = {"to": (had,) if had else (), "spared": (spared,) if spared else ()}
    return receipted(number, at, **names)


def test_a_message_that_was_recalled_before_it_was_sent_is_ended_not_lost() -> None:
    ended = [sent(1, 1), receipted(1, 2), recall(2, 3, 1), recalled(2, 4, spared="lulea")]
    verdict = judge(ended)
    assert verdict.clean
    assert verdict.recalled == 1


def test_a_message_that_ended_without_a_recall_is_lost() -> None:
    other = [sent(2, 3), receipted(2, 4), recall(3, 5, 2), recalled(3, 6, spared="lulea")]
    assert counts(judge([sent(1, 1), receipted(1, 2), *other])) == {"lost": 1}


@pytest.mark.parametrize("code", ["fatal-error", "transient-error"])
def test_a_recall_that_was_not_accepted_excuses_nothing(code: str) -> None:
    lines = [sent(1, 1), receipted(1, 2), recall(2, 3, 1), receipted(2, 4, code)]
    assert "lulea C/1" in judge(lines).problems["lost"]


def test_whoever_got_the_message_must_get_its_recall() -> None:
    lines = [sent(1, 1), receipted(1, 2), got(1, 3), recall(2, 4, 1)]
    assert counts(judge([*lines, recalled(2, 5, had="lulea")])) == {"lost": 1}
    assert counts(judge([*lines, recalled(2, 5)])) == {"lost": 1}
    assert judge([*lines, recalled(2, 5, had="lulea"), got(2, 6)]).clean


def test_whoever_may_have_the_message_must_get_its_recall_although_it_never_came() -> None:
    lines = [sent(1, 1), receipted(1, 2), recall(2, 3, 1), recalled(2, 4, had="lulea")]
    assert counts(judge(lines)) == {"lost": 1}
    assert judge([*lines, got(2, 5)]).clean


@pytest.mark.parametrize("number", [1, 2])
def test_whoever_has_it_not_by_the_receipt_gets_neither_message_nor_recall(number: int) -> None:
    lines = [sent(1, 1), receipted(1, 2), recall(2, 3, 1), recalled(2, 4, spared="lulea")]
    assert counts(judge([*lines, got(number, 5)]))["misdelivered"] == 1


def test_a_recalled_message_may_not_arrive_after_its_recall() -> None:
    lines = [sent(1, 1), receipted(1, 2), recall(2, 3, 1), recalled(2, 4, had="lulea")]
    assert counts(judge([*lines, got(2, 5), got(1, 6)])) == {"misordered": 1}


def test_a_recall_at_another_receiver_is_misdelivered() -> None:
    lines = [sent(1, 1), receipted(1, 2), got(1, 3), recall(2, 4, 1)]
    lines += [recalled(2, 5, had="lulea"), got(2, 6), got(2, 7, who="umea")]
    assert counts(judge(lines)) == {"misdelivered": 1}


def test_the_recall_of_the_first_message_of_a_case_is_read_as_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.write(recall(1, 0, 0))
    ledger.write(recalled(1, 0, had="lulea", spared="umea"))
    ledger.close()
    word, receipt = read(ledger.path)
    assert word.recalls == 0
    assert (receipt.to, receipt.spared, receipt.recalls) == (("lulea",), ("umea",), -1)
