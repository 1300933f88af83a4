"""For each fault, one log line says what happened and what the adapter did about it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapter.inbound.batches import TRIES
from chaos.proxy import Proxies
from tests.kit.bus import raw
from tests.kit.crew import Crew, Member
from tests.kit.drafts import PLANNING
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.servers.base import free_ports

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]
PARTNERS = ("planning", "lulea", "umea")


@pytest.fixture
def broker() -> Iterator[RabbitMQ]:
    """A broker that may be killed and wiped."""
    with RabbitMQ.start(PARTNERS, spare_hosts=0) as found:
        yield found


@pytest.fixture
def cluster() -> Iterator[PostgreSQL]:
    """A database that may be killed."""
    with PostgreSQL.start() as found:
        yield found


def told(member: Member, what: str, **fields: Any) -> list[dict[str, Any]]:
    """The lines of one name with these fields, each of which says what was done about it."""
    lines = [line for line in member.lines(what) if fields.items() <= line.items()]
    return [line for line in lines if line.get("did")]


def why(lines: list[dict[str, Any]]) -> str:
    """Why, in the newest of them."""
    return str(lines[-1]["why"])


def confirmed(crew: Crew, count: int) -> bool:
    """Whether so many deliveries to Umeå are done, and no other is open."""
    return [row["state"] for row in crew.sent()] == ["confirmed"] * count


def test_what_happens_to_the_broker(
    tmp_path: Path, broker: RabbitMQ, postgresql: PostgreSQL
) -> None:
    """The broker is cut off, half-open, killed, wiped or alarmed, or a queue is gone or wrong."""
    (port,) = free_ports(1)
    proxies = Proxies()
    wire = proxies.between(port, broker.port)
    through = broker.url.replace(f":{broker.port}/", f":{port}/") + "?heartbeat=2"
    with Crew(tmp_path, broker, broker.url, postgresql.fresh()).around() as crew, closing(proxies):
        worker = crew.start("serve", broker=through)

        wire.cut()
        crew.wait(lambda: bool(told(worker, "waits", code="unreachable")), worker)
        crew.wait(lambda: bool(worker.lines("goes-on")), worker)

        before = len(told(worker, "waits", code="unreachable"))
        wire.hang()
        crew.wait(lambda: len(told(worker, "waits", code="unreachable")) > before, worker)
        crew.wait(lambda: worker.warned("broker") == [], worker)

        with raw(broker.url) as channel:
            channel.queue_delete("care.in")
        gone = "queue care.in is gone"
        crew.wait(lambda: bool(told(worker, "waits", why=gone)), worker)
        crew.wait(lambda: crew.consuming(worker), worker)

        crew.post(worker, to=(PLANNING,))
        crew.wait(lambda: bool(worker.lines("sent")), worker)
        broker.settle()
        broker.kill()
        crew.wait(lambda: bool(told(worker, "wrong", finding="broker")), worker)
        broker.wipe()
        crew.wait(lambda: bool(told(worker, "broker-was-empty", count=1)), worker)
        crew.wait(lambda: bool(worker.lines("right")), worker)

        broker.alarm()
        crew.post(worker, to=(PLANNING,))
        crew.wait(lambda: bool(told(worker, "broker-blocked")), worker)
        assert "memory" in why(told(worker, "broker-blocked"))
        crew.wait(lambda: bool(told(worker, "wrong", finding="broker-blocked")), worker)
        broker.calm()
        crew.wait(lambda: bool(told(worker, "broker-unblocked")), worker)

        with raw(broker.url) as channel:
            channel.queue_delete("care.in")
            channel.queue_declare("care.in", durable=True, arguments={"x-queue-type": "quorum"})
        crew.wait(lambda: bool(told(worker, "wrong", finding="topology")), worker)
        assert "queue care.in: x-" in why(told(worker, "wrong", finding="topology"))
        with raw(broker.url) as channel:
            channel.queue_delete("care.in")
        crew.wait(lambda: crew.consuming(worker), worker)
        crew.publish(1)
        crew.wait(lambda: confirmed(crew, 1), worker)


def test_what_happens_to_the_store(
    tmp_path: Path, rabbitmq: RabbitMQ, rabbitmq_url: str, cluster: PostgreSQL
) -> None:
    """The database's connections end, and it is killed and started again; nobody has to help."""
    with Crew(tmp_path, rabbitmq, rabbitmq_url, cluster.url).around() as crew:
        serve = crew.start("serve")
        plain = cluster.url.replace("+psycopg", "")
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(f"{cut} and datname = current_database()")
        cluster.kill()
        crew.wait(lambda: bool(told(serve, "waits", code="store-unavailable")), serve)
        assert "PostgreSQL database" in why(told(serve, "waits", code="store-unavailable"))
        told_so = serve.ready()
        assert [(f["name"], told_so["ready"]) for f in told_so["why"]][:1] == [("store", False)]
        cluster.restart()
        crew.wait(lambda: serve.ready()["ready"], serve)
        crew.publish(1)
        crew.wait(lambda: confirmed(crew, 1), serve)


