"""Each clause of R4's messaging in docs/message.md names a test that there is."""

from __future__ import annotations

import re

import pytest

from tests.kit.places import ROOT

PAGE = (ROOT / "docs" / "message.md").read_text(encoding="utf-8")
CLAUSES = [
    line
    for line in PAGE.partition("## R4's messaging, clause by clause")[2]
    .split("\n## ")[0]
    .splitlines()
    if line.startswith("| ") and not line.startswith("| clause ")
]
TESTS = frozenset(
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
)


def test_the_clauses_are_there() -> None:
    assert len(CLAUSES) > 15


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda line: line.split("|")[1].strip())
def test_a_clause_is_shown_by_a_test_that_exists(clause: str) -> None:
    named = re.findall(r"`(test_\w+)`", clause.split("|")[3])
    assert named
    assert [name for name in named if name not in TESTS] == []
