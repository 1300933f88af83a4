"""Batches of the journal's feed: each message is taken and acknowledged, and so is the batch."""

from __future__ import annotations

import pytest

from adapter.core.endpoint import Limits
from tests.kit.hl7v2 import MSH, PV1, adt
from tests.kit.region import Region

FHS = "FHS|^~\\&|COSMIC|SJUKHUS|ADAPTER|HUB|20260310||night||F1"
BHS = "BHS|^~\\&|COSMIC|SJUKHUS|ADAPTER|HUB|20260310||adt||B1"


def message(control: str, trigger: str = "A01") -> bytes:
    """A message about a visit of its own."""
    header, visit = MSH.replace("|A1|", f"|{control}|"), PV1.replace("7100231", control)
    return adt(trigger, header, visit)


def batch(*messages: bytes, begin: str = BHS, end: str = "BTS|2") -> bytes:
    return f"{begin}\r".encode() + b"".join(messages) + f"{end}\r".encode()


def said(region: Region, body: bytes) -> list[list[str]]:
    """The segments of the answer, each as its fields; without the problems."""
    answer = region.accept("feed", body).body.decode()
    rows = [line.split("|") for line in answer.strip("\r").split("\r")]
    return [row for row in rows if row[0] != "ERR"]


def test_each_message_of_a_batch_is_taken_and_acknowledged_in_a_batch(journal: Region) -> None:
    rows = said(journal, batch(message("1"), message("2")))
    assert [row[0] for row in rows] == ["BHS", "MSH", "MSA", "MSH", "MSA", "BTS"]
    assert [row[1:3] for row in rows if row[0] == "MSA"] == [["AA", "1"], ["AA", "2"]]
    assert rows[-1] == ["BTS", "2"]
    assert [m["body"] for m in journal.messages()] == [message("1"), message("2")]
    assert [m["standing"] for m in journal.messages()] == ["processed", "processed"]


def test_the_answer_exchanges_the_parties_and_names_the_batch_that_it_answers(
    journal: Region,
) -> None:
    head = said(journal, batch(message("1")))[0]
    assert head[:6] == ["BHS", "^~\\&", "ADAPTER", "HUB", "COSMIC", "SJUKHUS"]
    assert (head[8], head[11]) == ("adt", "B1")
    assert head[10] not in ("", "B1")


def test_a_file_of_batches_is_answered_by_a_file(journal: Region) -> None:
    inner = batch(message("1"), end="BTS|1") + batch(message("2"), end="BTS|1")
    rows = said(journal, f"{FHS}\r".encode() + inner + b"FTS|2\r")
    names = ["FHS", "BHS", "MSH", "MSA", "BTS", "BHS", "MSH", "MSA", "BTS", "FTS"]
    assert [row[0] for row in rows] == names
    assert (rows[0][11], rows[-1]) == ("F1", ["FTS", "2"])


@pytest.mark.parametrize(("begin", "end"), [(FHS, "FTS|1"), (BHS, "BTS"), (BHS, "")])
def test_headers_and_trailers_may_be_left_out(journal: Region, begin: str, end: str) -> None:
    rows = said(journal, batch(message("1"), begin=begin, end=end))
    assert [row[0] for row in rows][:3] == [begin[:3], "MSH", "MSA"]
    assert rows[2][1:] == ["AA", "1"]
    assert "came" not in str(rows)


def test_a_fault_in_one_message_stops_no_other(journal: Region) -> None:
    rows = said(journal, batch(message("1", "A99"), b"MSH\rPID|1\r", message("2")))
    assert [row[1:3] for row in rows if row[0] == "MSA"] == [["AE", "1"], ["AE"], ["AA", "2"]]
    assert [m["standing"] for m in journal.messages()] == ["refused", "refused", "processed"]


def test_a_batch_that_comes_again_is_a_batch_of_copies(journal: Region) -> None:
    for _ in range(2):
        rows = said(journal, batch(message("1"), message("2")))
    assert [row[1] for row in rows if row[0] == "MSA"] == ["AA", "AA"]
    assert [m["note"].split(" ")[0] for m in journal.messages()][2:] == ["copy", "copy"]


def test_a_count_that_is_not_what_came_is_told(journal: Region) -> None:
    rows = said(journal, batch(message("1"), end="BTS|3"))
    assert rows[-1] == ["BTS", "1", "BTS-1 is 3, but 1 messages came"]


WRONG_COUNTS = {
    "0": "BTS-1 is 0, but 2 messages came",
    "-2": "BTS-1 is no number, but 2 messages came",
    "two": "BTS-1 is no number, but 2 messages came",
    "2 st": "BTS-1 is no number, but 2 messages came",
}


