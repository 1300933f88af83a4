"""How commands fail: with what to do, and never with a traceback that nobody asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner, Result

from adapter.cli import COMMANDS, loading
from adapter.cli.errors import DEBUG, Commands
from adapter.core.errors import FatalError, Issue, TransientError
from tests.kit.office import run


def failing(error: Exception) -> Result:
    """What a command says that raises."""
    commands = typer.Typer(cls=Commands)

    @commands.command("fail")
    def fail() -> None:
        raise error

    @commands.command("other")
    def other() -> None:
        """Typer makes a group only of several commands."""

    return CliRunner().invoke(commands, ["fail"])


def test_an_error_says_what_is_wrong_where_and_what_to_do() -> None:
    issues = [
        Issue(code="required", expression="CarePlan.title"),
        Issue(code="required", expression="CarePlan.status", detail="missing"),
    ]
    result = failing(FatalError("required", issues=issues))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "required: A required element is missing. [CarePlan.title]",
        "required: A required element is missing. [CarePlan.status] missing",
        "To do: Add the element at the given path.",
    ]


@pytest.mark.waits
@pytest.mark.parametrize("words", [["systems"], ["systems", "--json"]])
def test_a_full_disk_is_told_and_is_no_fault_of_the_program(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "adapter", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "The output cannot be written: No space left on device.\n"


def test_a_store_that_is_away_is_told_like_any_error() -> None:
    result = failing(TransientError("store-unavailable", "OperationalError"))
    assert result.exit_code == 1
    assert result.stderr.startswith("store-unavailable:")


def test_an_unexpected_fault_is_one_line_with_an_id_and_without_its_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(DEBUG, raising=False)
    result = failing(ValueError("patient 195009072553"))
    assert result.exit_code == 1
    first, todo = result.stderr.splitlines()
    assert first.startswith("adapter-fault ")
    assert "unexpected ValueError at test_errors.py:" in first
    assert "195009072553" not in result.stderr
    assert todo == f"To do: run it again with {DEBUG}=1, and report the output."


def test_who_asks_for_it_gets_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEBUG, "1")
    assert "Traceback (most recent call last)" in failing(ValueError("x")).stderr


def test_wrong_use_is_exit_2_with_the_usage() -> None:
    for wrong in (("nonsense",), ("map",), ("messages", "--nonsense")):
        result = run(*wrong)
        assert result.exit_code == 2
        assert "Usage" in result.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("discard", "d-1", "--reason", "caf\udce9"), r"--reason: caf\xe9"),
        (("take", "d-1", "--who=J\udcf6rgen"), r"--who=J\xf6rgen"),
        (("replay", "d-\udcff", "--reason", "x"), r"d-\xff"),
        (("validate", "caf\udce9.json"), r"caf\xe9.json"),
    ],
)
def test_what_is_not_utf_8_is_wrong_use_and_it_is_said_which(
    words: tuple[str, ...], named: str
) -> None:
    result = run(*words)
    assert result.exit_code == 2
    told = " ".join(result.stderr.replace("│", " ").split())
    assert f"not UTF-8: {named}" in told
    assert "terminal" in told


def test_every_command_explains_itself_with_an_example() -> None:
    for command in COMMANDS:
        assert loading.first_line(command.place)
        assert f"adapter {command.name}" in command.epilog
        assert f"adapter {command.name}" in run(command.name, "--help").stdout


def test_a_reader_that_goes_away_is_no_fault() -> None:
    command = f"{sys.executable} -m adapter systems --json | head -c 1"
    done = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True)
    assert done.stderr == ""
