"""Faults of time, of settings, of parties and of people."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from random import Random

import sqlalchemy as sa

from adapter import mappings
from adapter.core.errors import AdapterError, FatalError
from adapter.core.model import Event
from adapter.operate import replay
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.tables import delivery
from chaos.cast import BEHIND_HTTP, KALIX, KALIX_NEW, ON_THE_BUS, SEND_BY_HTTP, SLOW
from chaos.ledger import Line, Saw
from chaos.servers import eventually
from chaos.stage import Stage

_PORT_SECONDS = 5
_RELOAD_SECONDS = 60  # one who is frozen hears of it later


def jump_clock(stage: Stage, chance: Random) -> bool:
    """One worker's clock is wrong for a while, fast or slow."""
    victim = chance.choice(stage.fleet.workers)
    offset = chance.choice((-1, 1)) * chance.uniform(0.3, 1) * stage.plan.clock_jump
    happened = victim.order(f"clock {offset:.1f}")
    stage.rest(chance.uniform(*stage.plan.away))
    victim.order("clock 0")
    return happened


def move_mailbox(stage: Stage, _: Random) -> bool:
    """New settings: one mailbox takes the other's place. The next time, it is the other way."""
    moved = stage.fleet.moved
    successor, gone = (KALIX_NEW, KALIX) if moved != KALIX.endpoint else (KALIX, KALIX_NEW)
    line = Line(what=Saw.MOVED, who=successor.endpoint, to=(gone.endpoint,))
    stage.ledger.write(line)
    lives = [victim.lives for victim in stage.fleet.everybody]
    stage.fleet.reload(gone.endpoint)
    new = zip(stage.fleet.everybody, lives, strict=True)
    return all(eventually(partial(v.lives_since, n), _RELOAD_SECONDS) for v, n in new)


def party_away(stage: Stage, chance: Random) -> bool:
    """A party is gone: nobody takes its queue, or nobody listens at its door."""
    party = chance.choice((*ON_THE_BUS, *(p for p in BEHIND_HTTP if p not in SEND_BY_HTTP)))
    seconds = chance.uniform(*stage.plan.away)
    if party in ON_THE_BUS:
        stage.bus[party.endpoint].away(seconds)
        stage.rest(seconds)
        return True
    counter = stage.counters[party.endpoint]
    counter.shut()
    stage.rest(seconds)
    return eventually(counter.try_open, _PORT_SECONDS)


def slow_party(stage: Stage, chance: Random) -> bool:
    """A party takes minutes for each answer (seconds, in a short run)."""
    counter = stage.counters[SLOW.endpoint]
    before = counter.slow_answers
    counter.slowly = stage.plan.slow_answer
    stage.rest(stage.plan.slow_answer * chance.uniform(0.3, 1))
    counter.slowly = 0.0
    return counter.slow_answers > before


def two_operators(stage: Stage, _: Random) -> bool:
    """Two people press replay for the same dead deliveries in the same moment."""
    try:
        dead = _dead(stage)
    except AdapterError:
        return False
    with ThreadPoolExecutor(2) as hands:
        done = hands.map(partial(_replay, stage, dead), ("a", "b"))
    return sum(done) > 0


def _dead(stage: Stage) -> list[str]:
    store = Store(stage.region.store, most=1)
    query = sa.select(delivery.c.id).where(
        delivery.c.state == "dead", delivery.c.event == str(Event.MESSAGE)
    )
    try:
        with store.read() as tx:
            return list(tx.execute(query).scalars())
    finally:
        store.close()


def _replay(stage: Stage, dead: list[str], who: str) -> int:
    """How many one of the two has sent again."""
    store, done = Store(stage.region.store, most=1), 0
    network = Network(settings=stage.region.settings(0, stage.fleet.moved), systems=mappings.load())
    for id_ in dead:
        try:
            with store.begin() as tx:
                now = datetime.now(UTC)
                replay.replay(tx, network, id_, who=who, reason="the rig", now=now)
            done += 1
        except FatalError:
            continue  # the other was first
        except AdapterError:
            break  # the store is what the rig breaks too
    store.close()
    return done
