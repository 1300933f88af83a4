"""Rows of one kind that are written together: on PostgreSQL one statement for any number.

On PostgreSQL the rows are one parameter, a JSON array. The database unpacks it faster than it
begins one statement a row, and the driver prepares one value. Bytes stand there in hexadecimal.
Rows with many bytes are written one by one: they would take twice their size.
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

_LARGE = 16_384  # bytes of a row
Row: TypeAlias = Mapping[str, Any]
Columns: TypeAlias = tuple[str, ...]
Values: TypeAlias = dict[str, sa.ColumnElement[Any]]


@dataclass(frozen=True, eq=False)
class Write(ABC):
    """A kind of write to one table; each is a constant of its module."""

    table: sa.Table

    @abstractmethod
    def key(self, row: Row) -> object:
        """Return the key of a row: rows with equal keys are merged and written once."""

    def merged(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """Return two rows with the same key as one row."""
        return before | after

    @abstractmethod
    def for_row(self, values: Values, dialect: str) -> sa.UpdateBase:
        """Return the statement for one row with these values."""

    @abstractmethod
    def for_table(self, given: sa.TableValuedAlias, columns: Columns) -> sa.UpdateBase:
        """Return PostgreSQL's statement for all rows of the table expression `given`."""


class Insert(Write):
    """New rows. Their generated numbers are not returned."""

    def key(self, _row: Row) -> object:
        """Return a key that no other row has: new rows are never merged."""
        return object()

    def for_row(self, values: Values, dialect: str) -> sa.Insert:
        """Return INSERT … VALUES."""
        return self._into(dialect).values(values)

    def for_table(self, given: sa.TableValuedAlias, columns: Columns) -> sa.Insert:
        """Return INSERT … SELECT."""
        rows = sa.select(*(given.c[name] for name in columns))
        return self._into("postgresql").from_select(columns, rows)

    def _into(self, _dialect: str) -> sa.Insert:
        return sa.insert(self.table).inline()


class InsertNew(Insert):
    """New rows; a row whose key exists already is left as it is."""

    def _into(self, dialect: str) -> sa.Insert:
        statement: sa.Insert = _insert(self.table, dialect).on_conflict_do_nothing()
        return statement


@dataclass(frozen=True, eq=False)
class Upsert(Write):
    """New rows, or changes of rows that exist; the columns `by` are the primary key."""

    by: Columns

    def key(self, row: Row) -> object:
        """Return the values of the primary key."""
        return tuple(row[name] for name in self.by)

    def for_row(self, values: Values, dialect: str) -> sa.Insert:
        """Return INSERT … VALUES … ON CONFLICT DO UPDATE."""
        return self._or_update(_insert(self.table, dialect).values(values), tuple(values))

    def for_table(self, given: sa.TableValuedAlias, columns: Columns) -> sa.Insert:
        """Return INSERT … SELECT … ON CONFLICT DO UPDATE."""
        rows = sa.select(*(given.c[name] for name in columns))
        into = _insert(self.table, "postgresql").from_select(columns, rows)
        return self._or_update(into, columns)

    def _or_update(self, into: Any, columns: Columns) -> sa.Insert:
        changed = {name: into.excluded[name] for name in columns if name not in self.by}
        statement: sa.Insert = into.on_conflict_do_update(index_elements=self.by, set_=changed)
        return statement


def _insert(table: sa.Table, dialect: str) -> Any:
    """Return the INSERT of a dialect, which has ON CONFLICT."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table).inline()


@dataclass(frozen=True, eq=False)
class Update(Write):
    """Changes of rows; the columns `by` identify the row."""

    by: Columns

    def key(self, row: Row) -> object:
        """Return the values of the identifying columns."""
        return tuple(row[name] for name in self.by)

    def for_row(self, values: Values, dialect: str) -> sa.Update:
        """Return UPDATE … WHERE."""
        same = (self.table.c[name] == values[name] for name in self.by)
        changed = {n: self._value(n, value) for n, value in values.items() if n not in self.by}
        return sa.update(self.table).where(*same).values(changed)

    def for_table(self, given: sa.TableValuedAlias, columns: Columns) -> sa.Update:
        """Return UPDATE … FROM."""
        return self.for_row({name: given.c[name] for name in columns}, "postgresql")

    def _value(self, _name: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return value


class Complete(Update):
    """Changes of rows, where None leaves a column as it is."""

    def merged(self, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
        """Return both changes; None does not overwrite an earlier value."""
        return before | {name: value for name, value in after.items() if value is not None}

    def _value(self, name: str, value: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        return sa.func.coalesce(value, self.table.c[name])


def write(connection: sa.Connection, kind: Write, rows: Iterable[Row]) -> None:
    """Write these rows, grouped by the columns that they name and by whether they are large.

    Rows of one group keep their order.
    """
    alike = defaultdict[tuple[frozenset[str], bool], list[Row]](list)
    for row in rows:
        alike[frozenset(row), _is_large(kind.table, row)].append(row)
    for (columns, large), these in alike.items():
        array = _JSON.encode(these) if not large and connection.dialect.name == "postgresql" else ""
        if array and _NUL not in array:
            connection.execute(_bulk_statement(kind, columns), {"rows": array})
        else:
            bound = [{f"{name}_": value for name, value in row.items()} for row in these]
            connection.execute(_row_statement(kind, columns, connection.dialect.name), bound)


def _is_large(table: sa.Table, row: Row) -> bool:
    return sum(len(row.get(name) or b"") for name in _wide(table)) > _LARGE


@cache
def _wide(table: sa.Table) -> Columns:
    return tuple(c.name for c in table.c if isinstance(c.type, sa.LargeBinary))


@cache
def _row_statement(kind: Write, columns: frozenset[str], dialect: str) -> sa.UpdateBase:
    """Return the statement for one row; parameters have a `_` after the column's name.

    SQLAlchemy reserves the bare name for the value in SET.
    """
    table = kind.table
    return kind.for_row({n: sa.bindparam(f"{n}_", type_=table.c[n].type) for n in columns}, dialect)


@cache
def _bulk_statement(kind: Write, columns: frozenset[str]) -> sa.UpdateBase:
    """Return the statement for an array; the database reads each value by its column's type."""
    row: sa.ColumnElement[Any] = sa.literal_column(f'CAST(NULL AS "{kind.table.name}")')
    array = sa.cast(sa.bindparam("rows", type_=sa.Text), sa.JSON)
    given = sa.func.json_populate_recordset(row, array)
    types = (sa.column(name, kind.table.c[name].type) for name in columns)
    return kind.for_table(given.table_valued(*types, name="given"), tuple(columns))


def _encode(value: object) -> str:
    """Return a time or bytes in the form that PostgreSQL reads."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"not for a column: {type(value).__name__}, or a time without zone")


_NUL = "\\u0000"  # the driver refuses it; the server would quote the row in its log
_JSON = json.JSONEncoder(default=_encode, separators=(",", ":"), ensure_ascii=False)
