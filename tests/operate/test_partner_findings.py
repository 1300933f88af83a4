"""What `health` says of partners: dead letters, pauses, circuits, refusals and silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.core.endpoint import Settings, Within
from adapter.operate import health, partner_findings
from adapter.store import endpoints
from adapter.store.queries import partners
from adapter.store.tables import message
from tests.kit import drafts
from tests.kit.drafts import T0
from tests.kit.region import SETTINGS, Region

HOUR = timedelta(hours=1)
NAMES = {"dead", "paused", "cut-off", "only-refuses", "silent"}


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    yield region
    region.store.close()


def said(region: Region, now: datetime, settings: Settings = SETTINGS) -> list[tuple[str, str]]:
    """The findings about partners."""
    with region.store.read() as tx:
        found = list(partner_findings.findings(tx, settings, now))
    return [(each.name, each.text) for each in found]


def refuses(region: Region, *visits: str, code: str = "fatal-error") -> None:
    """Luleå's system refuses a message about each of these visits."""
    for visit in visits:
        content = region.tells("hospital", drafts.note(visit=visit))
        region.receipt("lulea", content, code)


def speaks_every(within: Within) -> Settings:
    """Settings in which the hospital speaks at least as often as this."""
    changed = tuple(
        replace(each, expect_every=within) if each.name == "hospital" else each
        for each in SETTINGS.endpoints
    )
    return replace(SETTINGS, endpoints=changed)


def hospital_sent(region: Region, at: datetime) -> None:
    """Let everything from the hospital have come at that time."""
    region.tells("hospital", drafts.note())
    with region.store.begin() as tx:
        tx.execute(message.update().values(received_at=at))


def test_nothing_is_said_of_partners_while_all_is_well(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()))
    assert said(region, T0 + HOUR) == []


def test_dead_deliveries_are_a_finding_of_their_receiver(region: Region) -> None:
    refuses(region, "V1", "V2")
    why = "lulea: 2 dead deliveries (refused), the oldest from 2026-03-02 10:00"
    assert said(region, T0 + HOUR) == [("dead", why)]


def test_a_dead_message_is_a_finding_of_its_sender(region: Region) -> None:
    region.tells("hospital", drafts.note())
    with region.store.begin() as tx:
        tx.execute(message.update().values(standing="dead", code="adapter-fault"))
    [(name, why)] = said(region, T0 + HOUR)
    assert (name, why) == (
        "dead",
        "hospital: 1 dead message (adapter-fault), the oldest from 2026-03-02 10:00",
    )


def test_a_pause_is_a_finding_with_who_and_why(region: Region) -> None:
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Ann", "upgrade until 14:00", T0)
    why = "umea: paused by Ann since 2026-03-02 10:00: upgrade until 14:00"
    assert said(region, T0 + HOUR) == [("paused", why)]


def test_a_partner_that_does_not_answer_is_a_finding(region: Region) -> None:
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "umea", T0 + HOUR)
    why = "umea: does not answer, 5 failures in a row; the next probe is at 2026-03-02 11:00"
    assert said(region, T0) == [("cut-off", why)]


def test_four_failures_cut_nobody_off(region: Region) -> None:
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER - 1):
            endpoints.failed(tx, "umea", T0 + HOUR)
    assert said(region, T0) == []


def test_a_partner_that_refuses_everything_for_good_only_refuses(region: Region) -> None:
    refuses(region, "V1", "V2", "V3")
    names = dict(said(region, T0 + HOUR))
    assert names["only-refuses"] == "lulea: refuses everything, the newest 3 deliveries: refused"


def test_a_partner_that_refuses_everything_for_now_only_refuses_too(region: Region) -> None:
    refuses(region, "V1", "V2", "V3", code="transient-error")
    [(name, why)] = said(region, T0 + HOUR)
    assert name == "only-refuses"
    assert why.startswith("lulea: refuses everything, the newest 3 deliveries: ")


def test_a_partner_that_has_taken_something_lately_does_not_only_refuse(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note(visit="V0")))
    refuses(region, "V1", "V2", "V3")
    assert "only-refuses" not in dict(said(region, T0 + HOUR))


def test_they_are_findings_of_the_health(region: Region) -> None:
    refuses(region, "V1")
    survey = health.survey(region.store, SETTINGS)
    assert "dead" in {finding.name for finding in survey.findings}


# Silence; 2026-03-06 is a Friday, and Good Friday is 2026-04-03


def test_a_partner_that_speaks_every_working_day_is_silent_after_one(region: Region) -> None:
    settings = speaks_every(Within(working_days=1))
    hospital_sent(region, datetime(2026, 3, 6, 14, 0, tzinfo=UTC))
    assert said(region, datetime(2026, 3, 8, 20, 0, tzinfo=UTC), settings) == []
    assert said(region, datetime(2026, 3, 9, 13, 59, tzinfo=UTC), settings) == []
    why = "hospital: silent since 2026-03-06 15:00; it should have spoken by 2026-03-09 15:00"
    assert said(region, datetime(2026, 3, 9, 14, 1, tzinfo=UTC), settings) == [("silent", why)]


def test_no_partner_is_expected_at_easter(region: Region) -> None:
    settings = speaks_every(Within(working_days=1))
    hospital_sent(region, datetime(2026, 4, 2, 14, 0, tzinfo=UTC))
    assert said(region, datetime(2026, 4, 6, 20, 0, tzinfo=UTC), settings) == []
    tuesday = datetime(2026, 4, 7, 14, 30, tzinfo=UTC)
    assert [name for name, _ in said(region, tuesday, settings)] == ["silent"]


def test_an_expected_partner_that_was_never_heard_is_silent(region: Region) -> None:
    settings = speaks_every(Within(duration=2 * HOUR))
    assert said(region, T0, settings) == [("silent", "hospital: it has never spoken")]


def test_a_partner_that_only_receipts_is_silent(region: Region) -> None:
    hospital_sent(region, T0 - timedelta(days=30))
    content = region.tells("lulea", drafts.note(sender=drafts.LULEA, to=(drafts.HOSPITAL,)))
    region.receipt("hospital", content)
    settings = speaks_every(Within(working_days=1))
    assert [name for name, _ in said(region, region.now, settings)] == ["silent"]


def test_receipts_are_read_back_only_as_far_as_silence_is_certain(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partners, "_PAGE", 2)
    for number in range(6):
        hospital_sent(region, T0)
        with region.store.begin() as tx:
            ours = message.c.endpoint == "hospital"
            tx.execute(message.update().where(ours).values(event="receipt"))
            newest = sa.select(sa.func.max(message.c.seq)).scalar_subquery()
            at = T0 + number * HOUR
            tx.execute(message.update().where(message.c.seq == newest).values(received_at=at))
    now, settings = T0 + 5 * HOUR, speaks_every(Within(duration=3 * HOUR))
    why = "hospital: silent since 2026-03-02 10:00; it should have spoken by 2026-03-02 13:00"
    assert said(region, now, settings) == [("silent", why)]
    assert said(region, now, speaks_every(Within(duration=9 * HOUR))) == [
        ("silent", "hospital: it has never spoken")
    ]


def test_no_partner_keeps_a_process_from_taking_messages() -> None:
    assert health.FINDINGS.keys() >= NAMES
    assert not NAMES & health.DOOR
