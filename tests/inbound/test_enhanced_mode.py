"""The enhanced acknowledgement mode (HL7 v2.5.1 chapter 2.9.3): MSH-15, MSH-16, table 0155."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.store.tables import delivery
from tests.kit.hl7v2 import adt
from tests.kit.region import SETTINGS, Region

GOOD = adt("A01")
FAULTY = adt("A01").replace(b"PID|", b"NTE|")  # its content
UNKNOWN = adt("A99")  # its MSH-9
BROKEN = adt("A01").replace("LULEÅ".encode(), b"LULE\xc5")  # its bytes


@pytest.fixture
def journal(store_url: str) -> Iterator[Region]:
    """The hospital sends HL7 v2, and takes HL7 v2 at the same endpoint."""
    feed = replace(
        SETTINGS.endpoints[0], name="feed", system="hl7v2", broker_user="feed", return_to=""
    )
    region = Region(store_url, replace(SETTINGS, endpoints=(*SETTINGS.endpoints, feed)))
    yield region
    region.store.close()


def asking(body: bytes, accept: str, application: str) -> bytes:
    """The message with MSH-15 and MSH-16."""
    return body.replace(b"|P|2.5||||||", f"|P|2.5|||{accept}|{application}||".encode())


def at_once(region: Region, body: bytes) -> str:
    """MSA-1 of the answer in the same exchange; "" for silence."""
    return acknowledged(region.accept("feed", body).body)


def acknowledged(body: bytes) -> str:
    lines = body.decode().split("\r")
    return next((line.split("|")[1] for line in lines if line.startswith("MSA")), "")


def later(region: Region) -> list[bytes]:
    """The acknowledgements that were delivered."""
    region.turn()
    taken = []
    while (arrived := region.partners["feed"].get(0)) is not None:
        taken.append(arrived[0])
        region.partners["feed"].acknowledge()
    return taken


def both(region: Region, body: bytes) -> tuple[str, str]:
    """MSA-1 at once, and MSA-1 later."""
    first = at_once(region, body)
    return first, " ".join(map(acknowledged, later(region)))


@pytest.mark.parametrize(
    ("accept", "application", "good", "faulty", "unknown", "broken"),
    [
        ("", "", ("AA", ""), ("AE", ""), ("AE", ""), ("AE", "")),
        ("AL", "AL", ("CA", "AA"), ("CA", "AE"), ("CR", ""), ("CE", "")),
        ("AL", "ER", ("CA", ""), ("CA", "AE"), ("CR", ""), ("CE", "")),
        ("AL", "SU", ("CA", "AA"), ("CE", ""), ("CR", ""), ("CE", "")),
        ("AL", "NE", ("CA", ""), ("CE", ""), ("CR", ""), ("CE", "")),
        ("AL", "", ("CA", ""), ("CE", ""), ("CR", ""), ("CE", "")),
        ("ER", "AL", ("", "AA"), ("", "AE"), ("CR", ""), ("CE", "")),
        ("ER", "ER", ("", ""), ("", "AE"), ("CR", ""), ("CE", "")),
        ("ER", "NE", ("", ""), ("CE", ""), ("CR", ""), ("CE", "")),
        ("SU", "AL", ("CA", "AA"), ("CA", "AE"), ("", ""), ("", "")),
        ("SU", "SU", ("CA", "AA"), ("", ""), ("", ""), ("", "")),
        ("SU", "NE", ("CA", ""), ("", ""), ("", ""), ("", "")),
        ("NE", "AL", ("AA", ""), ("AE", ""), ("AE", ""), ("AE", "")),
        ("", "AL", ("AA", ""), ("AE", ""), ("AE", ""), ("AE", "")),
        ("NE", "ER", ("", ""), ("AE", ""), ("AE", ""), ("AE", "")),
        ("NE", "SU", ("AA", ""), ("", ""), ("", ""), ("", "")),
        ("NE", "NE", ("", ""), ("", ""), ("", ""), ("", "")),
        ("al", "ne", ("CA", ""), ("CE", ""), ("CR", ""), ("CE", "")),
    ],
)
def test_a_message_gets_the_acknowledgements_that_it_asks_for(
    journal: Region,
    accept: str,
    application: str,
    good: tuple[str, str],
    faulty: tuple[str, str],
    unknown: tuple[str, str],
    broken: tuple[str, str],
) -> None:
    wanted = {GOOD: good, FAULTY: faulty, UNKNOWN: unknown, BROKEN: broken}
    got = {body: both(journal, asking(body, accept, application)) for body in wanted}
    assert got == wanted


def test_the_application_acknowledgement_is_a_delivery_that_names_the_message(
    journal: Region,
) -> None:
    commit = journal.accept("feed", asking(GOOD, "AL", "AL")).body.decode()
    [application] = [body.decode() for body in later(journal)]
    heads = [text.split("\r")[0].split("|") for text in (commit, application)]
    assert [text.split("\r")[1] for text in (commit, application)] == ["MSA|CA|A1", "MSA|AA|A1"]
    assert [head[14:16] for head in heads] == [["", ""], ["AL", "NE"]]
    assert heads[0][9] != heads[1][9]
    [row] = journal.rows(delivery, endpoint="feed")
    assert (row["event"], row["state"]) == ("receipt", "confirmed")


def test_a_delivered_acknowledgement_is_sent_again_until_it_arrives(journal: Region) -> None:
    journal.down.add("feed")
    assert at_once(journal, asking(GOOD, "AL", "AL")) == "CA"
    assert later(journal) == []
    journal.down.clear()
    journal.now += journal.network.endpoint("feed").retry_ceiling
    assert [acknowledged(body) for body in later(journal)] == ["AA"]


def test_a_copy_gets_both_acknowledgements_again(journal: Region) -> None:
    body = asking(GOOD, "AL", "AL")
    assert [both(journal, body) for _ in range(2)] == [("CA", "AA")] * 2


def test_a_refusal_of_which_its_sender_wants_to_hear_nothing_stands_before_a_person(
    journal: Region,
) -> None:
    at_once(journal, asking(FAULTY, "NE", "NE"))
    at_once(journal, asking(FAULTY, "NE", "ER"))
    assert [(m["standing"], m["code"]) for m in journal.messages()] == [
        ("dead", "required"),
        ("refused", "required"),
    ]


def test_a_fault_is_told_in_full_by_the_acknowledgement_that_tells_it(journal: Region) -> None:
    commit = journal.accept("feed", asking(FAULTY, "AL", "AL")).body.decode()
    [application] = [body.decode() for body in later(journal)]
    assert ("ERR|" in commit, "|required^" in application) == (False, True)
    commit = journal.accept("feed", asking(FAULTY, "AL", "NE")).body.decode()
    assert "|required^" in commit


def test_without_an_address_for_it_the_application_acknowledgement_is_missed_aloud(
    journal: Region,
) -> None:
    feed = replace(
        journal.network.endpoint("feed"), transport="mllp", broker_user="", return_to="hospital"
    )
    journal.with_settings(endpoints=(*SETTINGS.endpoints, feed))
    commit = journal.accept("feed", asking(GOOD, "AL", "AL")).body.decode()
    assert acknowledged(commit.encode()) == "CA"
    assert "ERR||MSH^1^16|0^Message accepted^HL70357|W|no-return-address^" in commit
    assert journal.history("no-return-address")
    assert at_once(journal, asking(FAULTY, "AL", "AL")) == "CE"
    assert "no-return-address" not in journal.accept("feed", asking(GOOD, "AL", "ER")).body.decode()


@pytest.mark.parametrize(("accept", "answer"), [("XX", "AA"), ('""', "AA")])
def test_a_code_that_is_not_in_table_0155_asks_for_nothing(
    journal: Region, accept: str, answer: str
) -> None:
    assert at_once(journal, asking(GOOD, accept, "")) == answer


def test_an_unknown_code_beside_a_known_one_is_told(journal: Region) -> None:
    said = journal.accept("feed", asking(GOOD, "AL", "XX")).body.decode()
    assert acknowledged(said.encode()) == "CA"
    assert "ERR||MSH^1^16|0^Message accepted^HL70357|W|unknown-code^" in said


def test_each_message_of_a_batch_is_answered_as_it_asks(journal: Region) -> None:
    bodies = [asking(GOOD, "AL", "AL"), asking(adt("A08"), "NE", "NE"), adt("A02")]
    owed = journal.accept("feed", b"BHS|^~\\&|J\r" + b"".join(bodies) + b"BTS|3\r")
    rows = [line.split("|") for line in owed.body.decode().split("\r")]
    assert [row[1] for row in rows if row[0] == "MSA"] == ["CA", "AA"]
    assert [row[1] for row in rows if row[0] == "BTS"] == ["2"]
    assert [acknowledged(body) for body in later(journal)] == ["AA"]
