"""The tests have a shape too: they mirror the rooms, and share code only through tests/kit."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.kit.places import ADAPTER, ROOT

TESTS = ROOT / "tests"
FILES = sorted(TESTS.rglob("*.py"))
NOT_ROOMS = {
    *("architecture", "chaos", "contract", "docs", "hostile", "kit", "profiles", "program"),
    "stories",
}


def imports(path: Path) -> list[str]:
    """Return the full name of everything that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def folders(root: Path) -> set[str]:
    """Return the names of the packages in a folder."""
    return {path.parent.name for path in root.glob("*/__init__.py")}


def test_nothing_is_imported_from_a_test_file() -> None:
    borrowed = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in FILES
        for name in imports(path)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split("."))
    ]
    assert borrowed == [], "move what is shared to tests/kit"


def test_each_test_folder_is_a_room_or_one_of_the_others() -> None:
    assert folders(TESTS) - folders(ADAPTER) == NOT_ROOMS


def test_each_room_has_tests() -> None:
    assert [r for r in sorted(folders(ADAPTER)) if not [*(TESTS / r).rglob("test_*.py")]] == []


def test_all_tests_lie_in_a_folder_and_none_in_the_kit() -> None:
    tests = [path for path in FILES if path.name.startswith("test_")]
    assert [p.name for p in tests if p.parent == TESTS or TESTS / "kit" in p.parents] == []