@pytest.mark.parametrize(("count", "told"), WRONG_COUNTS.items())
def test_a_count_that_is_none_is_told(journal: Region, count: str, told: str) -> None:
    rows = said(journal, batch(message("1"), message("2"), end=f"BTS|{count}"))
    assert rows[-1] == ["BTS", "2", told]


@pytest.mark.parametrize("count", ["2", "02", "000000000002", "+2", "2.0", ""])
def test_a_count_may_be_written_as_any_number(journal: Region, count: str) -> None:
    rows = said(journal, batch(message("1"), message("2"), end=f"BTS|{count}"))
    assert rows[-1] == ["BTS", "2"]


def test_a_file_without_a_batch_has_none(journal: Region) -> None:
    assert said(journal, f"{FHS}\rFTS|0\r".encode())[-1] == ["FTS", "0"]
    assert said(journal, f"{FHS}\rFTS|1\r".encode())[-1][2] == "FTS-1 is 1, but 0 batches came"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_messages_in_one_frame_are_a_batch_without_a_header(journal: Region, end: bytes) -> None:
    """HL7 v2.5.1, 2.10.3: BHS and FHS are optional."""
    rows = said(journal, (message("1") + message("2")).replace(b"\r", end))
    assert [row[0] for row in rows] == ["MSH", "MSA", "MSH", "MSA"]
    assert [row[1:3] for row in rows if row[0] == "MSA"] == [["AA", "1"], ["AA", "2"]]
    assert [m["standing"] for m in journal.messages()] == ["processed", "processed"]


def test_a_batch_without_a_header_may_have_a_trailer(journal: Region) -> None:
    rows = said(journal, message("1") + message("2") + b"BTS|3\r")
    assert rows[-1] == ["BTS", "2", "BTS-1 is 3, but 2 messages came"]


def test_a_header_inside_of_a_text_begins_no_message(journal: Region) -> None:
    body = message("1") + b"NTE|1||see\nMSH|^~\\&\r"
    assert [row[0] for row in said(journal, body)] == ["MSH", "MSA"]


def test_an_empty_batch_is_acknowledged(journal: Region) -> None:
    assert [row[0] for row in said(journal, batch(end="BTS|0"))] == ["BHS", "BTS"]
    assert journal.messages() == []


def test_a_batch_ended_by_line_feeds_is_read_like_any_message(journal: Region) -> None:
    for end in (b"\n", b"\r\n"):
        rows = said(journal, batch(message("1"), message("2")).replace(b"\r", end))
        assert [row[1:3] for row in rows if row[0] == "MSA"] == [["AA", "1"], ["AA", "2"]]


@pytest.mark.parametrize("mark", ["$", "#"])
def test_the_answer_uses_the_separators_of_the_batch(journal: Region, mark: str) -> None:
    body = batch(message("1"), begin=BHS.replace("|", mark), end=f"BTS{mark}1")
    answer = journal.accept("feed", body).body.decode()
    assert answer.startswith(f"BHS{mark}^~\\&{mark}ADAPTER{mark}")
    assert answer.endswith(f"BTS{mark}1\r")


def test_a_segment_in_no_message_refuses_the_whole_and_keeps_it(journal: Region) -> None:
    body = batch(b"PID|1\r", message("1"))
    assert [row[:2] for row in said(journal, body) if row[0] == "MSA"] == [["MSA", "AE"]]
    [kept] = journal.messages()
    assert (kept["standing"], kept["code"], kept["body"]) == ("refused", "unreadable", body)


def test_a_batch_over_the_limit_is_refused_as_a_whole(journal: Region) -> None:
    journal.with_settings(limits=Limits(entries=1))
    owed = journal.accept("feed", batch(message("1"), message("2")))
    assert [issue.code for issue in owed.issues] == ["too-large"]
    assert len(journal.messages()) == 1


def test_more_trailers_than_the_limit_allows_are_not_even_listed(journal: Region) -> None:
    owed = journal.accept("feed", BHS.encode() + b"\r" + b"FTS\r" * 20_000)
    assert [issue.code for issue in owed.issues] == ["too-large"]
    assert len(journal.messages()) == 1


RECEIPT = b"MSH|^~\\&|A|B|C|D|20260310||ACK|%b|P|2.5\rMSA|AA|none\r"


def test_a_batch_of_receipts_gets_no_answer(journal: Region) -> None:
    body = batch(RECEIPT % b"1", RECEIPT % b"2")
    assert journal.accept("feed", body).body == b""
    assert len(journal.messages()) == 2


def test_a_batch_whose_messages_all_ask_for_silence_gets_no_answer(journal: Region) -> None:
    silent = message("1").replace(b"|P|2.5||||||", b"|P|2.5|||NE|NE||")
    assert journal.accept("feed", batch(silent)).body == b""
