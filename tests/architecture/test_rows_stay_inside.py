"""Rows of the store stay inside the store: other rooms get records, and run no statement."""

from __future__ import annotations

import ast
import re

import pytest

from tests.kit.sources import FILES, module, room

ROW_TYPES = re.compile(r"\b(Row|RowMapping|\w*Result)\b")
EXECUTES = {"execute", "exec_driver_sql", "scalars", "scalar_one"}


def public_functions(tree: ast.AST) -> list[ast.FunctionDef]:
    """Return the functions and methods of a file whose names have no underscore in front."""
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    return [function for function in functions if not function.name.startswith("_")]


def returns_rows(function: ast.FunctionDef) -> bool:
    """Whether the annotation of what a function returns names a row or a result of SQLAlchemy."""
    return bool(function.returns and ROW_TYPES.search(ast.unparse(function.returns)))


def test_no_public_function_of_the_store_returns_rows() -> None:
    """But for `Transaction.execute`, which only the store calls (the next test)."""
    places = [
        f"{module(path)}.{function.name}"
        for path in FILES
        if room(path) == "store"
        for function in public_functions(ast.parse(path.read_text()))
        if returns_rows(function)
    ]
    assert set(places) == {"adapter.store.transaction.execute"}


def test_only_the_store_executes_statements() -> None:
    places = [
        f"{module(path)}:{node.lineno}"
        for path in FILES
        if room(path) != "store"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in EXECUTES
    ]
    assert places == []


@pytest.mark.parametrize(
    "planted",
    ["def rows(tx) -> list[sa.RowMapping]: ...", "def first(tx) -> Row[Any] | None: ..."],
)
def test_a_function_that_returns_rows_is_seen(planted: str) -> None:
    assert [returns_rows(function) for function in public_functions(ast.parse(planted))] == [True]
