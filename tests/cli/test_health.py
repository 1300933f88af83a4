"""`adapter health`, as an operator reads it."""

from __future__ import annotations

from importlib.metadata import version

from adapter.core.endpoint import Settings
from adapter.operate.health import Finding
from adapter.runner import utc_now
from adapter.runner.heartbeat import Heartbeat
from tests.kit.office import Office, run


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


def test_a_dead_letter_is_never_no_problem(office: Office) -> None:
    pulse(office)
    office.dies()
    result = office.run("health")
    assert result.exit_code == 1
    assert "No problem found." not in result.stdout
    assert result.stdout.splitlines()[-1].startswith("dead     all      lulea: 1 dead delivery")


def test_the_version_is_that_of_the_package() -> None:
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"adapter {version('careplan-adapter')}\n")
