"""Completion in the three shells: commands, options, and the values that a shell can know."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from adapter.cli import app, printing
from tests.kit.commands import program
from tests.kit.office import SETTINGS


def completed(*words: str, shell: str = "bash", **more: str) -> list[str]:
    """What a shell completes after these words."""
    typed = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    typed |= {"_TYPER_COMPLETE_ARGS": " ".join(words), "_ADAPTER_COMPLETE": f"complete_{shell}"}
    typed |= {"_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    result = CliRunner().invoke(app, [], env=typed | more, prog_name="adapter")
    return result.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_completes_a_command(shell: str) -> None:
    assert "status" in " ".join(completed("adapter", "stat", shell=shell))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: (shell, f"/bin/{shell}"))
    result = CliRunner().invoke(app, ["--show-completion"], prog_name="adapter")
    assert result.exit_code == 0
    assert f"complete_{shell}" in result.stdout


def test_options_and_their_values_are_completed() -> None:
    assert completed("adapter", "replay", "--ca") == ["--cause"]
    assert completed("adapter", "replay", "--cause", "access") == ["access-denied"]
    assert completed("adapter", "messages", "--state", "dea") == ["dead"]
    assert completed("adapter", "messages", "--event", "care-p") == ["care-plan"]
    assert completed("adapter", "jobs", "res") == ["resume"]


KNOWN = {
    "--endpoint": ("lul", "lulea"),
    "--event": ("care-p", "care-plan"),
    "--cause": ("access", "access-denied"),
    "--state": ("dea", "dead"),
}


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (name, option)
        for name, command in program().items()
        for parameter in command.params
        for option in parameter.opts
        if option in KNOWN
    ],
)
def test_an_option_is_completed_in_every_command_that_has_it(command: str, option: str) -> None:
    begun, whole = KNOWN[option]
    known = {"ADAPTER_SETTINGS": str(SETTINGS)}
    assert completed("adapter", *command.split(), option, begun, **known) == [whole]


def test_endpoints_are_those_of_the_settings_file(tmp_path: Path) -> None:
    known = {"ADAPTER_SETTINGS": str(SETTINGS)}
    assert completed("adapter", "pause", "lul", **known) == ["lulea"]
    assert completed("adapter", "messages", "--endpoint", "um", **known) == ["umea"]
    for broken in ("", "endpoint = 3", "= ="):
        (tmp_path / "x.toml").write_text(broken)
        assert completed("adapter", "pause", "lul", ADAPTER_SETTINGS=f"{tmp_path}/x.toml") == []
    assert completed("adapter", "pause", "lul", ADAPTER_SETTINGS=f"{tmp_path}/no.toml") == []


def test_no_color_leaves_no_colour(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Console, "is_terminal", property(lambda _: True))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    rows = (["what"], [["dead"], ["waiting"]])
    printing.table(*rows)
    assert "\x1b[1;31mdead" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    printing.table(*rows)
    shown = capsys.readouterr().out
    assert "dead" in shown
    assert "\x1b[1;31m" not in shown
    assert "33m" not in shown
