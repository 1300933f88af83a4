"""The operator's queries (`case`, `dead`, `messages --endpoint`) with many messages stored.

The rows are those that journeys leave: each message has a body as received, a delivery with the
bytes that went out, an attempt, two receipts and its lines of history; ten messages to a case,
whose rows lie far apart; one delivery in a thousand is dead. PostgreSQL writes them itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapter.bench.arena import Arena
from adapter.bench.copybook import Copybook
from adapter.bench.network import RECEIVERS, SENDERS, Servers
from adapter.store import Store, queries
from adapter.store.queries import dead, search
from adapter.store.queries.search import Search

CASE = 10  # messages of one
_PART = 50_000
_TIMES = 20
_ENDPOINTS = (*SENDERS, *RECEIVERS)

# %(first)s and %(last)s bound the part that is written; `n` is a message, `c` its case.
_NUMBERS = """
with numbers as (
    select n, mod(n, %(cases)s::int) as c, now() - (%(last)s::int - n) * interval '1 second' as at,
        (array['planning', 'journal'])[1 + mod(n, 2)] as sender,
        (array['lulea', 'umea'])[1 + mod(n, 2)] as receiver
    from generate_series(%(first)s::int, %(last)s::int) as n
)
"""
_MESSAGES = """
insert into message (id, endpoint, received_at, body, content_type, fingerprint, claimed_id,
    claimed_event, event, content_id, envelope_id, case_id, recorded, standing, receipt_code)
select 'm-bench-' || n, sender, at, %(body)s, 'application/fhir+json',
    md5(n::text) || md5(n::text), 'e-bench-' || n, 'message', 'message', 'bench-' || n,
    'e-bench-' || n, 'c-bench-' || c, at::text,
    case when mod(n, 10000) = 0 then 'dead' else 'processed' end, 'ok'
from numbers
"""
_DELIVERIES = """
insert into delivery (id, message_id, endpoint, event, case_id, order_key, order_no, state,
    content_id, envelope_id, content_type, body, done_when, attempt, created_at, expires_at,
    sent_at, closed_at, code)
select 'd-bench-' || n, 'm-bench-' || n, receiver, 'message', 'c-bench-' || c,
    receiver || ' c-bench-' || c, n, case when mod(n, 1000) = 0 then 'dead' else 'confirmed' end,
    'bench-' || n, 'e-bench-' || n, 'application/fhir+json', %(body)s, 'accepted', 1, at,
    at + interval '3 days', at, at, case when mod(n, 1000) = 0 then 'expired' else '' end
from numbers
"""
_ATTEMPTS = """
insert into attempt (delivery_id, number, why, started_at, finished_at)
select 'd-bench-' || n, 1, 'first', at, at from numbers
"""
_RECEIPTS = """
insert into receipt (delivery_id, layer, code, at)
select 'd-bench-' || n, layer, 'ok', at
from numbers, unnest(array['transport', 'application']) as layer
"""
_HISTORY = """
insert into history (at, case_id, message_id, delivery_id, endpoint, what)
select at, 'c-bench-' || c, 'm-bench-' || n, 'd-bench-' || n, receiver, 'receipt' from numbers
"""
_CASES = """
insert into care_case (id, name, patient, opened_at)
select 'c-bench-' || n, 'SE0000000001-SJUKHUS/bench-' || n, md5(n::text), now()
from generate_series(0, %(cases)s::int - 1) as n
"""
_ALIASES = """
insert into case_alias (name, case_id)
select 'SE0000000001-SJUKHUS/bench-' || n, 'c-bench-' || n
from generate_series(0, %(cases)s::int - 1) as n
"""
_ROWS = (_MESSAGES, _DELIVERIES, _ATTEMPTS, _RECEIPTS, _HISTORY)
_TABLES = ("message", "delivery", "attempt", "receipt", "history", "care_case", "case_alias")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one of the twenty times is about."""

    case: int
    endpoint: str


_Ask: TypeAlias = Callable[[Any, Turn], object]


def turns(cases: int) -> Iterator[Turn]:
    """Cases spread over all of them, and the endpoints one after the other.

    A step that 1,000 divides would find nothing but cases of dead deliveries of one sender.
    """
    for place in range(_TIMES):
        case = (place * cases // _TIMES + place) % cases
        yield Turn(case=case, endpoint=_ENDPOINTS[place % len(_ENDPOINTS)])


def measure(arena: Arena) -> Iterator[dict[str, float]]:
    """Milliseconds of the slowest of twenty, by the name of the command; without Python's start.

    After each command those so far: what breaks later leaves them.
    """
    cases = fill(arena.store, arena.sizes.stored, _body(arena), arena.say)
    found: dict[str, float] = {}
    for name, ask in _QUESTIONS.items():
        found[name] = _asked(arena, ask, cases)
        arena.say(f"queries: {name} {found[name]:.0f} ms")
        yield found


def _body(arena: Arena) -> bytes:
    """A real message: how far it compresses decides how many rows a page has."""
    sender, *_ = arena.servers.parties(SENDERS)
    whom = [party.who for party in arena.servers.parties(RECEIVERS)]
    return Copybook(sender.who, whom, len(SENDERS)).example


def fill(store: Store, total: int, body: bytes, say: Callable[[str], None]) -> int:
    """Write what `total` messages leave behind, and let PostgreSQL look at it; how many cases."""
    cases = max(1, total // CASE)
    _write(store, (_CASES, _ALIASES), {"cases": cases})
    for first in range(1, total + 1, _PART):
        last = min(first + _PART - 1, total)
        part = {"first": first, "last": last, "cases": cases, "body": body}
        _write(store, [_NUMBERS + each for each in _ROWS], part)
        say(f"queries: {last} of {total} messages stored")
    _write(store, [f"analyze {table}" for table in _TABLES], {})
    return cases


def _write(store: Store, statements: Iterable[str], values: dict[str, Any]) -> None:
    with store.begin() as tx:
        for statement in statements:
            tx.connection.exec_driver_sql(statement, values)


def _asked(arena: Arena, ask: _Ask, cases: int) -> float:
    forget(arena.store, arena.servers)
    return _slowest(arena.store, ask, cases)


def forget(store: Store, servers: Servers) -> None:
    """Let a PostgreSQL of our own forget what it has in memory; the kernel still remembers.

    After a checkpoint it has nothing to recover, and so it reads nothing before it is asked.
    """
    if servers.restart_store is None:
        return
    with store.begin() as tx:
        tx.connection.exec_driver_sql("checkpoint")
    store.close()
    servers.restart_store()


def _slowest(store: Store, ask: _Ask, cases: int) -> float:
    return max(_timed(store, ask, turn) for turn in turns(cases))


def _timed(store: Store, ask: _Ask, turn: Turn) -> float:
    began = time.perf_counter()
    with store.read() as tx:
        ask(tx, turn)
    return (time.perf_counter() - began) * 1000


def _case(tx: Any, turn: Turn) -> object:
    return queries.case_view(tx, f"SE0000000001-SJUKHUS/bench-{turn.case}")


def _dead(tx: Any, _turn: Turn) -> object:
    return dead.dead_letters(tx)


def _messages(tx: Any, turn: Turn) -> object:
    found = search.messages(tx, Search(endpoint=turn.endpoint), 50)
    return queries.deliveries_of(tx, [m.id for m in found.messages])


_QUESTIONS: dict[str, _Ask] = {"case": _case, "dead": _dead, "messages": _messages}