def test_what_happens_to_processes_and_partners(crew: Crew) -> None:
    """Processes are killed, frozen, or have a wrong clock; a partner is away."""
    first = crew.start("worker")
    second = crew.start("worker")
    crew.slow_umea(2)
    crew.publish(3)
    assert crew.umea_has_begun()
    first.process.send_signal(signal.SIGKILL)
    second.process.send_signal(signal.SIGKILL)
    third = crew.start("worker")
    crew.wait(lambda: bool(told(third, "lease-ended")), third)
    crew.slow_umea(0)
    crew.wait(lambda: confirmed(crew, 3), third)

    crew.umea.down(3600)
    crew.publish(6)
    crew.wait(lambda: bool(told(third, "circuit-opened", endpoint="umea")), third)
    assert told(third, "not-sent", code="no-connection")
    crew.umea.down(0)
    crew.wait(lambda: bool(told(third, "circuit-closed", endpoint="umea")), third)
    crew.wait(lambda: confirmed(crew, 9), third)
    assert {"circuit-opened", "circuit-closed"} <= set(crew.happened())


def test_a_process_that_stood_still_says_so_and_changes_nothing_that_others_did(
    crew: Crew,
) -> None:
    frozen = crew.start("worker")
    other = crew.start("worker")
    crew.wait(crew.all_seen_together, frozen, other)
    crew.slow_umea(2)
    other.process.send_signal(signal.SIGSTOP)  # so that it is not the one that sends first
    crew.publish(1)
    assert crew.umea_has_begun()
    frozen.process.send_signal(signal.SIGSTOP)
    other.process.send_signal(signal.SIGCONT)
    crew.slow_umea(0)
    crew.wait(lambda: confirmed(crew, 1), other)
    crew.wait(lambda: bool(told(other, "wrong", finding="process")), other)
    frozen.process.send_signal(signal.SIGCONT)
    crew.wait(lambda: bool(told(frozen, "stood-still")), frozen)
    crew.wait(lambda: bool(told(frozen, "too-late")), frozen)
    crew.wait(lambda: bool(other.lines("right")), other)
    assert confirmed(crew, 1)


def test_a_message_that_ends_its_process_is_told_each_time_and_then_left_to_a_person(
    crew: Crew,
) -> None:
    deadly = {"ADAPTER_KILL_AT": "processing"}
    victim = crew.start("worker", given=deadly)
    crew.publish(1)
    assert victim.ends(60) == -signal.SIGKILL
    for _ in range(TRIES):  # alone: the first death, together with others, blames nobody
        victim = crew.launch("worker", given=deadly)
        assert victim.ends(60) == -signal.SIGKILL
        assert len(told(victim, "begun-before")) == 1
    last = crew.start("worker")
    crew.wait(lambda: bool(told(last, "dead-message", code="adapter-fault")), last)
    assert [row["standing"] for row in crew.taken()] == ["dead"]
    assert "dead" in crew.happened()
