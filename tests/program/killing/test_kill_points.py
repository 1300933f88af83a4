"""The adapter is killed at each kill point: nothing is lost, doubled or out of order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from adapter.core.kill_points import KILL_POINTS
from adapter.fhir import bundles
from tests.kit.drafts import HOSPITAL, PLANNING
from tests.kit.killing.world import World, numbered, world
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.waiting import wait_for

pytestmark = pytest.mark.servers
COUNT = 3
LIMIT = 120.0  # seconds


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def around(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    rabbitmq: RabbitMQ,
) -> Iterator[World]:
    """One world for all kill points, so that each start meets what the last death left."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("store")
        url = f"sqlite:///{folder}/adapter.db"
    else:
        cluster: PostgreSQL = request.getfixturevalue("postgresql")
        url = cluster.fresh()
    with world(url, rabbitmq, rabbitmq.fresh()) as found:
        yield found


@pytest.mark.parametrize("kill_point", KILL_POINTS)
def test_a_death_at_a_kill_point_loses_nothing_doubles_nothing_and_keeps_order(
    around: World, kill_point: str
) -> None:
    seed = random.Random(kill_point)
    around.victim.end()
    deaths = around.victim.deaths
    around.victim.begin(f"{kill_point}:{seed.randint(1, 2)}")
    by_bus = numbered(PLANNING, f"bus-{kill_point}", COUNT)
    by_http = numbered(HOSPITAL, f"http-{kill_point}", COUNT)
    until = time.monotonic() + LIMIT
    partner = around.partner("planning")
    sender = Thread(target=around.over_bus, args=(partner, by_bus, until))
    sender.start()
    for bundle in by_http:
        around.over_http(bundle, until)
    sender.join()
    partner.close()
    contents = {bundles.content_id(b) for b in (*by_bus, *by_http)}
    wait_until_applied(around, contents)
    # A kill point that is passed a second time may be passed after the last message has arrived.
    wait_for("death", lambda: seen_deaths(around), lambda number: number > deaths)
    assert around.victim.deaths == deaths + 1
    for receiver in ("lulea", "umea"):
        for way, sent in (("bus", by_bus), ("http", by_http)):
            expected = [bundles.content_id(bundle) for bundle in sent]
            assert around.applied(receiver, f"/{way}-{kill_point}") == expected


def seen_deaths(around: World) -> int:
    """Start the victim again if it is dead; return how often it has died."""
    around.victim.look()
    return around.victim.deaths


def wait_until_applied(around: World, contents: set[str]) -> None:
    """Wait until each receiver has applied all of these contents."""

    def missing() -> list[set[str]]:
        around.victim.look()
        return [contents - set(around.applied(receiver)) for receiver in ("lulea", "umea")]

    wait_for("complete delivery", missing, lambda sets: not any(sets), seconds=LIMIT)
