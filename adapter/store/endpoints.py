"""What the store keeps about endpoints: pauses, circuits, rates and tokens; and the keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from adapter.core.rate_limit import RateLimit
from adapter.store import timers
from adapter.store.bulk_write import InsertNew
from adapter.store.columns import Instant
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import endpoint, secret, sender, token
from adapter.store.transaction import Transaction

PATIENT = "patient"  # the name of the key for patients' pseudonyms
CIRCUIT_OPENS_AFTER = 5  # failures in a row at the wire


def register(tx: Transaction, names: Iterable[str]) -> None:
    """Add a row for each endpoint, one for unidentified senders (""), and the store's key."""
    for name in sorted({"", *names}):
        tx.later(_ENDPOINT, {"name": name})
        tx.later(_SENDER, {"name": name})
    tx.later(_SECRET, {"name": PATIENT, "value": secrets.token_bytes(32)})


_ENDPOINT, _SENDER, _SECRET = InsertNew(endpoint), InsertNew(sender), InsertNew(secret)


def pause(
    tx: Transaction, name: str, who: str, why: str, now: datetime, until: datetime | None = None
) -> bool:
    """Stop sending to an endpoint, until a time or until `resume`; False when it is unknown."""
    return _update(tx, name, paused_at=now, paused_by=who, paused_why=why, paused_until=until)


