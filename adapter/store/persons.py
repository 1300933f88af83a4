"""Protection of persons: it holds in every case of a person, whoever owns the case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from adapter.store.bulk_write import Upsert
from adapter.store.dialects import among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import person
from adapter.store.transaction import Transaction

LEVELS = ("", "sekretessmarkering", "kvarskrivning", "skyddadFolkbokforing")
"""From none to the strongest; an unknown level counts as the strongest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """The protection of one identity of a person."""

    digest: str  # store.cases.pseudonym of the identity
    level: str  # "": lifted
    set_at: datetime
    set_by: str  # the message that said so
    lifted_at: datetime | None = None
    lifted_by: str = ""  # the message, or the person


_ROWS = Prefetch[str, Protection | None](table=person, keys=lambda row: [row["digest"]])
"""Protections by digest; None for a person without."""
_SAVE = Upsert(person, ("digest",))
_FIELDS = tuple(field.name for field in fields(Protection))
_THESE = sa.select(*(person.c[name] for name in _FIELDS)).where(among(person.c.digest, "digests"))


def prefetch(tx: Transaction, digests: Iterable[str]) -> None:
    """Read the protection of many persons in one query."""
    kept = tx.kept(_ROWS)
    asked = [digest for digest in dict.fromkeys(digests) if digest and digest not in kept]
    if asked:
        rows = {row["digest"]: row for row in tx.execute(_THESE, {"digests": asked}).mappings()}
        for digest in asked:
            kept[digest] = Protection(**rows[digest]) if digest in rows else None


def level(tx: Transaction, digests: Iterable[str]) -> str:
    """Return the strongest level of a person's identities; "" for none."""
    return max((_level(row) for row in _rows(tx, digests)), key=_strength, default="")


def of_digests(tx: Transaction, digests: Iterable[str]) -> list[Protection]:
    """Return the protections of a person's identities, lifted ones too."""
    return [row for row in _rows(tx, digests) if row]


def _rows(tx: Transaction, digests: Iterable[str]) -> list[Protection | None]:
    asked = [digest for digest in dict.fromkeys(digests) if digest]
    prefetch(tx, asked)
    return [tx.kept(_ROWS)[digest] for digest in asked]


def _level(row: Protection | None) -> str:
    return row.level if row else ""


def _strength(name: str) -> int:
    return LEVELS.index(name) if name in LEVELS else len(LEVELS)


def set_level(
    tx: Transaction, digests: Iterable[str], name: str, message_id: str, now: datetime
) -> bool:
    """Protect a person under all these identities. Return whether the level rose.

    A weaker level than the one that holds changes nothing: only `lift` ends a protection.
    """
    asked = [digest for digest in dict.fromkeys(digests) if digest]
    weaker = [
        digest
        for digest, row in zip(asked, _rows(tx, asked), strict=True)
        if _strength(_level(row)) < _strength(name)
    ]
    for digest in weaker:
        _save(tx, Protection(digest=digest, level=name, set_at=now, set_by=message_id))
    return bool(weaker)


def lift(tx: Transaction, digests: Iterable[str], who: str, now: datetime) -> bool:
    """End a person's protection under all these identities. Return whether there was one.

    `who` is the message that says so, or the person who decided.
    """
    protected = [row for row in _rows(tx, digests) if row and row.level]
    for row in protected:
        lifted = Protection(
            digest=row.digest,
            level="",
            set_at=row.set_at,
            set_by=row.set_by,
            lifted_at=now,
            lifted_by=who,
        )
        _save(tx, lifted)
    return bool(protected)


def _save(tx: Transaction, row: Protection) -> None:
    tx.later(_SAVE, {name: getattr(row, name) for name in _FIELDS})
    tx.kept(_ROWS)[row.digest] = row
