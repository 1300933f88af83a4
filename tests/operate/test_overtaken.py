"""A late replay names the later deliveries of the case that may have arrived already."""

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
    """Create a note that waits for Umeå, and return its content id."""
    note = drafts.note(text, to=(UMEA,))
    region.accept("hospital", drafts.dump(note))
    return bundles.content_id(note)


def dead(region: Region) -> Mapping[str, Any]:
    """Return the first note, which Umeå refused."""
    content = noted(region, "1")
    answered(region, took(region), of_status(400, "", Response(), region.now))
    [row] = region.deliveries(content_id=content)
    assert row["state"] == "dead"
    return row


def passed(region: Region, row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids that overtook it, as a dry run says."""
    [planned] = replay.plan(region.store, region.network, [row["id"]], region.now).rows
    return planned.overtaken_by


def the_later(region: Region) -> str:
    """Return the id of the last note's delivery."""
    id_: str = region.deliveries(event="message")[-1]["id"]
    return id_


def test_a_delivery_is_overtaken_by_a_later_one_that_is_under_way(region: Region) -> None:
    row = dead(region)
    noted(region, "2")
    assert passed(region, row) == ()
    assert len(took(region)) == 1
    assert passed(region, row) == (the_later(region),)


@pytest.mark.parametrize(
    ("outcome", "may_be_there"),
    [(TransientError("timed-out"), True), (TransientError("busy"), False)],
)
def test_a_delivery_is_overtaken_by_an_unknown_outcome_but_not_by_a_refused_one(
    region: Region, outcome: Outcome, may_be_there: bool
) -> None:
    row = dead(region)
    noted(region, "2")
    answered(region, took(region), outcome)
    assert bool(passed(region, row)) is may_be_there


def test_a_delivery_is_overtaken_by_one_that_was_sent_to_the_successor(region: Region) -> None:
    row = dead(region)
    moved = [replace(e, replaced_by="lulea") if e.name == "umea" else e for e in SETTINGS.endpoints]
    region.with_settings(endpoints=tuple(moved))
    noted(region, "2")
    region.turn()
    assert region.events("lulea") == ["message"]
    assert passed(region, row) == (the_later(region),)


def test_an_edited_delivery_names_what_overtook_it(region: Region) -> None:
    row = dead(region)
    noted(region, "2")
    took(region)
    later = the_later(region)
    body = row["body"].replace(b'"1"', b'"one"')
    with region.store.begin() as tx:
        edited = edit.edit(tx, region.network, row["id"], body, **PERSON, now=region.now)
    assert edited.overtaken_by == (later,)
