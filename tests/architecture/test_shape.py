"""The shape of the code is tested like its behaviour."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

from tests.kit.places import ADAPTER

ROOT = ADAPTER
FILES = sorted(p for p in ROOT.rglob("*.py") if "versions" not in p.parts)
VAGUE = {"found", "told", "one", "mine"}


def functions(path: Path) -> list[ast.FunctionDef]:
    """Every function of a file."""
    return [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]


def length(node: ast.FunctionDef) -> int:
    """Lines of a function's body, its signature and docstring not counted."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert path.read_text().count("\n") <= 310
    assert [n.name for n in functions(path) if length(n) >= 40] == []


def test_functions_are_small() -> None:
    assert median(length(n) for path in FILES for n in functions(path)) <= 8


def test_no_function_takes_a_flag_by_position() -> None:
    flags = [
        f"{path.name}:{n.name}"
        for path in FILES
        for n in functions(path)
        for a in (*n.args.posonlyargs, *n.args.args)
        if isinstance(a.annotation, ast.Name) and a.annotation.id == "bool"
    ]
    assert flags == []


def test_nothing_is_called_utils() -> None:
    assert [p for p in FILES if p.stem in ("utils", "helpers", "common", "misc")] == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_variable_says_what_the_thing_is(path: Path) -> None:
    functions_of_file = functions(path)
    names = {n.arg for f in functions_of_file for n in ast.walk(f) if isinstance(n, ast.arg)}
    names |= {
        n.id
        for f in functions_of_file
        for n in ast.walk(f)
        if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    assert names & VAGUE == set()
