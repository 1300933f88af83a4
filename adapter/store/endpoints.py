"""What is known of endpoints besides their settings: pauses, the circuit, tokens, keys."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from adapter.pacing import Pace
from adapter.store.inbox import insert_ignore
from adapter.store.tables import endpoint, secret, sender, token
from adapter.store.transaction import Transaction

PATIENT = "patient"  # the key of the patients' pseudonyms
CIRCUIT_OPENS_AFTER = 5  # failures in a row at the wire


def register(tx: Transaction, names: Iterable[str]) -> None:
    """Prepare a store: a row for each endpoint (and "", for senders nobody knows), and its key."""
    rows = [{"name": name} for name in sorted({"", *names})]
    for table in (endpoint, sender):
        tx.execute(insert_ignore(tx, table), rows)
    key_row = {"name": PATIENT, "value": secrets.token_bytes(32)}
    tx.execute(insert_ignore(tx, secret), [key_row])


def all_states(tx: Transaction) -> dict[str, sa.RowMapping]:
    """Every endpoint's row by name."""
    return {row["name"]: row for row in tx.execute(sa.select(endpoint)).mappings()}


def pause(tx: Transaction, name: str, who: str, why: str, now: datetime) -> bool:
    """Hold what is to be sent there; False when it is unknown."""
    return _update(tx, name, paused_at=now, paused_by=who, paused_why=why)


def resume(tx: Transaction, name: str) -> bool:
    """Let it go again, at once: also the circuit is closed. False when it is unknown."""
    quiet = {"paused_at": None, "paused_by": "", "paused_why": ""}
    return _update(tx, name, failures=0, open_until=None, **quiet)


def worked(tx: Transaction, name: str) -> bool:
    """The far side answered. True when this closes its circuit."""
    query = sa.select(endpoint.c.failures, endpoint.c.open_until).where(endpoint.c.name == name)
    row = tx.execute(query).one_or_none()
    if row is None or not row.failures:
        return False
    _update(tx, name, failures=0, open_until=None)
    return row.open_until is not None


def failed(tx: Transaction, name: str, now: datetime, probe_after: timedelta) -> bool:
    """The far side was not there. True when this failure opens the circuit."""
    query = sa.select(endpoint.c.failures).where(endpoint.c.name == name).with_for_update()
    failures = (tx.execute(query).scalar_one_or_none() or 0) + 1
    opens = failures >= CIRCUIT_OPENS_AFTER
    _update(tx, name, failures=failures, open_until=now + probe_after if opens else None)
    return failures == CIRCUIT_OPENS_AFTER


def probing(tx: Transaction, name: str, now: datetime, probe_after: timedelta) -> bool:
    """Whether the circuit is open, and the one probe is now ours."""
    mine = sa.and_(endpoint.c.name == name, endpoint.c.open_until.is_not(None))
    probe = sa.update(endpoint).where(mine).values(open_until=now + probe_after)
    return tx.execute(probe).rowcount > 0


def allowed(tx: Transaction, name: str, pace: Pace, now: datetime) -> int:
    """How many may go there now. Its row is ours until the end: nobody else lets any go."""
    return pace.allowed(_paced(tx, name), now)


def paced(tx: Transaction, name: str, pace: Pace, sent: int, now: datetime) -> None:
    """So many go now."""
    if sent:
        _update(tx, name, paced_until=pace.after(_paced(tx, name), sent, now))


def _paced(tx: Transaction, name: str) -> datetime | None:
    query = sa.select(endpoint.c.paced_until).where(endpoint.c.name == name)
    return tx.execute(query.with_for_update()).scalar_one_or_none()


def _update(tx: Transaction, name: str, **values: Any) -> bool:
    done = tx.execute(sa.update(endpoint).where(endpoint.c.name == name).values(**values))
    return done.rowcount > 0


def new_token(tx: Transaction, name: str, now: datetime) -> str:
    """A bearer token for an endpoint; only its digest is kept. The two newest are valid."""
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


def endpoint_of_token(tx: Transaction, value: str) -> str:
    """The endpoint that a bearer token belongs to, or "".

    The look-up is by digest, so that its time tells nothing of the token; the comparison that
    follows takes constant time.
    """
    wanted = digest(value)
    query = sa.select(token.c.endpoint, token.c.digest).where(token.c.digest == wanted)
    row = tx.execute(query).one_or_none()
    return row.endpoint if row and hmac.compare_digest(row.digest, wanted) else ""


def digest(value: str) -> str:
    """SHA-256 in hex: tokens are 256 random bits, so that no salt is needed."""
    return hashlib.sha256(value.encode()).hexdigest()


_keys: WeakKeyDictionary[sa.Engine, dict[str, bytes]] = WeakKeyDictionary()


def key(tx: Transaction, name: str) -> bytes:
    """A random key of this store, made when it was first prepared; read once a process."""
    known = _keys.setdefault(tx.engine, {})
    if name not in known:
        query = sa.select(secret.c.value).where(secret.c.name == name)
        known[name] = bytes(tx.execute(query).scalar_one())
    return known[name]
