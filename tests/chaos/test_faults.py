"""The deck has every documented fault, and only faults that took place are counted."""

from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from adapter.core.kill_points import KILL_POINTS
from chaos import process_faults
from chaos.conductor import Conductor
from chaos.faults import ALL, Fault
from chaos.ledger import Ledger, Saw, read
from chaos.manners import Manner, Manners
from chaos.parties import LULEA, UMEA
from chaos.plan import Plan, patience
from chaos.sabotage import SABOTAGES, SEEN_AS
from chaos.servers import Servers, UnmendedError, eventually

DOCUMENTED = {
    "kill-worker-at-window",
    "kill-web-at-window",
    "broker-killed",
    "broker-wiped",
    "broker-memory-alarm",
    "broker-cut",
    "broker-half-open",
    "store-crashed",
    "store-full",
    "clock-jump",
    "slow-party",
    "two-operators",
    "settings-moved",
}
"""Faults that the rig causes. The parties cause others, such as lost and doubled receipts."""


def test_every_documented_fault_is_in_the_deck() -> None:
    assert {fault.kind for fault in ALL} >= DOCUMENTED


def test_processes_are_killed_at_every_kill_point() -> None:
    assert {fault.at for fault in ALL if fault.at} == set(KILL_POINTS)
    assert {*process_faults.WORKER_KILL_POINTS, *process_faults.WEB_KILL_POINTS} == set(KILL_POINTS)


def test_every_sabotage_has_the_count_that_it_must_raise() -> None:
    assert set(SEEN_AS) == set(SABOTAGES)


def carried_out(tmp_path: Path, *faults: Fault) -> tuple[Conductor, list[str]]:
    """Carry each fault out once, and return the details of their ends in the ledger."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    stage: Any = SimpleNamespace(ledger=ledger, plan=Plan(seconds=1, seed="s", folder=tmp_path))
    conductor = Conductor(stage, faults)
    for fault in faults:
        conductor._carry_out(fault, Random(1))
    ledger.close()
    return conductor, [line.detail for line in read(ledger.path) if line.what is Saw.HEALED]


def test_only_what_took_place_is_counted(tmp_path: Path) -> None:
    hit = Fault(kind="kill", on="worker", act=lambda *_: True, at="sent")
    missed = Fault(kind="cut", on="wire", act=lambda *_: False, at="claimed")
    conductor, ends = carried_out(tmp_path, hit, hit, missed)
    assert conductor.counts == {"kill": 2}
    assert conductor.kill_points == {"sent": 2}
    assert ends == ["", "", "did not take place"]


def test_a_fault_that_fails_is_a_mishap_of_the_rig(tmp_path: Path) -> None:
    def broken(*_: object) -> bool:
        raise OSError("no such thing")

    conductor, _ = carried_out(tmp_path, Fault(kind="cut", on="wire", act=broken))
    assert conductor.mishaps == ["cut: OSError"]
    assert not conductor.counts


def test_a_fault_from_which_the_adapter_does_not_recover_is_counted_and_reported(
    tmp_path: Path,
) -> None:
    def endless(*_: object) -> bool:
        raise UnmendedError("no queues")

    conductor, ends = carried_out(tmp_path, Fault(kind="kill", on="broker", act=endless))
    assert conductor.counts == {"kill": 1}
    assert conductor.unmended == ["kill: no queues"]
    assert not conductor.mishaps
    assert ends == [""]


def test_queues_that_are_not_made_again_are_the_adapters_failure() -> None:
    servers: Any = SimpleNamespace(has_queues=lambda: False)
    with pytest.raises(UnmendedError):
        Servers.await_queues(servers, 0.05)


def test_a_sender_on_the_bus_gives_the_adapter_more_time_each_time() -> None:
    assert [patience(times) for times in (1, 2, 3, 4, 9)] == [4, 8, 16, 16, 16]


def test_only_parties_on_the_bus_double_receipts() -> None:
    manners = Manners(seed="s")
    seen = {
        who: {manners.towards(who, f"C{number}", 0) for number in range(800)}
        for who in (UMEA.endpoint, LULEA.endpoint)
    }
    assert Manner.DOUBLE in seen[LULEA.endpoint]
    assert seen[UMEA.endpoint] == set(Manner) - {Manner.DOUBLE}


def test_a_copy_is_always_taken_well() -> None:
    manners = Manners(seed="s")
    firsts = [manners.towards("lulea", f"C{number}", 0) for number in range(200)]
    assert set(firsts) > {Manner.WELL}
    assert {manners.towards("lulea", f"C{number}", 0) for number in range(200)} == {Manner.WELL}


def test_a_condition_that_never_holds_ends_as_false() -> None:
    assert eventually(lambda: True, 1)
    assert not eventually(lambda: False, 0.05)
