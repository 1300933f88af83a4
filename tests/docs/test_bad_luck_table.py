"""The table of bad luck in docs/operations.md speaks of what the program really says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapter
from adapter.core import logs
from adapter.core.catalogue import CATALOGUE
from adapter.operate import health
from adapter.store import history
from chaos import faults
from chaos.faults import EXPECTED_WORDS

PACKAGE = Path(adapter.__file__).parent
PAGE = (PACKAGE.parent / "docs" / "operations.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("## Bad luck\n")[2]
ROWS = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| ")][1:]
KNOWN = {*logs.LINES, *history.WORDS, *health.FINDINGS, *CATALOGUE}


def named(cell: str) -> list[str]:
    """The names in a cell; a class of Python, or a command, is none."""
    return re.findall(r"`([a-z][a-z-]*)`", cell)


def test_the_table_has_what_was_seen_what_happened_what_was_done_and_what_to_do() -> None:
    assert len(ROWS) > 20
    assert all(len(row) == 4 and all(cell.strip() for cell in row) for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip())
def test_every_name_in_the_table_is_one_that_the_program_says(row: list[str]) -> None:
    assert named(row[0])
    assert [name for name in named(row[0]) if name not in KNOWN] == []


def test_every_fault_of_the_rig_is_said_and_explained() -> None:
    assert set(EXPECTED_WORDS) == {fault.kind for fault in faults.ALL}
    for names in EXPECTED_WORDS.values():
        assert set(names) <= KNOWN
    told = set(named(PAGE))
    everything = {name for names in EXPECTED_WORDS.values() for name in names}
    assert everything - told - {"started", "stopping", "stopped"} == set()


def test_every_finding_is_explained() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| (?:yes|–) \|$", PAGE, re.MULTILINE)
    assert listed == list(health.FINDINGS)
    shut = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| yes \|$", PAGE, re.MULTILINE)
    assert set(shut) == health.DOOR


def calls(*endings: str) -> Iterator[ast.Call]:
    """Every call in the package of a function whose name ends so."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "simulators" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(endings):
                    yield node


def words(*endings: str) -> set[str]:
    """The names that these functions are given as they stand in the code."""
    constants = (a for call in calls(*endings) for a in call.args if isinstance(a, ast.Constant))
    return {a.value for a in constants if isinstance(a.value, str) and a.value}


def test_every_line_of_the_log_says_what_is_done_about_it_or_that_nothing_is() -> None:
    levels = tuple(f"log.{level}" for level in (*logs.LEVELS, "exception", "critical"))
    assert words(*levels) - logs.LINES.keys() == set()


def test_every_word_of_the_history_is_in_its_vocabulary() -> None:
    said = words("history.note", "history.of_delivery", "turn.log")
    assert len(said) > 10
    assert said - history.WORDS.keys() == set()


def test_what_the_adapter_does_stands_in_the_line_itself() -> None:
    assert logs._reaction("broker-blocked") == {"did": logs.LINES["broker-blocked"]}
    assert logs._reaction("sent") == {}
