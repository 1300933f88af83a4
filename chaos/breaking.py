"""Faults of the broker, the store, and the network between."""

from __future__ import annotations

from functools import partial
from random import Random

import pika
import psycopg
from pika.exceptions import AMQPError

from chaos.cast import LULEA, PLANNING
from chaos.servers import HEARTBEAT, eventually
from chaos.stage import Stage

_NO_ROOM = "No space left on device"
_STORE_SECONDS = 5


def kill_broker(stage: Stage, chance: Random) -> bool:
    """`kill -9`; it comes back with its disk."""
    servers = stage.servers
    servers.with_broker(servers.broker.kill)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.with_broker(servers.broker.restart)
    servers.await_queues(stage.plan.mends)
    return True


def wipe_broker(stage: Stage, _: Random) -> bool:
    """`kill -9`; it comes back with an empty disk."""
    servers = stage.servers
    servers.with_broker(servers.broker.wipe)
    servers.settle(stage.plan.mends)
    return True


def memory_alarm(stage: Stage, chance: Random) -> bool:
    """The broker takes nothing from those who publish."""
    servers = stage.servers
    servers.tell(servers.broker.alarm)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.tell(servers.broker.calm)
    return True


def disk_alarm(stage: Stage, chance: Random) -> bool:
    """The same, because its disk is said to be full."""
    servers = stage.servers
    limit = partial(servers.broker.control, "set_disk_free_limit")
    servers.tell(partial(limit, "100000GB"))
    stage.rest(chance.uniform(*stage.plan.away))
    servers.tell(partial(limit, "50MB"))
    return True


def delete_queue(stage: Stage, chance: Random) -> bool:
    """Somebody deletes a partner's queue with all that is in it."""
    name = chance.choice((LULEA.endpoint, PLANNING.endpoint))
    try:
        with pika.BlockingConnection(pika.URLParameters(stage.servers.host)) as connection:
            connection.channel().queue_delete(f"{name}.inbox")
    except (AMQPError, OSError):
        return False
    stage.servers.settle(stage.plan.mends)
    return True


def cut_broker(stage: Stage, _: Random) -> bool:
    """Every connection between adapter and broker is reset."""
    return stage.to_broker.cut()


def hang_broker(stage: Stage, chance: Random) -> bool:
    """They carry nothing more, and nobody is told; new ones work."""
    happened = stage.to_broker.hang()
    stage.rest(2 * HEARTBEAT + chance.uniform(0, 2))
    return happened


def slow_broker(stage: Stage, chance: Random) -> bool:
    """Every piece of every connection is late."""
    stage.to_broker.delay(chance.uniform(0.05, 0.4))
    stage.rest(chance.uniform(*stage.plan.away))
    stage.to_broker.delay(0)
    return True


def cut_parties(stage: Stage, _: Random) -> bool:
    """Every connection to two of the parties is reset."""
    return sum(proxy.cut() for proxy in stage.to_parties) > 0


def hang_parties(stage: Stage, chance: Random) -> bool:
    """They carry nothing more, and nobody is told; new ones work."""
    happened = sum(proxy.hang() for proxy in stage.to_parties) > 0
    stage.rest(chance.uniform(*stage.plan.away))
    return happened


def crash_store(stage: Stage, chance: Random) -> bool:
    """`kill -9` of every process of PostgreSQL; it recovers from its log."""
    servers = stage.servers
    servers.with_store(servers.cluster.kill)
    stage.rest(chance.uniform(*stage.plan.away))
    servers.with_store(servers.cluster.restart)
    return True


def cut_store(stage: Stage, _: Random) -> bool:
    """Every connection to the database is ended by its operator."""
    plain = stage.region.store.replace("+psycopg", "")
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    with psycopg.connect(plain, autocommit=True) as connection:
        done = connection.execute(f"{others} and datname = current_database()")
    return done.rowcount > 0


def fill_store(stage: Stage, chance: Random) -> bool:
    """PostgreSQL's disk has no room: a real file system, made small under it.

    It took place when PostgreSQL itself says so; what it had room for may last a short one out.
    """
    servers = stage.servers
    if servers.disk is None:
        return False
    complaints = servers.cluster.complaints(_NO_ROOM)
    servers.disk.fill()
    stage.rest(chance.uniform(*stage.plan.away))
    servers.disk.empty()
    if not eventually(lambda: servers.store_answers(stage.region.store), _STORE_SECONDS):
        servers.with_store(servers.cluster.restart)  # without room for its log, it had ended itself
    return servers.cluster.complaints(_NO_ROOM) > complaints
