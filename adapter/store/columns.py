"""Column types and helpers for the tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


class Instant(sa.TypeDecorator[datetime]):
    """A time with zone, stored as UTC. SQLite has no zones: there it is a naive UTC time."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return UTC. Raise ValueError for a time without zone: it is ambiguous."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        return value.astimezone(UTC).replace(tzinfo=None if dialect.name == "sqlite" else UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        """Return a time with zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_(name: str = "id", **options: Any) -> sa.Column[str]:
    """Return a column for a short id of ours, or for the name of an endpoint."""
    return sa.Column(name, sa.String(120), nullable=False, **options)


def text(name: str, **options: Any) -> sa.Column[str]:
    """Return a column for text; the default is ""."""
    return sa.Column(name, sa.Text, nullable=False, server_default="", **options)


def seq() -> sa.Column[int]:
    """Return the primary key: a row number that the database assigns."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("seq", number, primary_key=True, autoincrement=True)


def count(name: str) -> sa.Column[int]:
    """Return a column for a whole number; the default is 0."""
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


def flag(name: str) -> sa.Column[bool]:
    """Return a column for a yes or no; the default is no."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def time(name: str) -> sa.Column[datetime | None]:
    """Return a column for a time; NULL is allowed."""
    return sa.Column(name, Instant)
