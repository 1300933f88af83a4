"""Faults of clocks, of settings, of parties and of operators."""

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
from chaos.ledger import Line, Saw
from chaos.parties import BEHIND_HTTP, KALIX, KALIX_NEW, ON_THE_BUS, SEND_BY_HTTP, SLOW
from chaos.servers import eventually
from chaos.stage import Stage

_PORT_SECONDS = 5
_RELOAD_SECONDS = 60  # longer than a worker can be frozen


def jump_clock(stage: Stage, chance: Random) -> bool:
    """Make one worker's clock fast or slow for a while."""
    victim = chance.choice(stage.fleet.workers)
    offset = chance.choice((-1, 1)) * chance.uniform(0.3, 1) * stage.plan.clock_jump
    happened = victim.order(f"clock {offset:.1f}")
    stage.rest(chance.uniform(*stage.plan.away))
    victim.order("clock 0")
    return happened


def move_mailbox(stage: Stage, _: Random) -> bool:
    """Change the settings so that one mailbox replaces another; next time the reverse."""
    moved = stage.fleet.moved
    successor, gone = (KALIX_NEW, KALIX) if moved != KALIX.endpoint else (KALIX, KALIX_NEW)
    line = Line(what=Saw.MOVED, who=successor.endpoint, to=(gone.endpoint,))
    stage.ledger.write(line)
    lives = [victim.lives for victim in stage.fleet.everybody]
    stage.fleet.reload(gone.endpoint)
    new = zip(stage.fleet.everybody, lives, strict=True)
    return all(eventually(partial(v.lives_since, n), _RELOAD_SECONDS) for v, n in new)


def party_away(stage: Stage, chance: Random) -> bool:
    """Take a party away: it does not read its queue, or does not listen on its port."""
    party = chance.choice((*ON_THE_BUS, *(p for p in BEHIND_HTTP if p not in SEND_BY_HTTP)))
    seconds = chance.uniform(*stage.plan.away)
    if party in ON_THE_BUS:
        stage.bus_parties[party.endpoint].away(seconds)
        stage.rest(seconds)
        return True
    http_party = stage.http_parties[party.endpoint]
    http_party.shut()
    stage.rest(seconds)
    return eventually(http_party.try_open, _PORT_SECONDS)


def slow_party(stage: Stage, chance: Random) -> bool:
    """Make a party take minutes for each response (seconds in a short run)."""
    http_party = stage.http_parties[SLOW.endpoint]
    before = http_party.slow_answers
    http_party.slowly = stage.plan.slow_answer
    stage.rest(stage.plan.slow_answer * chance.uniform(0.3, 1))
    http_party.slowly = 0.0
    return http_party.slow_answers > before


def two_operators(stage: Stage, _: Random) -> bool:
    """Let two operators replay the same dead deliveries at the same moment."""
    try:
        dead = _dead(stage)
    except AdapterError:
        return False
    with ThreadPoolExecutor(2) as operators:
        done = operators.map(partial(_replay, stage, dead), ("a", "b"))
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
    """Replay the dead deliveries as one operator; return how many succeeded."""
    store, done = Store(stage.region.store, most=1), 0
    network = Network(settings=stage.region.settings(0, stage.fleet.moved), systems=mappings.load())
    for id_ in dead:
        try:
            with store.begin() as tx:
                now = datetime.now(UTC)
                replay.replay_unchecked(tx, network, id_, who=who, reason="the rig", now=now)
            done += 1
        except FatalError:
            continue  # the other operator was first
        except AdapterError:
            break  # the rig may break the store at the same time
    store.close()
    return done
