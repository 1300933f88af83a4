"""Values that a transaction has read ahead and keeps, with a type for each kind.

A kept value stays correct until the transaction ends, because its row or its sender's row is
locked. A write of the transaction that could change a value makes it forget that value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import sqlalchemy as sa

K = TypeVar("K")
V = TypeVar("V")
_ABSENT: Any = object()


@dataclass(frozen=True, eq=False)
class Prefetch(Generic[K, V]):
    """One kind of kept values; a constant of its module.

    `keys` returns the keys that a written row of the table concerns. `parameter` is the bound
    parameter in which a statement names the keys that it changes. A statement without that
    parameter may change any row. `also` has `keys` for further tables that the values come from.
    """

    table: sa.Table
    keys: Callable[[Mapping[str, Any]], Iterable[K]]
    parameter: str = ""
    also: Mapping[sa.Table, Callable[[Mapping[str, Any]], Iterable[K]]] = field(
        default_factory=dict
    )

    def concerned(self, table: sa.Table, row: Mapping[str, Any]) -> Iterable[K]:
        """Return the keys whose values a row of a table may change."""
        keys = self.keys if table is self.table else self.also.get(table)
        return keys(row) if keys else ()

    def reads(self, table: sa.Table) -> bool:
        """Whether the values come from a table."""
        return table is self.table or table in self.also


@dataclass(slots=True)
class Kept(Generic[K, V]):
    """The values of one kind that a transaction keeps."""

    values: dict[K, V] = field(default_factory=dict)
    before: dict[K, Any] | None = None  # the old values of what an attempt has changed

    def __contains__(self, key: K) -> bool:
        return key in self.values

    def __getitem__(self, key: K) -> V:
        return self.values[key]

    def get(self, key: K) -> V | None:
        """Return the value, or None when none is kept."""
        return self.values.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self._save(key)
        self.values[key] = value

    def forget(self, keys: Iterable[K]) -> None:
        """Drop the values of these keys: the next use reads them again."""
        for key in keys:
            if key in self.values:
                self._save(key)
                del self.values[key]

    def _save(self, key: K) -> None:
        if self.before is not None:
            self.before.setdefault(key, self.values.get(key, _ABSENT))

    def begin(self) -> None:
        """Begin an attempt: from now on `undo` restores what is kept now."""
        self.before = {}

    def end(self) -> None:
        """End the attempt, and keep its changes."""
        self.before = None

    def undo(self) -> None:
        """Restore what was kept at `begin`."""
        for key, value in (self.before or {}).items():
            if value is _ABSENT:
                self.values.pop(key, None)
            else:
                self.values[key] = value
        self.before = None


@dataclass(slots=True)
class Memory:
    """Everything that a transaction keeps."""

    kinds: dict[Prefetch[Any, Any], Kept[Any, Any]] = field(default_factory=dict)
    readers: dict[sa.Table, list[Prefetch[Any, Any]]] = field(default_factory=dict)  # of `kinds`
    attempting: bool = False

    def of(self, kind: Prefetch[K, V]) -> Kept[K, V]:
        """Return the values of one kind."""
        if kind not in self.kinds:
            self.kinds[kind] = Kept()
            self.readers.clear()
            if self.attempting:
                self.kinds[kind].begin()
        return self.kinds[kind]

    def written(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Forget what a row that is about to be written concerns."""
        if table not in self.readers:
            self.readers[table] = [kind for kind in self.kinds if kind.reads(table)]
        for kind in self.readers[table]:
            self.kinds[kind].forget(kind.concerned(table, row))

    def executed(self, statement: sa.Executable, parameters: object) -> None:
        """Forget what a statement may change."""
        if not isinstance(statement, sa.UpdateBase):
            return
        for kind, kept in self.kinds.items():
            if kind.reads(statement.entity_description["table"]):
                kept.forget(_changed(kind, kept, parameters))

    def begin(self) -> None:
        """Begin an attempt, which may be undone alone."""
        self.attempting = True
        for kept in self.kinds.values():
            kept.begin()

    def end(self) -> None:
        """End an attempt that succeeded."""
        self.attempting = False
        for kept in self.kinds.values():
            kept.end()

    def undo(self) -> None:
        """Undo an attempt that failed."""
        self.attempting = False
        for kept in self.kinds.values():
            kept.undo()


def _changed(kind: Prefetch[K, V], kept: Kept[K, V], parameters: object) -> list[K]:
    """Return the keys that a statement names in its parameter; all, when it names none."""
    named: Any = parameters.get(kind.parameter) if isinstance(parameters, Mapping) else None
    if named is None:
        return list(kept.values)
    return list(cast(Iterable[K], [named] if isinstance(named, str) else named))
