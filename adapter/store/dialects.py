"""SQL that differs between SQLite and PostgreSQL, and SQL that guides their planners."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ONE: sa.ColumnElement[int] = sa.literal_column("1")
"""`LIMIT 1` as a literal: for a parameter, a generic plan expects a tenth of all rows."""


def there_is(*wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return EXISTS as a scalar subquery, which planners do not turn into a join."""
    return sa.select(ONE).where(*wanted).limit(ONE).scalar_subquery().is_not(None)


class _Texts(sa.TypeDecorator[Collection[str]]):
    """Many texts as one parameter: an array, in SQLite JSON."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Return the type of the database."""
        return sa.Text() if dialect.name == "sqlite" else dialect.type_descriptor(ARRAY(sa.Text))

    def process_bind_param(self, value: Collection[str] | None, dialect: sa.Dialect) -> Any:
        """Return the parameter's value; None counts as an empty list."""
        texts = list(value or ())
        return json.dumps(texts) if dialect.name == "sqlite" else texts


class _Among(FunctionElement[bool]):
    """A condition without a type: SQLAlchemy writes `= 1` after a Boolean of SQLite.

    SQLite then reads the whole table, because no index answers `(x IN …) = 1`.
    """

    inherit_cache = True


def among(column: sa.ColumnElement[str], name: str) -> sa.ColumnElement[bool]:
    """Return `column IN :name`: one statement for any number of values.

    With a parameter for each value, the database would plan each number of values anew.
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


LAST = 2**63 - 1
"""A row number that no row has."""
_LAST: sa.ColumnElement[int] = sa.literal_column(str(LAST))


class _Before(FunctionElement[bool]):
    """The rows of one endpoint before a row number. Without a type: see `_Among`."""

    inherit_cache = True


def newest_of(
    query: sa.Select[Any],
    of: sa.Table,
    name: sa.ColumnElement[str],
    most: int,
    before: sa.ColumnElement[int] = _LAST,
) -> sa.Select[Any]:
    """Return the newest rows of one endpoint, read by the index of endpoint and number.

    After `endpoint = name` PostgreSQL orders by the number alone, and may walk the primary key
    backwards: for an endpoint that has no rows, the whole table. After a range it cannot. The
    limit is a literal, as `ONE` is: else it may read and sort all rows of the endpoint.
    """
    place = (of.c.endpoint, of.c.seq)
    rows = query.where(_Before(*place, name, before))
    newest = rows.order_by(*(column.desc() for column in place))
    return newest.limit(sa.literal_column(str(most)))


@compiles(_Before)
def _equal(element: _Before, compiler: Any, **options: Any) -> str:
    """SQLite looks up no row number in a range of endpoints."""
    endpoint, seq, name, before = (compiler.process(each, **options) for each in element.clauses)
    return f"{endpoint} = {name} AND {seq} < {before}"


@compiles(_Before, "postgresql")
def _in_range(element: _Before, compiler: Any, **options: Any) -> str:
    endpoint, seq, name, before = (compiler.process(each, **options) for each in element.clauses)
    return f"{endpoint} >= {name} AND ({endpoint}, {seq}) < ({name}, {before})"


class _Seconds(FunctionElement[float]):
    """Seconds from the second time to the first."""

    inherit_cache = True
    type = sa.Float()


def seconds_between(
    later: sa.ColumnElement[Any], earlier: sa.ColumnElement[Any]
) -> sa.ColumnElement[float]:
    """Return how many seconds `later` is after `earlier`; NULL when one is."""
    return _Seconds(later, earlier)


@compiles(_Seconds)
def _by_days(element: _Seconds, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(each, **options) for each in element.clauses)
    return f"((julianday({later}) - julianday({earlier})) * 86400.0)"


@compiles(_Seconds, "postgresql")
def _by_epoch(element: _Seconds, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(extract(epoch from ({later} - {earlier})) AS double precision)"
