"""The few kinds of columns that the tables are made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa


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
