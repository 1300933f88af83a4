"""`replay`: what is asked before many are sent, and what a far side has lost."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import drafts
from tests.kit.office import SETTINGS, Office

WHY = ("--reason", "disk lost", "--who", "Ann")
LOST = ("--endpoint", "hospital", "--since", "2026-03-01")


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Settings that ask again above two."""
    path = tmp_path / "few.toml"
    path.write_text("ask_above = 2\n" + SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def dead(office: Office, number: int) -> list[str]:
    """Dead deliveries."""
    return [office.dies(visit=f"V{n}") for n in range(number)]


def states(office: Office) -> set[str]:
    """States of the messages to Luleå."""
    return {str(row["state"]) for row in office.region.deliveries(event="message")}


def test_a_script_that_replays_many_must_have_said_so(office: Office, few: Path) -> None:
    ids = dead(office, 3)
    result = office.run("replay", *ids, *WHY, "--settings", few)
    assert result.exit_code == 2
    assert "lulea: 3 message" in result.stderr
    assert "--yes" in result.stderr
    assert states(office) == {"dead"}
    assert office.run("replay", *ids[:2], *WHY, "--settings", few).exit_code == 0
    assert office.run("replay", *ids[2:], *WHY, "--settings", few, "--yes").exit_code == 0
    assert states(office) == {"waiting"}


def test_a_dry_run_asks_nothing(office: Office, few: Path) -> None:
    ids = dead(office, 3)
    assert office.run("replay", *ids, *WHY, "--settings", few, "--dry-run").exit_code == 0


@pytest.mark.parametrize(("typed", "exit_code", "state"), [("y", 0, "waiting"), ("n", 1, "dead")])
def test_who_sits_at_a_terminal_is_asked(
    office: Office, few: Path, typed: str, exit_code: int, state: str
) -> None:
    ids = dead(office, 3)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "adapter", "replay", *ids, *WHY]
    command += ["--store", str(office.path), "--settings", str(few)]
    os.write(ours, f"{typed}\n".encode())
    done = subprocess.run(command, stdin=theirs, check=False, capture_output=True, text=True)
    os.close(ours)
    os.close(theirs)
    assert "3 are more than 2. Send them all?" in done.stderr
    assert (done.returncode, states(office)) == (exit_code, {state}), done.stderr


def test_a_closed_terminal_says_neither_yes_nor_no(office: Office, few: Path) -> None:
    ids = dead(office, 3)
    words = [sys.executable, "-m", "adapter", "replay", *ids, "--reason", "x"]
    words += ["--store", str(office.path), "--settings", str(few)]
    closed = f"{' '.join(words)} <&-"
    done = subprocess.run(["bash", "-c", closed], check=False, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "--yes" in done.stderr
    assert states(office) == {"dead"}


def test_what_only_a_confirm_had_closed_is_planned_and_sent_again(office: Office) -> None:
    office.region.tells("hospital", drafts.note())
    plan = office.data("replay", *LOST, *WHY, "--dry-run")
    [one] = plan["planned"]
    assert (one["event"], one["seen_before"], plan["sent"]) == ("receipt", True, 0)
    assert office.data("replay", *LOST, *WHY)["sent"] == 1
    again = office.run("replay", *LOST, *WHY)
    assert (again.exit_code, again.stdout) == (0, "Nothing to send.\n")
    assert "Sent again since then already: 1;" in again.stderr
    assert office.history("replayed")[0][0] == "Ann"


def test_a_receiver_restored_from_a_backup_gets_what_it_had_taken(office: Office) -> None:
    content = office.region.tells("hospital", drafts.note())
    office.region.receipt("lulea", content)
    lost = ("--endpoint", "lulea", "--since", "2026-03-01")
    assert office.run("replay", *lost, *WHY).stdout == "Nothing to send.\n"
    result = office.run("replay", *lost, "--although-receipted", *WHY)
    assert "may be" in result.stdout
    assert [d["content_id"] for d in office.region.deliveries(state="waiting")] == [content]


def test_what_was_overtaken_needs_a_word(office: Office) -> None:
    for bundle in (drafts.note(), drafts.stay(minutes=5)):
        content = office.region.tells("hospital", bundle)
        office.region.receipt("lulea", content)
    lost = ("--endpoint", "lulea", "--since", "2026-03-01", "--although-receipted")
    one = (*lost, "--event", "message", *WHY)
    refused = office.run("replay", *one)
    assert (refused.exit_code, "overtaken" in refused.stderr) == (1, True)
    dry = office.run("replay", *one, "--dry-run")
    assert (dry.exit_code, "no: overtaken; --although-overtaken sends it" in dry.stdout) == (
        1,
        True,
    )
    allowed = office.run("replay", *one, "--dry-run", "--although-overtaken")
    assert (allowed.exit_code, "no: overtaken" in allowed.stdout) == (0, False)
    assert office.run("replay", *one, "--although-overtaken").exit_code == 0


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("--endpoint", "lulea"),
        ("--since", "2h"),
        ("--endpoint", "lule", "--since", "2h"),
        ("--endpoint", "lulea", "--since", "yesterday"),
        ("--endpoint", "lulea", "--since", ""),
        ("--endpoint", "lulea", "--since", "2h", "--event", "mesage"),
        ("d-1", "--endpoint", "lulea", "--since", "2h"),
        ("d-1", "--although-receipted"),
        ("d-1", "--event", "message"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_2_and_nothing_is_sent(office: Office, wrong: tuple[str, ...]) -> None:
    dead(office, 1)
    assert office.run("replay", *wrong, *WHY).exit_code == 2
    assert states(office) == {"dead"}


def test_a_dead_letter_of_an_endpoint_that_is_gone_is_told_and_nothing_is_done(
    office: Office, tmp_path: Path
) -> None:
    ids = dead(office, 1)
    text = SETTINGS.read_text(encoding="utf-8").replace('"lulea"', '"boden"')
    (tmp_path / "other.toml").write_text(text, encoding="utf-8")
    result = office.run("replay", *ids, *WHY, "--settings", tmp_path / "other.toml")
    assert result.exit_code == 1
    assert ids[0] in result.stderr
    assert states(office) == {"dead"}


@pytest.mark.parametrize(
    ("since", "why"),
    [
        ("0001-01-01", "too long ago"),
        ("0001-01-01T00:00+01:00", "too long ago"),
        ("9999-12-31", "is in the future"),
        ("9999-12-31T23:59-12:00", "is in the future"),
    ],
)
@pytest.mark.parametrize(
    "command", [("replay", "--endpoint", "lulea", "--reason", "x"), ("messages",)]
)
def test_a_time_before_all_time_or_still_to_come_is_wrong_use(
    office: Office, command: tuple[str, ...], since: str, why: str
) -> None:
    result = office.run(*command, "--since", since)
    assert result.exit_code == 2
    assert why in " ".join(result.stderr.replace("│", " ").split())
