"""Faults of the broker, of the store, and of the network."""

from __future__ import annotations

from functools import partial
from random import Random

import pika
import psycopg
from pika.exceptions import AMQPError

from chaos.parties import LULEA, PLANNING
from chaos.servers import HEARTBEAT, eventually
from chaos.stage import Stage

_NO_ROOM = "No space left on device"
_STORE_SECONDS = 5


def kill_broker(stage: Stage, chance: Random) -> bool:
    """Kill the broker (`kill -9`); it restarts with its data."""
    servers = stage.servers
    servers.with_broker(servers.broker.kill)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.with_broker(servers.broker.restart)
    servers.await_queues(stage.plan.mends)
    return True


def wipe_broker(stage: Stage, _: Random) -> bool:
    """Kill the broker (`kill -9`); it restarts with an empty disk."""
    servers = stage.servers
    servers.with_broker(servers.broker.wipe)
    servers.settle(stage.plan.mends)
    return True


def memory_alarm(stage: Stage, chance: Random) -> bool:
    """Raise the memory alarm: the broker blocks every connection that publishes."""
    servers = stage.servers
    servers.run_tool(servers.broker.alarm)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.run_tool(servers.broker.calm)
    return True


def disk_alarm(stage: Stage, chance: Random) -> bool:
    """Raise the disk alarm, which blocks the same connections."""
    servers = stage.servers
    limit = partial(servers.broker.control, "set_disk_free_limit")
    servers.run_tool(partial(limit, "100000GB"))
    stage.rest(chance.uniform(*stage.plan.away))
    servers.run_tool(partial(limit, "50MB"))
    return True


def delete_queue(stage: Stage, chance: Random) -> bool:
    """Delete a partner's queue with all its messages."""
    name = chance.choice((LULEA.endpoint, PLANNING.endpoint))
    try:
        with pika.BlockingConnection(pika.URLParameters(stage.servers.host)) as connection:
            connection.channel().queue_delete(f"{name}.inbox")
    except (AMQPError, OSError):
        return False
    stage.servers.settle(stage.plan.mends)
    return True


def cut_broker(stage: Stage, _: Random) -> bool:
    """Reset every connection between adapter and broker."""
    return stage.to_broker.cut()


def hang_broker(stage: Stage, chance: Random) -> bool:
    """Make the connections to the broker half-open: they carry nothing more; new ones work."""
    happened = stage.to_broker.hang()
    stage.rest(2 * HEARTBEAT + chance.uniform(0, 2))
    return happened


def slow_broker(stage: Stage, chance: Random) -> bool:
    """Delay all data between adapter and broker."""
    stage.to_broker.delay(chance.uniform(0.05, 0.4))
    stage.rest(chance.uniform(*stage.plan.away))
    stage.to_broker.delay(0)
    return True


def cut_parties(stage: Stage, _: Random) -> bool:
    """Reset every connection to two of the parties."""
    return sum(proxy.cut() for proxy in stage.to_parties) > 0


def hang_parties(stage: Stage, chance: Random) -> bool:
    """Make the connections to two of the parties half-open; new ones work."""
    happened = sum(proxy.hang() for proxy in stage.to_parties) > 0
    stage.rest(chance.uniform(*stage.plan.away))
    return happened


def crash_store(stage: Stage, chance: Random) -> bool:
    """Kill every process of PostgreSQL (`kill -9`); it recovers from its log."""
    servers = stage.servers
    servers.with_store(servers.cluster.kill)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.with_store(servers.cluster.restart)
    return True


def cut_store(stage: Stage, _: Random) -> bool:
    """End every connection to the database, as its operator can."""
    plain = stage.region.store.replace("+psycopg", "")
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    with psycopg.connect(plain, autocommit=True) as connection:
        done = connection.execute(f"{others} and datname = current_database()")
    return done.rowcount > 0


def fill_store(stage: Stage, chance: Random) -> bool:
    """Fill PostgreSQL's disk: a real file system, shrunk while PostgreSQL uses it.

    The fault took place if PostgreSQL logs it. During a short fault, the room that PostgreSQL has
    already allocated may be enough.
    """
    servers = stage.servers
    if servers.disk is None:
        return False
    complaints = servers.cluster.complaints(_NO_ROOM)
    servers.disk.fill()
    stage.rest(chance.uniform(*stage.plan.away))
    servers.disk.empty()
    if not eventually(lambda: servers.store_answers(stage.region.store), _STORE_SECONDS):
        servers.with_store(
            servers.cluster.restart
        )  # without room for its log, PostgreSQL ends itself
    return servers.cluster.complaints(_NO_ROOM) > complaints
