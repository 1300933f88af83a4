"""What SQLite and PostgreSQL say in different words."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

ONE: sa.ColumnElement[int] = sa.literal_column("1")
"""`LIMIT 1`, written out: of a parameter, a plan for any value expects a tenth of all rows."""


def there_is(*wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Whether there is a row: EXISTS as one look for each, which no planner makes a join of all."""
    return sa.select(ONE).where(*wanted).limit(ONE).scalar_subquery().is_not(None)


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
