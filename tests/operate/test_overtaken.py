"""What is sent again late: whatever may have arrived in its place before is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from adapter.core.errors import TransientError
from adapter.fhir import bundles
from adapter.operate import edit, replay
from adapter.transports import Outcome, Response
from adapter.transports.http.status import of_status
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.far_side import answered, took
from tests.kit.region import SETTINGS, Region

PERSON: dict[str, Any] = {"who": "Anna", "reason": "they mended it"}


def noted(region: Region, text: str) -> str:
    """A note of one case waits for Umeå; its content id."""
    note = drafts.note(text, to=(UMEA,))
    region.accept("hospital", drafts.dump(note))
    return bundles.content_id(note)


def dead(region: Region) -> Mapping[str, Any]:
    """The first note, which Umeå refused."""
    content = noted(region, "1")
    answered(region, took(region), of_status(400, "", Response(), region.now))
    [row] = region.deliveries(content_id=content)
    assert row["state"] == "dead"
    return row


def passed(region: Region, row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a dry run says of it."""
    with region.store.read() as tx:
        [planned] = replay.plan(tx, region.network, [row["id"]])
    return planned.overtaken_by


def the_later(region: Region) -> str:
    """The delivery of the last note."""
    id_: str = region.deliveries(event="message")[-1]["id"]
    return id_


def test_by_one_that_is_under_way(region: Region) -> None:
    row = dead(region)
    noted(region, "2")
    assert passed(region, row) == ()
    assert len(took(region)) == 1
    assert passed(region, row) == (the_later(region),)


@pytest.mark.parametrize(
    ("outcome", "may_be_there"),
    [(TransientError("timed-out"), True), (TransientError("busy"), False)],
)
def test_by_one_whose_outcome_is_unknown_but_not_by_one_that_was_refused(
    region: Region, outcome: Outcome, may_be_there: bool
) -> None:
    row = dead(region)
    noted(region, "2")
    answered(region, took(region), outcome)
    assert bool(passed(region, row)) is may_be_there


def test_by_one_that_went_to_the_successor_to_which_it_would_move(region: Region) -> None:
    row = dead(region)
    moved = [replace(e, replaced_by="lulea") if e.name == "umea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(moved))
    noted(region, "2")
    region.turn()
    assert region.events("lulea") == ["message"]
    assert passed(region, row) == (the_later(region),)


def test_an_edited_one_says_so_as_well(region: Region) -> None:
    row = dead(region)
    noted(region, "2")
    took(region)
    later = the_later(region)
    body = row["body"].replace(b'"1"', b'"one"')
    with region.store.begin() as tx:
        edited = edit.edit(tx, region.network, row["id"], body, **PERSON, now=region.now)
    assert edited.overtaken_by == (later,)
