"""The few kinds of columns that the tables are made of."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Instant(sa.TypeDecorator[datetime]):
    """An aware time, kept as UTC. SQLite has no zones: there it is a naive UTC time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive times: nobody could say what they mean."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _Texts(sa.TypeDecorator[Collection[str]]):
    """Many texts as one value: an array, in SQLite as JSON."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """As the database has it."""
        return sa.Text() if dialect.name == "sqlite" else dialect.type_descriptor(ARRAY(sa.Text))

    def process_bind_param(self, value: Collection[str] | None, dialect: sa.Dialect) -> Any:
        """In a list; None is no list."""
        found = list(value or ())
        return json.dumps(found) if dialect.name == "sqlite" else found


class _Among(FunctionElement[bool]):
    inherit_cache = True
    type = sa.Boolean()


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """`column IN :name`, one statement for any number of values.

    With a parameter for each value, every number of them would be planned anew by the database.
    """
    return _Among(column, sa.bindparam(name, type_=_Texts))


@compiles(_Among)
def _in_json(element: _Among, compiler: Any, **options: Any) -> str:
    column, names = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({names}))"


@compiles(_Among, "postgresql")
def _in_array(element: _Among, compiler: Any, **options: Any) -> str:
    column, names = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({names})"


def id_(name: str = "id", **options: Any) -> sa.Column[str]:
    """A short id of ours, or the name of an endpoint."""
    return sa.Column(name, sa.String(120), nullable=False, **options)


def text(name: str, **options: Any) -> sa.Column[str]:
    """Text, "" where there is none."""
    return sa.Column(name, sa.Text, nullable=False, server_default="", **options)


def seq() -> sa.Column[int]:
    """The row's own number, handed out by the database."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("seq", number, primary_key=True, autoincrement=True)


def count(name: str) -> sa.Column[int]:
    """A whole number that begins at 0."""
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def flag(name: str) -> sa.Column[bool]:
    """A yes or no that begins as no."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def time(name: str) -> sa.Column[datetime | None]:
    """A time that may be missing."""
    return sa.Column(name, Instant)
