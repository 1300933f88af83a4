"""Cases: one care episode each, looked up by any of its names (vårdtillfälle, ärende)."""

from __future__ import annotations

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
    """The locked row of a case. `facts` is the JSON text that adapter.policy.plans writes."""

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
    *("patient", "orders", "flagged", "protected", "facts", "closed_at", "shared_at"),
    *("admitted_at", "discharged_at", "outward"),
)
_FIELDS = (case.c.id, case.c.name, *(case.c[name] for name in _CHANGED))
_ALIASES = sa.select(alias.c.name, alias.c.case_id).where(among(alias.c.name, "names"))
_BY_IDS = sa.select(*_FIELDS).where(among(case.c.id, "ids")).order_by(case.c.id).with_for_update()
_OPEN, _ALIAS = Insert(case), Insert(alias)
_SAVE = Update(case, ("id",))
_MOVE = Update(alias, ("name",))
_KEPT = Prefetch[str, Case](table=case, keys=lambda row: [row["id"]])
"""Locked cases by id."""
_NAMES = Prefetch[str, str](table=alias, keys=lambda row: [row["name"]])
"""Ids of cases by name; "" for a name that no case has."""


def pseudonym(key: bytes, identity: str) -> str:
    """Return a keyed hash of an identity: cases are looked up by it, not by the number."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


def ids_of(tx: Transaction, names: Sequence[str]) -> dict[str, str]:
    """Return the case of each name, "" for a name that no case has; the cases are locked."""
    prefetch(tx, names)
    return {name: tx.kept(_NAMES)[name] for name in names}


def known(tx: Transaction, names: Iterable[str]) -> list[str]:
    """Return the ids of the cases with these names. They are not locked yet."""
    by_name = tx.kept(_NAMES)
    wanted = list(dict.fromkeys(names))
    asked = [name for name in wanted if name not in by_name]
    if asked:
        rows = {row.name: row.case_id for row in tx.execute(_ALIASES, {"names": asked})}
        for name in asked:
            by_name[name] = rows.get(name, "")
    return list(dict.fromkeys(by_name[name] for name in wanted if by_name[name]))


def prefetch(tx: Transaction, names: Iterable[str], ids: Iterable[str] = ()) -> None:
    """Lock many cases at once, by names and by ids, always in the order of their ids."""
    locked = tx.kept(_KEPT)
    wanted = [id_ for id_ in dict.fromkeys([*ids, *known(tx, names)]) if id_ not in locked]
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


def open_of_patients(
    tx: Transaction, patients: Sequence[str], since: datetime | None = None
) -> list[Case]:
    """Return the open cases of a patient, locked, by any of these pseudonyms.

    With `since`, cases that were closed after that time count too.
    """
    if not patients:
        return []
    is_open = case.c.closed_at.is_(None)
    recent = sa.or_(is_open, case.c.closed_at > since) if since else is_open
    query = sa.select(case.c.id).where(case.c.patient.in_(patients), recent).order_by(case.c.id)
    ids = list(tx.execute(query).scalars())
    prefetch(tx, (), ids)
    return [lock(tx, id_) for id_ in ids]


def open_case(tx: Transaction, names: Sequence[str], patient: str, now: datetime) -> Case:
    """Open a case with these names; the first is its own.

    Two senders may open the same case at once. The first that writes its name opens it. The
    other transaction ends with RowRefusedError; its second try finds the case.
    """
    opened = Case(
        id=new_id(Record.CASE),
        name=names[0],
        patient=patient,
        orders=0,
        flagged=False,
        protected=False,
        facts="",
        closed_at=None,
        shared_at=None,
    )
    row = {"id": opened.id, "name": opened.name, "patient": patient, "opened_at": now}
    tx.later(_OPEN, row)
    tx.kept(_KEPT)[opened.id] = opened
    add_names(tx, opened.id, names)
    return opened


def open_unnamed(tx: Transaction, organization: str, patient: str, now: datetime) -> Case:
    """Open a case for a message without a case's name. It gets a name of the sender's, flagged."""
    opened = open_case(tx, [f"{organization}/{new_id(Record.CASE)}"], patient, now)
    save(tx, opened.id, flagged=True)
    return lock(tx, opened.id)


def move_names(tx: Transaction, names: Iterable[str], id_: str) -> None:
    """Give the names of an older case to another one: a visit number that is used again."""
    known = ids_of(tx, list(names))
    add_names(tx, id_, [name for name, case_id in known.items() if not case_id])
    for name in (name for name, case_id in known.items() if case_id):
        tx.later(_MOVE, {"name": name, "case_id": id_})
        tx.kept(_NAMES)[name] = id_


def add_names(tx: Transaction, id_: str, names: Iterable[str]) -> None:
    """Add names to a case. No case may have any of these names yet."""
    for name in dict.fromkeys(names):
        visit = name.partition("/")[2] or name
        tx.later(_ALIAS, {"name": name, "case_id": id_, "visit": visit})
        tx.kept(_NAMES)[name] = id_


def save(tx: Transaction, id_: str, **values: Any) -> None:
    """Write changed columns of a case."""
    changed = replace(lock(tx, id_), **values)
    tx.later(_SAVE, {"id": id_} | {name: getattr(changed, name) for name in _CHANGED})
    tx.kept(_KEPT)[id_] = changed


def patient_of(tx: Transaction, id_: str) -> str:
    """Return the pseudonym of a case's patient, without a lock; "" for none."""
    query = sa.select(case.c.patient).where(case.c.id == id_)
    return tx.execute(query).scalar_one_or_none() or ""


def by_any_id(tx: Transaction, text: str) -> str | None:
    """Return a case's id, given that id or any of its names."""
    query = sa.select(case.c.id).where(case.c.id == text)
    return tx.execute(query).scalar_one_or_none() or _by_name(tx, text)
