"""Commands start fast: each imports only the libraries that it works with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.kit.office import CASE, SETTINGS, Office
from tests.kit.places import ROOT

SLOW = ("sqlalchemy", "fastapi", "fhir.resources", "lxml", "pika", "holidays")
OF_A_STORE = {"sqlalchemy"}
RUNS = """
import json, sys
from adapter.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def imported(*words: object) -> set[str]:
    """Run a command in a process of its own; return the slow libraries that it imports."""
    command = [sys.executable, "-c", RUNS, *(str(word) for word in words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode in (0, 1), done.stderr[:2000]
    return set(SLOW) & set(json.loads(done.stderr.splitlines()[-1]))


def on(office: Office, words: Iterable[object]) -> set[str]:
    """Run a command on an office's store; return the slow libraries that it imports."""
    return imported(*words, "--store", office.path, "--settings", SETTINGS)


def test_the_list_of_commands_imports_no_slow_library() -> None:
    assert imported("--help") == set()


@pytest.mark.parametrize(
    "words",
    [
        ["dead"],
        ["dead", "--json"],
        ["case", CASE],
        ["messages"],
        ["health"],
        ["pause", "lulea", "--reason", "upgrade"],
        ["resume", "lulea"],
        ["token", "planning"],
        ["protection", "show", CASE],
    ],
    ids=" ".join,
)
def test_a_command_about_the_store_imports_only_what_reads_it(
    office: Office, words: list[str]
) -> None:
    office.dies()
    assert on(office, words) <= OF_A_STORE


@pytest.mark.parametrize("command", ["message", "take"])
def test_a_command_about_one_delivery_imports_only_what_reads_it(
    office: Office, command: str
) -> None:
    assert on(office, [command, office.dies()]) <= OF_A_STORE