_NOT_PAUSED: dict[str, Any] = {
    "paused_at": None,
    "paused_by": "",
    "paused_why": "",
    "paused_until": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause until a time."""

    endpoint: str
    by: str
    why: str
    until: datetime


def end_pauses(tx: Transaction, now: datetime) -> list[Pause]:
    """End the pauses whose time is over, and nothing else; return them. Their rows are locked."""
    over = [
        Pause(endpoint=row.name, by=row.paused_by, why=row.paused_why, until=row.paused_until)
        for row in tx.execute(_OVER, {"now_": now})
    ]
    for each in over:
        _update(tx, each.endpoint, **_NOT_PAUSED)
    return over


_OVER = (
    sa.select(endpoint.c.name, endpoint.c.paused_by, endpoint.c.paused_why, endpoint.c.paused_until)
    .where(endpoint.c.paused_until <= sa.bindparam("now_", type_=Instant))
    .order_by(endpoint.c.name)
    .with_for_update()
)


def resume(tx: Transaction, name: str, now: datetime) -> bool:
    """Send to an endpoint again, at once: also close its circuit and end a wait it asked for.

    Deliveries that wait for a later attempt become due. False when the endpoint is unknown.
    """
    asked = endpoint.c.paced_until > now
    paced = sa.case((asked, sa.bindparam("now_", now, Instant)), else_=endpoint.c.paced_until)
    known = _update(tx, name, failures=0, open_until=None, paced_until=paced, **_NOT_PAUSED)
    timers.wake(tx, name, now)  # same lock order as after a successful probe
    return known


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """The circuit of an endpoint: failures in a row, and until when it is open."""

    failures: int = 0
    open_until: datetime | None = None


_CIRCUITS = Prefetch[str, Circuit](
    table=endpoint, keys=lambda row: [row["name"]], parameter="name_"
)
"""Circuits by endpoint: locked rows of those that have failed; the others are closed."""


def prefetch(tx: Transaction, answered: Collection[str], *, failed: Collection[str]) -> None:
    """Lock the rows that `worked` and `failed` will change, always in the order of the names."""
    names = sorted({*answered, *failed})
    circuits = tx.kept(_CIRCUITS)
    for name in names:
        circuits[name] = Circuit()
    for row in tx.execute(_FAILING, {"names_": names, "failed_": sorted(failed)}):
        circuits[row.name] = Circuit(failures=row.failures, open_until=row.open_until)


_FAILING = (
    sa.select(endpoint.c.name, endpoint.c.failures, endpoint.c.open_until)
    .where(
        among(endpoint.c.name, "names_"),
        sa.or_(endpoint.c.failures > 0, among(endpoint.c.name, "failed_")),
    )
    .order_by(endpoint.c.name)
    .with_for_update()
)


def worked(tx: Transaction, name: str) -> bool:
    """Record that the far side responded. True when this closes its circuit."""
    before = _circuit(tx, name)
    if before.failures:
        _change(tx, name, Circuit())
    return before.open_until is not None


def failed(tx: Transaction, name: str, probe_at: datetime) -> bool:
    """Record that the far side was not reached. True when this failure opens its circuit."""
    failures = _circuit(tx, name).failures + 1
    until = probe_at if failures >= CIRCUIT_OPENS_AFTER else None
    _change(tx, name, Circuit(failures=failures, open_until=until))
    return failures == CIRCUIT_OPENS_AFTER


def _change(tx: Transaction, name: str, circuit: Circuit) -> None:
    _update(tx, name, failures=circuit.failures, open_until=circuit.open_until)
    tx.kept(_CIRCUITS)[name] = circuit


def next_probe(tx: Transaction, name: str) -> datetime | None:
    """Return when the next probe of an open circuit is due; None for a closed circuit."""
    return _circuit(tx, name).open_until


def _circuit(tx: Transaction, name: str) -> Circuit:
    if name not in tx.kept(_CIRCUITS):
        prefetch(tx, (), failed=(name,))
    return tx.kept(_CIRCUITS)[name]


def hold_off(tx: Transaction, name: str, until: datetime) -> bool:
    """Send nothing there before `until`, as the far side asked. False when that holds already."""
    paced, this = endpoint.c.paced_until, endpoint.c.name == sa.bindparam("name_")
    earlier = sa.and_(this, sa.or_(paced.is_(None), paced < until))
    asked = sa.update(endpoint).where(earlier).values(paced_until=until)
    return tx.execute(asked, {"name_": name}).rowcount > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred:
    """Endpoints to which not all due deliveries may be sent."""

    wholly: frozenset[str]  # paused, or the probe is not due, or another process sends it
    but_for_one: frozenset[str]  # the circuit is open, and its probe is due


def barred(tx: Transaction, names: Sequence[str], paced: Sequence[str], now: datetime) -> Barred:
    """Return which of these endpoints are paused or have an open circuit.

    Lock their rows, and the rows of `paced`, always in the order of the names.
    """
    rows = tx.execute(_BARRED, {"names_": names, "paced_": paced}).all()
    cut_off = {row.name for row in rows if row.open_until is not None}
    wholly = {row.name for row in rows if row.paused_at or (row.open_until or now) > now}
    return Barred(wholly=frozenset(wholly), but_for_one=frozenset(cut_off - wholly))


_BARRED = (
    sa.select(endpoint.c.name, endpoint.c.open_until, endpoint.c.paused_at)
    .where(
        among(endpoint.c.name, "names_"),
        sa.or_(
            endpoint.c.open_until.is_not(None),
            endpoint.c.paused_at.is_not(None),
            among(endpoint.c.name, "paced_"),
        ),
    )
    .order_by(endpoint.c.name)
    .with_for_update()
)


def probing(tx: Transaction, name: str, until: datetime) -> None:
    """Reserve the probe until then: no other process sends one."""
    _update(tx, name, open_until=until)


def allowed(tx: Transaction, name: str, pace: RateLimit, now: datetime) -> int:
    """Return how many may be sent there now; lock the row, so that no other process counts too."""
    return pace.allowed(_paced(tx, name), now)


def paced(tx: Transaction, name: str, pace: RateLimit, sent: int, now: datetime) -> None:
    """Record that so many are sent now."""
    if sent:
        _update(tx, name, paced_until=pace.after(_paced(tx, name), sent, now))


def _paced(tx: Transaction, name: str) -> datetime | None:
    query = sa.select(endpoint.c.paced_until).where(endpoint.c.name == name)
    return tx.execute(query.with_for_update()).scalar_one_or_none()


def _update(tx: Transaction, name: str, **values: Any) -> bool:
    this = sa.update(endpoint).where(endpoint.c.name == sa.bindparam("name_"))
    return tx.execute(this.values(**values), {"name_": name}).rowcount > 0


def new_token(tx: Transaction, name: str, now: datetime) -> str:
    """Return a new bearer token; only its digest is stored. The two newest are valid."""
    value = secrets.token_urlsafe(32)
    row = {"digest": digest(value), "endpoint": name, "created_at": now}
    tx.execute(sa.insert(token), [row])
    newest = (
        sa.select(token.c.digest)
        .where(token.c.endpoint == name)
        .order_by(token.c.created_at.desc(), token.c.digest)
        .limit(2)
    )
    kept = list(tx.execute(newest).scalars())
    tx.execute(sa.delete(token).where(token.c.endpoint == name, token.c.digest.not_in(kept)))
    return value


def valid_tokens(tx: Transaction, name: str) -> int:
    """Return how many bearer tokens of an endpoint are valid."""
    query = sa.select(sa.func.count()).where(token.c.endpoint == name)
    return int(tx.execute(query).scalar_one())


def endpoint_of_token(tx: Transaction, value: str) -> str:
    """Return the endpoint of a bearer token, or "".

    The look-up is by digest, so that its time reveals nothing about the token. The comparison
    takes constant time.
    """
    wanted = digest(value)
    query = sa.select(token.c.endpoint, token.c.digest).where(token.c.digest == wanted)
    row = tx.execute(query).one_or_none()
    return row.endpoint if row and hmac.compare_digest(row.digest, wanted) else ""


def digest(value: str) -> str:
    """Return SHA-256 in hex. A token has 256 random bits, so that no salt is needed."""
    return hashlib.sha256(value.encode()).hexdigest()


_keys: WeakKeyDictionary[sa.Engine, dict[str, bytes]] = WeakKeyDictionary()


def store_name(tx: Transaction) -> str:
    """Return the name of this store, the same in all its processes; "" before `register`."""
    value = tx.execute(sa.select(secret.c.value).where(secret.c.name == PATIENT)).scalar()
    return hmac.digest(bytes(value), b"store", "sha256").hex()[:12] if value else ""


def key(tx: Transaction, name: str) -> bytes:
    """Return a random key of this store, made by `register`; each process reads it once."""
    known = _keys.setdefault(tx.engine, {})
    if name not in known:
        query = sa.select(secret.c.value).where(secret.c.name == name)
        known[name] = bytes(tx.execute(query).scalar_one())
    return known[name]
