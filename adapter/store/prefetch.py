"""What a transaction has read ahead and keeps, with a type for each kind.

A kept value is true until the transaction ends, because its row is locked, or because the row of
the sender is. A write that could make a kept value false makes the transaction forget it.
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

    `keys` tells which keys a written row of the table concerns. `parameter` is the bound parameter
    by which a statement names the keys that it changes; a statement without it may change any.
    """

    table: sa.Table
    keys: Callable[[Mapping[str, Any]], Iterable[K]]
    parameter: str = ""


@dataclass(slots=True)
class Kept(Generic[K, V]):
    """The values of one kind that one transaction keeps."""

    values: dict[K, V] = field(default_factory=dict)
    before: dict[K, Any] | None = None  # what an attempt has changed, as it was

    def __contains__(self, key: K) -> bool:
        return key in self.values

    def __getitem__(self, key: K) -> V:
        return self.values[key]

    def get(self, key: K) -> V | None:
        """The value, or None where nothing is kept."""
        return self.values.get(key)

    def __setitem__(self, key: K, value: V) -> None:
        self._note(key)
        self.values[key] = value

    def forget(self, keys: Iterable[K]) -> None:
        """Keep these no longer: they are read again when somebody asks."""
        for key in keys:
            if key in self.values:
                self._note(key)
                del self.values[key]

    def _note(self, key: K) -> None:
        if self.before is not None:
            self.before.setdefault(key, self.values.get(key, _ABSENT))

    def begin(self) -> None:
        """From now on `undo` brings back what was kept."""
        self.before = {}

    def end(self) -> None:
        """What has changed stays."""
        self.before = None

    def undo(self) -> None:
        """As it was at `begin`."""
        for key, value in (self.before or {}).items():
            if value is _ABSENT:
                self.values.pop(key, None)
            else:
                self.values[key] = value
        self.before = None


@dataclass(slots=True)
class Memory:
    """Everything that one transaction keeps."""

    kinds: dict[Prefetch[Any, Any], Kept[Any, Any]] = field(default_factory=dict)
    attempting: bool = False

    def of(self, kind: Prefetch[K, V]) -> Kept[K, V]:
        """The values of one kind."""
        if kind not in self.kinds:
            self.kinds[kind] = Kept()
            if self.attempting:
                self.kinds[kind].begin()
        return self.kinds[kind]

    def written(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """A row of the table is about to be written."""
        for kind, kept in self.kinds.items():
            if kind.table is table:
                kept.forget(kind.keys(row))

    def executed(self, statement: sa.Executable, parameters: object) -> None:
        """A statement may have changed rows."""
        if not isinstance(statement, sa.UpdateBase):
            return
        for kind, kept in self.kinds.items():
            if kind.table is statement.entity_description["table"]:
                kept.forget(_changed(kind, kept, parameters))

    def begin(self) -> None:
        """An attempt begins: it may fail alone."""
        self.attempting = True
        for kept in self.kinds.values():
            kept.begin()

    def end(self) -> None:
        """The attempt has succeeded."""
        self.attempting = False
        for kept in self.kinds.values():
            kept.end()

    def undo(self) -> None:
        """The attempt has failed."""
        self.attempting = False
        for kept in self.kinds.values():
            kept.undo()


def _changed(kind: Prefetch[K, V], kept: Kept[K, V], parameters: object) -> list[K]:
    """The keys that a statement names by its parameter; all, where it names none."""
    named: Any = parameters.get(kind.parameter) if isinstance(parameters, Mapping) else None
    if named is None:
        return list(kept.values)
    return list(cast(Iterable[K], [named] if isinstance(named, str) else named))
