"""Cases: one care episode each, found by any of its names (vårdtillfälle, ärende)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.store.inbox import insert_ignore, new_id
from adapter.store.tables import alias, case


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case's row, locked. `facts` is the JSON text of what sharing knows."""

    id: str
    name: str
    orders: int
    flagged: bool
    protected: bool
    facts: str


_FIELDS = (case.c.id, case.c.name, case.c.orders, case.c.flagged, case.c.protected, case.c.facts)

_BY_NAMES = (
    sa.select(alias.c.name.label("known_as"), *_FIELDS)
    .join(case, case.c.id == alias.c.case_id)
    .where(alias.c.name.in_(sa.bindparam("names", expanding=True)))
    .order_by(case.c.id)
    .with_for_update(of=case)
)


def pseudonym(key: bytes, identity: str) -> str:
    """A keyed hash, so that one patient's cases can be found without the number."""
    return hmac.new(key, identity.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A case, and which of the names that were asked for it goes by already."""

    case: Case
    names: frozenset[str] = frozenset()


def find(tx: sa.Connection, names: Sequence[str], patient: str) -> Found | None:
    """The case of the first name that is known; without names, the patient's only open case."""
    if not names:
        id_ = _only_open(tx, patient)
        return Found(case=lock(tx, id_)) if id_ else None
    rows = tx.execute(_BY_NAMES, {"names": list(names)}).mappings().all()
    first = next((r for name in names for r in rows if r["known_as"] == name), None)
    if first is None:
        return None
    case_ = Case(**{column.name: first[column.name] for column in _FIELDS})
    return Found(case=case_, names=frozenset(r["known_as"] for r in rows if r["id"] == case_.id))


def lock(tx: sa.Connection, id_: str) -> Case:
    """The case's row, for this transaction alone: it hands out the order numbers."""
    query = sa.select(*_FIELDS).where(case.c.id == id_).with_for_update()
    return Case(**tx.execute(query).mappings().one())


def _by_name(tx: sa.Connection, names: Sequence[str]) -> str | None:
    query = sa.select(alias.c.name, alias.c.case_id).where(alias.c.name.in_(names))
    known = {row.name: row.case_id for row in tx.execute(query)}
    return next((known[name] for name in names if name in known), None)


def _only_open(tx: sa.Connection, patient: str) -> str | None:
    query = sa.select(case.c.id).where(case.c.patient == patient, case.c.closed_at.is_(None))
    ids = list(tx.execute(query.limit(2)).scalars()) if patient else []
    return ids[0] if len(ids) == 1 else None


def open_(
    tx: sa.Connection, names: Sequence[str], patient: str, now: datetime, **values: Any
) -> Case:
    """A new case with these names; without any it is flagged, since it may belong to another."""
    id_ = new_id("c")
    row = {"id": id_, "name": next(iter(names), ""), "patient": patient, "opened_at": now}
    tx.execute(sa.insert(case), [row | {"flagged": not names} | values])
    call(tx, id_, names)
    return lock(tx, _winner(tx, names, id_))


def _winner(tx: sa.Connection, names: Sequence[str], id_: str) -> str:
    """Two senders may open the same case at once: who wrote its name first has opened it."""
    first = _by_name(tx, names)
    if first is None or first == id_:
        return id_
    tx.execute(sa.delete(case).where(case.c.id == id_))
    return first


def call(tx: sa.Connection, id_: str, names: Sequence[str]) -> None:
    """Let a case go by these names too; a name that another case has stays with that one."""
    rows = [{"name": name, "case_id": id_} for name in dict.fromkeys(names)]
    if rows:
        tx.execute(insert_ignore(tx, alias), rows)


def save(tx: sa.Connection, id_: str, **values: Any) -> None:
    """Write what a message changed."""
    tx.execute(sa.update(case).where(case.c.id == id_).values(**values))


def by_any_id(tx: sa.Connection, text: str) -> str | None:
    """The case's id, given that id or any of its names."""
    query = sa.select(case.c.id).where(case.c.id == text)
    return tx.execute(query).scalar_one_or_none() or _by_name(tx, [text])
