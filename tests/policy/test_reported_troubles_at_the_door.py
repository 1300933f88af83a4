"""Inputs that other systems read wrongly: the answer, who is told, and what a person is asked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.kit import troubles
from tests.kit.county import EVA, SOCIAL, County, Visit

USUAL = {
    "received": datetime.fromisoformat("2026-03-10T10:25:00+01:00"),
    "answer": ["AA"],
    "told": [],
    "stands": [],
    "hears": {},
}


def admitted(county: County, visit: str) -> None:
    """Let the hospital have told of this visit, with a need that the municipality serves."""
    county.adt("A01", Visit(number=visit, person=EVA), county.assessed(SOCIAL))
    county.hears()


def segments(county: County, body: bytes) -> list[list[str]]:
    """The segments of the answer, each as its fields."""
    answer = county.accept("feed", body).body.decode("iso-8859-1")
    county.turn()
    return [line.split("|") for line in answer.strip("\r").split("\r")]


@pytest.mark.parametrize("name", troubles.having("answer"))
def test_a_message_of_the_feed_is_answered_and_told_as_its_row_says(
    county: County, name: str
) -> None:
    row: dict[str, Any] = USUAL | troubles.ROWS[name]
    if "visit" in row:
        admitted(county, row["visit"])
    county.now = row["received"]
    rows = segments(county, troubles.body(name))
    found = {
        "answer": [fields[1] for fields in rows if fields[0] == "MSA"],
        "told": [f"{f[5].split('^')[0]} {f[2]}" for f in rows if f[0] == "ERR"],
        "hears": county.hears(),
        "stands": county.stands(),
    }
    assert found == {key: row[key] for key in found}


def planned(county: County) -> list[str]:
    """The planned discharge in what the municipality gets."""
    [notice] = county.takes("lulea")["lulea"]
    path = "Encounter.+planned-discharge.valueDateTime"
    return troubles.shown(notice, {path: []})[path]


def test_an_absent_field_stays_in_the_notice_and_a_null_deletes(county: County) -> None:
    county.now = USUAL["received"]
    county.sent(troubles.body("null-3-a01.hl7"))
    assert planned(county) == ["2026-03-17"]
    county.sent(troubles.body("null-4-a02-absent.hl7").replace(b"Testsson^", b"Nysson^"))
    assert planned(county) == ["2026-03-17"]
    county.sent(troubles.body("null-2-a08-null.hl7").replace(b"NUL1", b"NUL2"))
    assert planned(county) == []
