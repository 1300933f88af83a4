"""Times of the operator's queries (`case`, `dead`, `messages --endpoint`) with many messages.

The rows are those that journeys leave. Each message has the body as received, a delivery with the
bytes sent, an attempt, two receipts and its history. A case has ten messages, whose rows lie far
apart. One delivery in a thousand is dead. PostgreSQL generates the rows itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from adapter.bench.measured_network import RECEIVERS, SENDERS, Servers
from adapter.bench.measurement_setup import MeasurementSetup
from adapter.bench.message_templates import MessageTemplates
from adapter.store import Store, queries
from adapter.store.queries import dead, search
from adapter.store.queries.search import Search

CASE_MESSAGES = 10
_PART = 50_000  # messages written at a time
_TIMES = 20  # that each query runs
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
    """The case and the endpoint of one run of a query."""

    case: int
    endpoint: str


_Query: TypeAlias = Callable[[Any, Turn], object]


def turns(cases: int) -> Iterator[Turn]:
    """Yield cases spread over all of them, and the endpoints in turn.

    A step that 1,000 divides would give only cases with dead deliveries of one sender.
    """
    for place in range(_TIMES):
        case = (place * cases // _TIMES + place) % cases
        yield Turn(case=case, endpoint=_ENDPOINTS[place % len(_ENDPOINTS)])


def measure(setup: MeasurementSetup) -> Iterator[dict[str, float]]:
    """Yield milliseconds of the slowest of twenty runs by command, without the start of Python.

    It yields after each command: a later error does not lose the times so far.
    """
    cases = fill(setup.store, setup.sizes.stored, _body(setup), setup.say)
    slowest: dict[str, float] = {}
    for name, query in _QUERIES.items():
        slowest[name] = _measured(setup, query, cases)
        setup.say(f"queries: {name} {slowest[name]:.0f} ms")
        yield slowest


def _body(setup: MeasurementSetup) -> bytes:
    """Return a real message: its compressed size decides how many rows a page has."""
    sender, *_ = setup.servers.parties(SENDERS)
    receivers = [party.organisation for party in setup.servers.parties(RECEIVERS)]
    return MessageTemplates(sender.organisation, receivers, len(SENDERS)).example


def fill(store: Store, total: int, body: bytes, say: Callable[[str], None]) -> int:
    """Write the rows of `total` messages, analyse the tables, and return the number of cases."""
    cases = max(1, total // CASE_MESSAGES)
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


def _measured(setup: MeasurementSetup, query: _Query, cases: int) -> float:
    empty_cache(setup.store, setup.servers)
    return _slowest(setup.store, query, cases)


def empty_cache(store: Store, servers: Servers) -> None:
    """Restart a PostgreSQL that the bench started, to empty its cache; the kernel keeps its own.

    After a checkpoint it has nothing to recover, and so reads no pages before the first query.
    """
    if servers.restart_store is None:
        return
    with store.begin() as tx:
        tx.connection.exec_driver_sql("checkpoint")
    store.close()
    servers.restart_store()


def _slowest(store: Store, query: _Query, cases: int) -> float:
    return max(_timed(store, query, turn) for turn in turns(cases))


def _timed(store: Store, query: _Query, turn: Turn) -> float:
    began = time.perf_counter()
    with store.read() as tx:
        query(tx, turn)
    return (time.perf_counter() - began) * 1000


def _case(tx: Any, turn: Turn) -> object:
    return queries.case_view(tx, f"SE0000000001-SJUKHUS/bench-{turn.case}")


def _dead(tx: Any, _turn: Turn) -> object:
    return dead.dead_letters(tx)


def _messages(tx: Any, turn: Turn) -> object:
    page = search.messages(tx, Search(endpoint=turn.endpoint), 50)
    return queries.deliveries_of(tx, [m.id for m in page.messages])


_QUERIES: dict[str, _Query] = {"case": _case, "dead": _dead, "messages": _messages}
