"""An endpoint that is away, or asks us to wait, gets one probe at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.errors import TransientError
from adapter.core.model import Delivery
from adapter.store import due_deliveries, endpoints
from adapter.transports import Response
from adapter.transports.http.status import of_status
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.far_side import answered, took
from tests.kit.region import SETTINGS, Region

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PROBE = 31 * SECOND
AWAY = TransientError("no-connection", "ConnectError")


def stored(region: Region, count: int, case: str = "V") -> None:
    """Create a number of messages that wait for Umeå, each of its own case."""
    for n in range(count):
        region.accept("hospital", drafts.dump(drafts.note(visit=f"{case}{n}", to=(UMEA,))))


def claimed(region: Region) -> list[Delivery]:
    """Return what a worker claims now."""
    with region.store.read() as tx:
        if "umea" not in due_deliveries.endpoints_due(tx, region.now):
            return []
    return took(region)


def cut_off(region: Region, count: int = 12) -> None:
    """Open Umeå's circuit with a number of messages that it did not take."""
    stored(region, count)
    answered(region, claimed(region), AWAY)
    assert region.history("circuit-opened")


def with_umea(region: Region, **changes: object) -> None:
    """Change settings of Umeå."""
    changed = [
        replace(e, **changes) if e.name == "umea" else e  # type: ignore[arg-type]
        for e in SETTINGS.endpoints
    ]
    region.with_settings(endpoints=tuple(changed))


def test_of_two_workers_that_look_at_once_one_sends_a_probe(region: Region) -> None:
    cut_off(region)
    region.now += PROBE
    assert len(took(region)) == 1
    assert took(region) == []


def test_no_other_probe_goes_while_one_is_under_way(region: Region) -> None:
    with_umea(region, timeout=120 * SECOND)
    cut_off(region)
    region.now += PROBE
    [probe] = claimed(region)
    for _ in range(3):
        region.now += PROBE
        assert claimed(region) == []
    answered(region, [probe], AWAY)
    region.now += PROBE
    assert len(claimed(region)) == 1


def test_an_attempt_from_before_the_circuit_opened_ends_no_probes_time(region: Region) -> None:
    with_umea(region, timeout=120 * SECOND, max_in_flight=50)
    stored(region, 12)
    first, *others = claimed(region)
    answered(region, others, AWAY)
    region.now += PROBE
    [probe] = claimed(region)
    answered(region, [first], AWAY)
    region.now += PROBE
    assert claimed(region) == []
    answered(region, [probe], AWAY)
    region.now += PROBE
    assert len(claimed(region)) == 1


def test_what_an_outage_holds_up_counts_as_failing(region: Region) -> None:
    cut_off(region, 6)
    stored(region, 1, "later")
    for _ in range(9):
        region.now += PROBE
        answered(region, claimed(region), AWAY)
    assert {row["failures"] > 0 for row in region.deliveries(event="message")} == {True}


def test_a_probe_whose_worker_died_is_followed_by_another(region: Region) -> None:
    cut_off(region)
    region.now += PROBE
    assert len(claimed(region)) == 1
    region.now += 2 * SETTINGS.endpoints[3].timeout + SECOND
    assert len(claimed(region)) == 1


@pytest.mark.slow
def test_one_message_alone_is_probed_with_as_often_as_many_are(region: Region) -> None:
    stored(region, 1)
    for _ in range(400):
        answered(region, claimed(region), AWAY)
        region.now += PROBE
    [row] = region.deliveries(event="message")
    assert row["attempt"] > 390
    assert 0 < row["failures"] < endpoints.CIRCUIT_OPENS_AFTER
    assert len(claimed(region)) == 1


