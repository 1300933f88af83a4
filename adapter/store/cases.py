"""Cases: one care episode each, looked up by any of its names (vårdtillfälle, ärende)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.record_ids import Record, new_id
from adapter.store.bulk_write import Insert, Update
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import alias, case
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The locked row of a case. `facts` is JSON text of adapter.policy.sharing.Facts."""

    id: str
    name: str
    patient: str
    orders: int
    flagged: bool
    protected: bool
    facts: str
    closed_at: datetime | None
    shared_at: datetime | None
    admitted_at: datetime | None = None
    discharged_at: datetime | None = None
    outward: str = ""  # the neutral name under which it leaves; "": its own name


_CHANGED = (
    *("orders", "flagged", "protected", "facts", "closed_at", "shared_at"),
    *("admitted_at", "discharged_at", "outward"),
)
_FIELDS = (case.c.id, case.c.name, case.c.patient, *(case.c[name] for name in _CHANGED))
_ALIASES = sa.select(alias.c.name, alias.c.case_id).where(among(alias.c.name, "names"))
_BY_IDS = sa.select(*_FIELDS).where(among(case.c.id, "ids")).order_by(case.c.id).with_for_update()
_OPEN, _ALIAS = Insert(case), Insert(alias)
_SAVE = Update(case, ("id",))
_KEPT = Prefetch[str, Case](table=case, keys=lambda row: [row["id"]])
"""Locked cases by id."""
_NAMES = Prefetch[str, str](table=alias, keys=lambda row: [row["name"]])
"""Ids of cases by name; "" for a name that no case has."""


def pseudonym(key: bytes, identity: str) -> str:
    """Return a keyed hash of an identity: cases are looked up by it, not by the number."""
    return hmac.new(key, identity.encode(), hashlib.sha256).hexdigest()


def is_other_patient(case_: Case, patients: Sequence[str]) -> bool:
    """Whether these pseudonyms belong to another patient than that of the case."""
    return bool(case_.patient and patients) and case_.patient not in patients


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A case, and which of the requested names belong to a case already."""

    case: Case
    names: frozenset[str] = frozenset()


def find(tx: Transaction, names: Sequence[str], patient: str) -> Match | None:
    """Return the case of the first known name; without names, the patient's only open case."""
    if not names:
        id_ = _only_open(tx, patient)
        return Match(case=lock(tx, id_)) if id_ else None
    prefetch(tx, names)
    ids = {name: tx.kept(_NAMES)[name] for name in names}
    known = {name: id_ for name, id_ in ids.items() if id_}
    first = next(iter(known.values()), "")
    return Match(case=lock(tx, first), names=frozenset(known)) if first else None


def prefetch(tx: Transaction, names: Iterable[str], ids: Iterable[str] = ()) -> None:
    """Lock many cases at once, by names and by ids, always in the order of their ids."""
    by_name = tx.kept(_NAMES)
    asked = [name for name in dict.fromkeys(names) if name not in by_name]
    if asked:
        known = {row.name: row.case_id for row in tx.execute(_ALIASES, {"names": asked})}
        for name in asked:
            by_name[name] = known.get(name, "")
        ids = [*ids, *known.values()]
    locked = tx.kept(_KEPT)
    wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in locked]
    if wanted:
        for row in tx.execute(_BY_IDS, {"ids": wanted}).mappings():
            locked[row["id"]] = Case(**row)


def lock(tx: Transaction, id_: str) -> Case:
    """Return a case with its row locked: the row hands out the order numbers."""
    if id_ not in tx.kept(_KEPT):
        prefetch(tx, (), [id_])
    return tx.kept(_KEPT)[id_]


def _by_name(tx: Transaction, name: str) -> str | None:
    return tx.execute(sa.select(alias.c.case_id).where(alias.c.name == name)).scalar_one_or_none()


def _only_open(tx: Transaction, patient: str) -> str | None:
    query = sa.select(case.c.id).where(case.c.patient == patient, case.c.closed_at.is_(None))
    ids = list(tx.execute(query.limit(2)).scalars()) if patient else []
    return ids[0] if len(ids) == 1 else None


def find_or_open(tx: Transaction, names: Sequence[str], patient: str, now: datetime) -> Case:
    """Return the case of these names or of this patient; open a new case if there is none.

    A known case also gets those of the names that no case has.
    """
    match = find(tx, names, patient)
    if match is None:
        return open_case(tx, names, patient, now)
    add_names(tx, match.case.id, [name for name in names if name not in match.names])
    return match.case


def open_case(tx: Transaction, names: Sequence[str], patient: str, now: datetime) -> Case:
    """Open a case with these names. A case without names is flagged: it may belong to another.

    Two senders may open the same case at once. The first that writes its name opens it. The
    other transaction ends with RowRefusedError; its second try finds the case.
    """
    opened = Case(
        id=new_id(Record.CASE),
        name=next(iter(names), ""),
        patient=patient,
        orders=0,
        flagged=not names,
        protected=False,
        facts="",
        closed_at=None,
        shared_at=None,
    )
    row = {"id": opened.id, "name": opened.name, "patient": patient, "opened_at": now}
    tx.later(_OPEN, row | {"flagged": opened.flagged})
    tx.kept(_KEPT)[opened.id] = opened
    add_names(tx, opened.id, names)
    return opened


def add_names(tx: Transaction, id_: str, names: Iterable[str]) -> None:
    """Add names to a case. No case may have any of these names yet."""
    for name in dict.fromkeys(names):
        tx.later(_ALIAS, {"name": name, "case_id": id_})
        tx.kept(_NAMES)[name] = id_


def save(tx: Transaction, id_: str, **values: Any) -> None:
    """Write changed columns of a case."""
    changed = replace(lock(tx, id_), **values)
    tx.later(_SAVE, {"id": id_} | {name: getattr(changed, name) for name in _CHANGED})
    tx.kept(_KEPT)[id_] = changed


def by_any_id(tx: Transaction, text: str) -> str | None:
    """Return a case's id, given that id or any of its names."""
    query = sa.select(case.c.id).where(case.c.id == text)
    return tx.execute(query).scalar_one_or_none() or _by_name(tx, text)
