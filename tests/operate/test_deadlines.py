"""What falls due: the times of the law, and the timers of deliveries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from adapter.operate.deadlines import Deadlines, deadlines
from adapter.store.queries.timers import DueCount
from tests.kit import drafts, standing
from tests.kit.drafts import T0, UMEA
from tests.kit.region import Region

HOUR = timedelta(hours=1)
NONE = {"overdue": 0, "in_1h": 0, "in_4h": 0, "in_24h": 0}


@pytest.fixture
def region(store_url: str) -> Iterator[Region]:
    region = Region(store_url)
    yield region
    region.store.close()


def due(region: Region, at: datetime) -> Deadlines:
    with region.store.read() as tx:
        return deadlines(tx, at)


def count(shown: Deadlines, endpoint: str, what: str) -> DueCount:
    [found] = [c for c in shown.counts if (c.endpoint, c.what) == (endpoint, what)]
    return found


def test_nothing_is_due_in_a_quiet_region(region: Region) -> None:
    assert due(region, T0) == Deadlines(legal=(), counts=())


def test_a_need_without_a_receiver_is_due_24_hours_after_the_admission(region: Region) -> None:
    standing.nobody_to_tell(region)
    [letter] = due(region, T0 + HOUR).legal
    assert (letter.code, letter.endpoint) == ("nobody-to-tell", "hospital")
    assert letter.due_at == T0 + 24 * HOUR
    assert count(due(region, T0 + HOUR), "hospital", "nobody-to-tell").in_24h == 1
    assert count(due(region, T0 + 21 * HOUR), "hospital", "nobody-to-tell").in_4h == 1
    late = count(due(region, T0 + 25 * HOUR), "hospital", "nobody-to-tell")
    assert (late.overdue, late.in_24h) == (1, 0)


def test_a_held_notice_is_a_legal_time_of_its_receiver(region: Region) -> None:
    standing.held(region)
    legal = due(region, T0 + HOUR).legal
    assert {letter.endpoint for letter in legal} == {"lulea", "planning"}
    assert {letter.code for letter in legal} == {"protected-identity"}


def test_what_is_met_is_due_no_longer(region: Region) -> None:
    standing.nobody_to_tell(region)
    standing.has_come_home(region)
    assert due(region, T0 + HOUR).legal == ()


def test_what_waits_for_a_partner_that_is_away_expires(region: Region) -> None:
    region.down = {"umea"}
    region.tells("hospital", drafts.note(to=(UMEA,)))
    [row] = region.deliveries(endpoint="umea", event="message")
    at = row["expires_at"]
    numbers = {"in_1h": 1, "in_4h": 1, "in_24h": 1}
    expected = DueCount(endpoint="umea", what="expiry", **NONE | numbers)
    assert count(due(region, at - HOUR / 2), "umea", "expiry") == expected
    assert count(due(region, at - 3 * HOUR), "umea", "expiry").in_1h == 0
    assert count(due(region, at - 3 * HOUR), "umea", "expiry").in_4h == 1
    assert [c for c in due(region, at - 25 * HOUR).counts if c.what == "expiry"] == []


def test_a_receipt_and_an_answer_are_due_until_they_come(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    assert count(due(region, T0), "lulea", "receipt").in_24h == 1
    region.receipt("lulea", content)
    later = due(region, region.now + 20 * HOUR)
    assert [c.what for c in later.counts if c.endpoint == "lulea"] == ["answer"]
    region.tells("lulea", drafts.answer(content, drafts.LULEA))
    assert [c for c in due(region, region.now).counts if c.what == "answer"] == []
