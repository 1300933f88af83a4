"""Commands start fast: each imports only the libraries that it works with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from adapter.cli import COMMANDS
from adapter.store.tables import message
from tests.kit.office import CASE, SETTINGS, Office
from tests.kit.places import FIXTURES, ROOT

SLOW = ("sqlalchemy", "alembic", "fastapi", "fhir.resources", "lxml", "pika", "holidays")
STORE = {"sqlalchemy"}
MAPPINGS = {*STORE, "lxml"}
ALL_CHECKS = MAPPINGS
RUNS = """
import json, sys
from adapter.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
EXPLAINS = """
import json, sys
from typer.testing import CliRunner
from adapter.cli import COMMANDS, app
done = {name: CliRunner().invoke(app, [*name.split(), "--help"]).exit_code
        for name in ["", *(each.name for each in COMMANDS)]}
assert set(done.values()) == {0}, done
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


class Call(NamedTuple):
    """A call of a command, the slow libraries that it may import, and why."""

    words: str
    imports: set[str]
    why: str = ""


OF_A_STORE = [  # DELIVERY and MESSAGE are dead
    Call("health", STORE),
    Call("status", STORE),
    Call("case CASE", STORE),
    Call("messages", STORE),
    Call("message DELIVERY", STORE),
    Call("message DELIVERY --bodies --reason x --json", STORE),
    Call("plan CASE", MAPPINGS, "reads the plan as its sender wrote it"),
    Call("show DELIVERY", MAPPINGS, "reads the message as its sender wrote it"),
    Call("dead", STORE),
    Call("dead --json", STORE),
    Call("take DELIVERY", STORE),
    Call("edit DELIVERY", MAPPINGS, "reads the document, to show what can be edited"),
    Call("replay DELIVERY --reason r --dry-run", STORE),
    Call("replay DELIVERY --reason r", STORE),
    Call("replay MESSAGE --reason r", ALL_CHECKS, "tries first whether it would be sent"),
    Call("replay MESSAGE --reason r --dry-run", ALL_CHECKS, "tries whether it would be sent"),
    Call("replay --endpoint lulea --since 2h --reason r --yes", STORE),
    Call("replay --cause refused --reason r --dry-run", STORE),
    Call("replay --cause refused --reason r", STORE),
    Call("discard DELIVERY --reason r", STORE),
    Call("discard --cause refused --reason r", STORE),
    Call("take --cause refused", STORE),
    Call("jobs --json", STORE),
    Call("deadlines", STORE),
    Call("readings", STORE),
    Call("readings --month 2026-11 --checked well", STORE),
    Call("discard MESSAGE --reason r", STORE),
    Call("rights", STORE),
    Call("protection show CASE", STORE),
    Call("purge --dry-run", STORE),
    Call("purge", STORE),
    Call("pause lulea --reason r", STORE),
    Call("resume lulea", STORE),
    Call("token planning", STORE),
    Call("backup copy.db", STORE),
]
OF_FILES = [
    Call("init", set()),
    Call("systems", {"lxml"}, "lists what each mapping reads and writes"),
    Call("check", {*MAPPINGS, "pika"}, "tries mappings, store and broker"),
    Call(
        "map HL7 --from hl7v2 --to omsorg",
        {"lxml"},
        "runs two mappings, and checks",
    ),
    Call("validate FHIR", {"lxml"}, "imports the mapping of XML"),
]
WITH_EVERYTHING = {"serve", "worker", "web", "demo", "bench"}  # they run the adapter itself


def imported(folder: Path, program: str, *words: object) -> set[str]:
    """Run a command in a process of its own; return the slow libraries that it imports."""
    command = [sys.executable, "-c", program, *(str(word) for word in words)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, env=environment
    )
    assert done.returncode in (0, 1), done.stderr[:2000]
    return set(SLOW) & set(json.loads(done.stderr.splitlines()[-1]))


def replaced(words: str, names: dict[str, object]) -> list[object]:
    """Return the words of a call, with its ids and files."""
    return [names.get(word, word) for word in words.split()]


def buried(office: Office) -> str:
    """Make a message dead; return its id."""
    with office.region.store.begin() as tx:
        tx.execute(message.update().values(standing="dead", code="adapter-fault"))
    return str(office.region.messages()[0]["id"])


def test_no_explanation_imports_a_slow_library(tmp_path: Path) -> None:
    assert imported(tmp_path, EXPLAINS) == set()


def test_this_page_has_a_call_of_every_command() -> None:
    called = {call.words.split()[0] for call in [*OF_A_STORE, *OF_FILES]}
    assert called | WITH_EVERYTHING == {each.name for each in COMMANDS}


@pytest.mark.parametrize("call", OF_A_STORE, ids=lambda call: call.words)
def test_a_command_about_the_store_imports_only_what_it_works_with(
    office: Office, tmp_path: Path, call: Call
) -> None:
    names: dict[str, object] = {"CASE": CASE, "DELIVERY": office.dies()}
    if "MESSAGE" in call.words:
        names["MESSAGE"] = buried(office)
    words = [*replaced(call.words, names), "--store", office.path, "--settings", SETTINGS]
    assert imported(tmp_path, RUNS, *words) <= call.imports


@pytest.mark.parametrize("call", OF_FILES, ids=lambda call: call.words)
def test_a_command_about_files_imports_only_what_it_works_with(tmp_path: Path, call: Call) -> None:
    hl7 = FIXTURES / "hl7v2" / "admission-notice" / "assessed.native.hl7"
    fhir = FIXTURES / "fhir" / "admission-notice" / "usual.fhir.json"
    (tmp_path / "adapter.toml").write_text(SETTINGS.read_text("utf-8"), "utf-8")
    words = replaced(call.words.replace("init", "init new.toml"), {"HL7": hl7, "FHIR": fhir})
    assert imported(tmp_path, RUNS, *words) <= call.imports


def test_only_a_command_that_makes_the_schema_imports_what_makes_it(tmp_path: Path) -> None:
    words = ("pause", "lulea", "--reason", "r", "--store", "new.db", "--settings", SETTINGS)
    assert imported(tmp_path, RUNS, *words) == {*STORE, "alembic"}
    assert imported(tmp_path, RUNS, *words) == STORE