def test_probes_take_turns_since_one_message_may_be_what_the_far_side_chokes_on(
    region: Region,
) -> None:
    cut_off(region)
    probed = set()
    for _ in range(12):
        region.now += PROBE
        [probe] = claimed(region)
        probed.add(probe.id)
        answered(region, [probe], AWAY)
    assert len(probed) == 12


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_that_answers_for_a_service_that_is_away_opens_the_circuit(
    region: Region, status: int
) -> None:
    stored(region, 6)
    answered(region, claimed(region), of_status(status, "", Response(), region.now))
    assert len(region.history("circuit-opened")) == 1
    region.now += PROBE
    assert len(claimed(region)) == 1


def test_any_other_response_closes_the_circuit(region: Region) -> None:
    cut_off(region)
    region.now += PROBE
    answered(region, claimed(region), of_status(500, "", Response(), region.now))
    assert len(region.history("circuit-closed")) == 1


def test_what_was_asked_to_wait_waits_though_the_circuit_closes(region: Region) -> None:
    stored(region, 2)
    asked, other = claimed(region)
    answered(region, [asked], of_status(429, "3600", Response(), region.now))
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "umea", region.now)
    answered(region, [other], Response())
    assert region.history("circuit-closed")
    [row] = region.deliveries(id=asked.id)
    assert row["next_attempt_at"] == region.now + HOUR


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_us_to_wait_gets_nothing_meanwhile(
    region: Region, status: int
) -> None:
    stored(region, 1)
    answered(region, claimed(region), of_status(status, "600", Response(), region.now))
    stored(region, 9, "later")
    region.now += 599 * SECOND
    assert claimed(region) == []
    region.now += 2 * SECOND
    others = claimed(region)
    assert len(others) == 10


def test_a_probe_that_is_told_to_wait_is_not_followed_by_the_rest(region: Region) -> None:
    cut_off(region)
    region.now += PROBE
    answered(region, claimed(region), of_status(503, "1800", Response(), region.now))
    for _ in range(29):
        region.now += MINUTE
        assert claimed(region) == []
    region.now += MINUTE + SECOND
    assert len(claimed(region)) == 1


def test_no_endpoint_is_held_off_for_longer_than_the_retry_ceiling(region: Region) -> None:
    stored(region, 2)
    first, second = claimed(region)
    answered(region, [first], of_status(429, "86400", Response(), region.now))
    answered(region, [second], TransientError("refused-for-now"))
    region.now += HOUR + SECOND
    assert {d.id for d in claimed(region)} == {first.id, second.id}


def test_a_delivery_that_is_refused_for_good_holds_up_no_other(region: Region) -> None:
    stored(region, 2)
    first, second = claimed(region)
    answered(region, [first], of_status(413, "3600", Response(), region.now))
    answered(region, [second], TransientError("refused-for-now"))
    region.now += MINUTE
    assert [d.id for d in claimed(region)] == [second.id]


def test_resuming_gives_nobody_more_than_the_rate(region: Region) -> None:
    with_umea(region, rate=10.0)
    stored(region, 30)
    assert len(took(region)) == 10
    region.now += timedelta(seconds=1)
    with region.store.begin() as tx:
        endpoints.resume(tx, "umea", region.now)
    assert len(took(region)) == 10
    with region.store.begin() as tx:
        endpoints.resume(tx, "umea", region.now)
    assert len(took(region)) <= 1


def test_a_person_who_resumes_lets_all_go_at_once_whatever_was_asked(region: Region) -> None:
    stored(region, 9)
    for _ in range(12):
        answered(region, claimed(region), TransientError("refused-for-now"))
        region.now += 10 * MINUTE
    answered(region, took(region), of_status(429, "3600", Response(), region.now))
    with region.store.begin() as tx:
        endpoints.resume(tx, "umea", region.now)
    assert len(claimed(region)) == 9


def test_a_claim_that_had_looked_before_a_pause_takes_nothing_after_it(region: Region) -> None:
    stored(region, 1)
    with region.store.begin() as tx:
        endpoints.pause(tx, "umea", "Anna", "service window", region.now)
    assert took(region) == []
