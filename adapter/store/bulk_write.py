"""Rows of one kind that are written together: on PostgreSQL one statement for any number.

There they are one parameter, a JSON array: the database takes it apart in less time than it needs
to begin a statement for each row, and the driver has one value to prepare. What has bytes in it
goes row by row: bytes may be large.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

import sqlalchemy as sa

Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = tuple[str, ...]
Values: TypeAlias = dict[str, sa.ColumnElement[Any]]


@dataclass(frozen=True, eq=False)
class Write(ABC):
    """A kind of write; a constant of its module."""

    table: sa.Table

    @abstractmethod
    def key(self, row: Row) -> object:
        """What is written as one row has one key."""

    def merged(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """Two rows with one key, as one."""
        return before | after

    @abstractmethod
    def one(self, values: Values, dialect: str) -> sa.UpdateBase:
        """The statement for one row with these values."""

    @abstractmethod
    def many(self, given: sa.TableValuedAlias, columns: Columns) -> sa.UpdateBase:
        """The statement for all rows of a table that is given, for PostgreSQL."""


class Insert(Write):
    """New rows. Nobody waits for the numbers that the database gives them."""

    def key(self, _row: Row) -> object:
        """Each is a row of its own."""
        return object()

    def one(self, values: Values, dialect: str) -> sa.Insert:
        """INSERT … VALUES."""
        return self._into(dialect).values(values)

    def many(self, given: sa.TableValuedAlias, columns: Columns) -> sa.Insert:
        """INSERT … SELECT."""
        rows = sa.select(*(given.c[name] for name in columns))
        return self._into("postgresql").from_select(columns, rows)

    def _into(self, _dialect: str) -> sa.Insert:
        return sa.insert(self.table).inline()


class InsertNew(Insert):
    """New rows, but for those that are there already."""

    def _into(self, dialect: str) -> sa.Insert:
        insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
        statement: sa.Insert = insert(self.table).inline().on_conflict_do_nothing()
        return statement


@dataclass(frozen=True, eq=False)
class Update(Write):
    """Changes of rows that some of their columns name."""

    by: Columns

    def key(self, row: Row) -> object:
        """What names the row that is changed."""
        return tuple(row[name] for name in self.by)

    def one(self, values: Values, dialect: str) -> sa.Update:
        """UPDATE … WHERE."""
        same = (self.table.c[name] == values[name] for name in self.by)
        changed = {n: self._value(n, value) for n, value in values.items() if n not in self.by}
        return sa.update(self.table).where(*same).values(changed)

    def many(self, given: sa.TableValuedAlias, columns: Columns) -> sa.Update:
        """UPDATE … FROM."""
        return self.one({name: given.c[name] for name in columns}, "postgresql")

    def _value(self, _name: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return value


class Complete(Update):
    """Changes of rows, where None leaves a column as it is."""

    def merged(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """What either has changed."""
        return before | {name: value for name, value in after.items() if value is not None}

    def _value(self, name: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(value, self.table.c[name])


def write(connection: sa.Connection, kind: Write, rows: Iterable[Row]) -> None:
    """Write these rows; those that name the same columns, with bytes or without, in their order."""
    alike = defaultdict[tuple[frozenset[str], bool], list[Row]](list)
    for row in rows:
        alike[frozenset(row), _is_narrow(kind.table, row)].append(row)
    for (columns, narrow), these in alike.items():
        array = _JSON.encode(these) if narrow and connection.dialect.name == "postgresql" else ""
        if array and _NUL not in array:
            connection.execute(_many(kind, columns), {"rows": array})
        else:
            bound = [{f"{name}_": value for name, value in row.items()} for row in these]
            connection.execute(_one(kind, columns, connection.dialect.name), bound)


def _is_narrow(table: sa.Table, row: Row) -> bool:
    return all(row.get(name) is None for name in _wide(table))


@cache
def _wide(table: sa.Table) -> Columns:
    return tuple(c.name for c in table.c if isinstance(c.type, sa.LargeBinary))


@cache
def _one(kind: Write, columns: frozenset[str], dialect: str) -> sa.UpdateBase:
    """A column's own name is taken: SQLAlchemy means its value in SET by it."""
    table = kind.table
    return kind.one({n: sa.bindparam(f"{n}_", type_=table.c[n].type) for n in columns}, dialect)


@cache
def _many(kind: Write, columns: frozenset[str]) -> sa.UpdateBase:
    """The database reads each value of the array as its column's type has it."""
    row: sa.ColumnElement[Any] = sa.literal_column(f'CAST(NULL AS "{kind.table.name}")')
    array = sa.cast(sa.bindparam("rows", type_=sa.Text), sa.JSON)
    given = sa.func.json_populate_recordset(row, array)
    types = (sa.column(name, kind.table.c[name].type) for name in columns)
    return kind.many(given.table_valued(*types, name="given"), tuple(columns))


def _plain(value: object) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"not for a column: {type(value).__name__}, or a time without zone")


_NUL = "\\u0000"  # the driver refuses it; the server would, with what stands around it in its log
_JSON = json.JSONEncoder(default=_plain, separators=(",", ":"), ensure_ascii=False)
