"""A virtual host of the broker belongs to one store; its own workers come back at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.kit.crew import Crew
from tests.kit.servers import PostgreSQL, RabbitMQ

pytestmark = pytest.mark.servers


@pytest.fixture
def second_store(postgresql: PostgreSQL) -> str:
    return postgresql.fresh()


def test_a_second_store_is_named_by_health_and_takes_nothing_until_it_takes_over(
    crew: Crew, tmp_path: Path, rabbitmq: RabbitMQ, rabbitmq_url: str, second_store: str
) -> None:
    first = crew.start("worker")
    (tmp_path / "second").mkdir()
    with Crew(tmp_path / "second", rabbitmq, rabbitmq_url, second_store).around() as other:
        other.umea.system.faults.answer_delay = 0
        serve = other.launch("serve")
        other.wait(lambda: bool(serve.lines("started")), serve)
        other.wait(lambda: bool(serve.warned("other-store")), serve)
        mine = crew.publish(3)
        crew.wait(lambda: len(crew.taken()) == 3, first)
        assert other.taken() == []
        serve.process.kill()
        serve.ends(20)
        taking = other.launch("serve", flags=["--take-over"])
        other.wait(lambda: bool(taking.lines("broker-taken-over")), taking)
        crew.wait(lambda: not crew.consuming(first), first, seconds=60)
        other.wait(lambda: other.consuming(taking), taking)
        crew.publish(2)
        other.wait(lambda: len(other.taken()) == 2, taking)
        assert {row["state"] for row in crew.sent()} <= {"confirmed", "in-flight", "waiting"}
        assert len(crew.taken()) == len(mine)


def test_a_killed_worker_waits_for_nothing_when_it_is_started_again(crew: Crew) -> None:
    worker = crew.start("worker")
    crew.publish(1)
    crew.wait(lambda: len(crew.taken()) == 1, worker)
    worker.process.kill()
    worker.ends(10)
    crew.publish(1)
    again = crew.launch("worker")
    crew.wait(lambda: len(crew.taken()) == 2, again)
    [started] = again.lines("started")
    taken = crew.taken()[-1]["received_at"]
    assert taken - datetime.fromisoformat(started["at"]) < timedelta(seconds=5)
    assert again.lines("waits") == []
