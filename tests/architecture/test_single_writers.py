"""One file may write the state of a delivery, and one the standing of a message: the source."""

from __future__ import annotations

import ast
import re

import pytest

from adapter.store.indexes import SCHEMA
from tests.kit.sources import FILES, WRITERS, module

WHOLE_ROWS = {"insert", "Insert", "InsertNew", "Update", "Complete"}
"""Functions whose statement may write any column: their rows come later."""


def may_write(source: str, table: str, column: str) -> bool:
    """Whether a source text has a statement that may write this column of this table.

    An insert of the table may; an update of it may, unless each `.values()` of the file names
    its columns; `.values(column=...)` and raw SQL always may.
    """
    tree = ast.parse(source)
    names = local_names(tree, table)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if any(last_name(c.func) in WHOLE_ROWS and concerns(c, names) for c in calls):
        return True
    updates = any(last_name(c.func) == "update" and concerns(c, names) for c in calls)
    values = [c for c in calls if last_name(c.func) == "values"]
    return (
        any(keyword.arg == column for c in values for keyword in c.keywords)
        or any(names_column(argument, column) for c in values for argument in c.args)
        or (updates and any(hides_columns(c) for c in values))
        or has_raw_sql(tree, table)
    )


def local_names(tree: ast.AST, table: str) -> set[str]:
    """Return the names under which a file knows a table."""
    imported = (n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom))
    aliases = (alias for node in imported for alias in node.names if alias.name == table)
    return {table, *(alias.asname for alias in aliases if alias.asname)}


def last_name(node: ast.AST) -> str:
    """Return `c` for `a.b.c` and for `c`, "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def concerns(call: ast.Call, names: set[str]) -> bool:
    """Whether a table is an argument of the call, or the object whose method is called."""
    receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    given = [*call.args, *(keyword.value for keyword in call.keywords), *receiver]
    return any(last_name(node) in names for node in given)


def names_column(argument: ast.AST, column: str) -> bool:
    """Whether a positional argument of `.values()` has the column among its keys."""
    return any(isinstance(n, ast.Constant) and n.value == column for n in ast.walk(argument))


def hides_columns(call: ast.Call) -> bool:
    """Whether `.values()` takes columns that cannot be read from the source."""
    return bool(call.args) or any(keyword.arg is None for keyword in call.keywords)


def has_raw_sql(tree: ast.AST, table: str) -> bool:
    """Whether a string is SQL that writes the table."""
    sql = re.compile(rf'\b(update|insert into|merge into|replace into)\s+"?{table}\b\s*(set|\()')
    texts = (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant))
    return any(isinstance(text, str) and sql.search(text.lower()) for text in texts)


@pytest.mark.parametrize(("table", "column"), WRITERS)
def test_one_file_has_statements_that_may_write_the_column(table: str, column: str) -> None:
    writers = [module(p) for p in FILES if may_write(p.read_text(), table, column)]
    assert writers == [WRITERS[table, column]]


@pytest.mark.parametrize(("table", "column"), WRITERS)
def test_no_other_table_has_a_column_of_that_name(table: str, column: str) -> None:
    assert [t.name for t in SCHEMA.sorted_tables if column in t.c] == [table]


@pytest.mark.parametrize(
    "planted",
    [
        "sa.update(delivery).where(x).values(state='dead')",
        "sa.update(delivery).values({'state': 'dead'})",
        "sa.update(delivery).values(**values)",
        "these.values(state='dead')",
        "sa.insert(delivery)",
        "delivery.insert()",
        "delivery.update().values(values)",
        "from adapter.store.tables import delivery as d\nUpdate(d, ('id',))",
        "Complete(table=tables.delivery, by=('id',))",
        "sa.text('UPDATE delivery SET state = :state')",
    ],
)
def test_a_second_writer_in_the_source_is_seen(planted: str) -> None:
    assert may_write(planted, "delivery", "state")


@pytest.mark.parametrize(
    "harmless",
    [
        "sa.update(delivery).values(sent_at=now)",
        "sa.update(endpoint).values(**values)",
        "sa.select(delivery).where(delivery.c.state == 'dead')",
        "Insert(attempt)",
    ],
)
def test_what_writes_another_column_is_no_writer(harmless: str) -> None:
    assert not may_write(harmless, "delivery", "state")
