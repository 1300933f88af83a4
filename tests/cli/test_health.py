"""`adapter health`, as an operator reads it."""

from __future__ import annotations

from adapter.core.endpoint import Settings
from adapter.operate.health import Finding
from adapter.runner import utc_now
from adapter.runner.heartbeat import Heartbeat
from tests.kit.office import Office


def pulse(office: Office, *around: Finding) -> Heartbeat:
    found = Heartbeat(
        office.region.store, "serve", Settings(), utc_now, lambda: around, lambda: True
    )
    found.beat()
    return found


def test_who_runs_is_shown_and_all_is_well(office: Office) -> None:
    one = pulse(office)
    result = office.run("health")
    assert result.exit_code == 0
    assert one.name in result.stdout
    assert result.stdout.endswith("No problem found.\n")


def test_what_is_wrong_is_shown_with_why_and_exits_1(office: Office) -> None:
    one = pulse(office, Finding(name="topology", why="queue care.in: x-overflow: drop-head"))
    result = office.run("health")
    assert result.exit_code == 1
    row = result.stdout.splitlines()[-1]
    assert row == f"topology  {one.name}  queue care.in: x-overflow: drop-head"
    [told] = office.data("health")["findings"]
    assert (told["name"], told["process"]) == ("topology", one.name)


def test_nobody_runs_is_told(office: Office) -> None:
    result = office.run("health")
    assert result.exit_code == 1
    assert "no worker lives" in result.stdout
