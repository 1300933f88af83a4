"""How each partner stands: for the command, the metrics and a console."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from adapter.core.endpoint import Closed, Settings
from adapter.operate.status import PartnerStatus, certificate_days, midnight, partner_statuses
from adapter.store import endpoints
from tests.kit import drafts, standing
from tests.kit.drafts import T0, UMEA
from tests.kit.region import SETTINGS, Region

HOUR = timedelta(hours=1)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    yield region
    region.store.close()


def statuses(
    region: Region, now: datetime, settings: Settings = SETTINGS
) -> dict[str, PartnerStatus]:
    with region.store.read() as tx:
        rows = partner_statuses(tx, settings, now)
    return {row.endpoint: row for row in rows}


def test_every_endpoint_of_the_settings_is_there_at_zero(region: Region) -> None:
    rows = statuses(region, T0)
    assert sorted(rows) == ["hospital", "lulea", "planning", "umea"]
    owner = "owner of umea"
    assert rows["umea"] == PartnerStatus(endpoint="umea", owner=owner)


def test_what_waits_and_what_fails_is_counted_with_its_age(region: Region) -> None:
    region.down = {"umea"}
    region.tells("hospital", drafts.note(visit="V1", to=(UMEA,)))
    region.tells("hospital", drafts.note(visit="V2", to=(UMEA,)))
    umea = statuses(region, T0 + HOUR)["umea"]
    assert (umea.waiting, umea.troubled, umea.dead) == (2, 2, 0)
    assert umea.oldest_waiting == T0
    assert statuses(region, T0 + HOUR)["hospital"].last_heard == T0


def test_a_need_without_a_receiver_stands_at_its_sender(region: Region) -> None:
    standing.nobody_to_tell(region)
    hospital = statuses(region, T0 + HOUR)["hospital"]
    [finding] = hospital.findings
    said = "1 need has no receiver, the oldest from 2026-03-02 10:00"
    assert (finding.name, finding.why) == ("nobody-to-tell", said)


def test_a_held_notice_that_is_soon_due_stands_at_its_receiver(region: Region) -> None:
    standing.held(region)
    rows = statuses(region, T0 + 19 * HOUR)
    assert "held-notice" in [finding.name for finding in rows["lulea"].findings]


def test_what_is_dead_and_who_has_paused_whom_why_and_since_when(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()), "fatal-error")
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Ann", "upgrade until 14:00", T0)
    rows = statuses(region, T0 + HOUR)
    assert rows["lulea"].dead == 1
    umea = rows["umea"]
    assert (umea.paused_by, umea.paused_why, umea.paused_at) == ("Ann", "upgrade until 14:00", T0)
    assert list(rows)[:2] == ["lulea", "umea"], "those with findings come first"
    assert [f.name for f in rows["umea"].findings] == ["paused"]


def test_what_was_refused_today_counts_from_midnight_in_sweden(region: Region) -> None:
    region.accept("hospital", b"no FHIR")
    assert statuses(region, region.now)["hospital"].refused_today == 1
    assert statuses(region, region.now + 24 * HOUR)["hospital"].refused_today == 0
    assert midnight(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) == datetime(
        2026, 3, 1, 23, 0, tzinfo=UTC
    )


def test_an_open_circuit_and_a_service_window_say_until_when(region: Region) -> None:
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "umea", T0 + HOUR)
    night = Closed(since=time(0, 0), until=time(12, 0))
    closed = tuple(replace(each, closed=(night,)) for each in SETTINGS.endpoints)
    umea = statuses(region, T0, replace(SETTINGS, endpoints=closed))["umea"]
    assert (umea.cut_off, umea.next_probe) == (True, T0 + HOUR)
    assert umea.closed_until == datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


def test_an_endpoint_that_left_the_settings_is_shown_while_something_is_dead(
    region: Region,
) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()), "fatal-error")
    others = tuple(each for each in SETTINGS.endpoints if each.name != "lulea")
    rows = statuses(region, T0, replace(SETTINGS, endpoints=others))
    assert (rows["lulea"].dead, rows["lulea"].owner) == (1, "")


def test_a_certificate_that_cannot_be_read_has_no_day_left(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    umea = SETTINGS.endpoints[3]
    assert certificate_days(umea, T0) is None
    assert certificate_days(replace(umea, ca_file=str(broken)), T0) == 0
    assert certificate_days(replace(umea, ca_file=str(tmp_path / "none.pem")), T0) == 0
