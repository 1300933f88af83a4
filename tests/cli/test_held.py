"""What an operator sees of a service window, and of a sender who is not yet told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter import settings
from adapter.transports import Response
from adapter.transports.http.status import of_status
from tests.kit.far_side import hand_over, written
from tests.kit.office import CASE, SETTINGS, Office, run

CLOSED = """
[[endpoint.closed]]
since = 2001-01-01T00:00:00
until = 2901-01-01T00:00:00

[[endpoint.answers]]
code = "409"
then = "operator"
"""


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """Settings in which Luleå is closed for a long time."""
    whole = SETTINGS.read_text(encoding="utf-8")
    before, name, after = whole.partition('owner = "Socialtjänstens systemförvaltning i Luleå')
    line, end, rest = after.partition("\n")
    path = tmp_path / "closed.toml"
    path.write_text(before + name + line + end + CLOSED + rest, encoding="utf-8")
    return path


def told(office: Office, file: Path, *arguments: object) -> str:
    """What a command prints."""
    return run(*arguments, "--store", office.path, "--settings", file).output


def data(office: Office, file: Path, *arguments: object) -> Any:
    """What a command prints as JSON."""
    return json.loads(told(office, file, *arguments, "--json"))


def test_every_list_says_until_when_a_service_window_holds(office: Office, closed: Path) -> None:
    written(office.region)
    [row] = office.region.deliveries()
    assert "lulea waiting, held until 2901-01-01 00:00:00" in told(office, closed, "messages")
    for command in (("case", CASE), ("message", row["id"])):
        shown = told(office, closed, *command)
        assert "now waiting, held until 2901-01-01 00:00:00 (service window)" in shown


def test_programs_get_the_time_until_when_it_holds(office: Office, closed: Path) -> None:
    written(office.region)
    [row] = office.region.deliveries()
    listed, *_ = data(office, closed, "messages")["messages"][0]["deliveries"]
    shown, *_ = data(office, closed, "message", row["id"])["deliveries"]
    assert listed["held_until"] == shown["held_until"] == "2901-01-01T00:00:00.000+01:00"


def test_nothing_is_said_of_what_no_window_holds(office: Office) -> None:
    written(office.region)
    assert "held" not in told(office, SETTINGS, "messages")


def test_a_dead_letter_says_that_a_replay_waits(office: Office, closed: Path) -> None:
    office.dies()
    assert "Closed: a replay waits until 2901-01-01 00:00:00." in told(office, closed, "dead")
    [cause] = data(office, closed, "dead")["causes"]
    assert cause["closed_until"] == "2901-01-01T00:00:00.000+01:00"


def test_whoever_discards_the_operators_dead_is_told_before_that_it_tells_the_sender(
    office: Office, closed: Path
) -> None:
    region = office.region
    region.with_settings(endpoints=_ruled(closed))
    written(region)
    hand_over(region, of_status(409, "", Response(), region.now))
    [row] = region.deliveries()
    shown = told(office, closed, "case", CASE)
    assert "its sender is told when it is discarded" in shown
    assert "rule endpoint.answers[0]: 409 -> operator" in shown
    bare = run("discard", row["id"], "--reason", "x", "--store", office.path, "--settings", "none")
    assert bare.exit_code == 1
    told(office, closed, "discard", row["id"], "--reason", "phoned")
    assert [d["event"] for d in region.deliveries()] == ["message", "delivery-report"]
    assert "its sender is told when" not in told(office, closed, "case", CASE)


def _ruled(path: Path) -> Any:
    """The same rules, and open: so that it can be refused."""
    return tuple(replace(e, closed=()) for e in settings.load(path, {}).endpoints)
