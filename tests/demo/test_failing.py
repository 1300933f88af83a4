"""What makes the demo fail, and what it says when it cannot begin."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapter import settings
from adapter.core.errors import Severity
from adapter.demo import NotPlayedError, Options, Report, opened, run
from adapter.demo.region import Broker, free_ports
from adapter.demo.region import settings as demo_settings
from adapter.demo.rows import event_name
from adapter.demo.stage import Stage
from adapter.mappings import load
from adapter.simulators.messages import Assessment
from adapter.simulators.traffic_log import EntryKind, TrafficLog, has
from adapter.store import Store
from adapter.store.queries.everything import Everything


def test_a_receipt_that_never_comes_is_counted(store: Store) -> None:
    with Stage(1, store, None) as stage:
        stage.planning.system.faults.lose_receipts = 99
        assessment = Assessment(at=datetime.now(UTC), municipal_health_care=False)
        stage.journal.send("A01", replace(stage.stays.discharge, assessment=assessment))
        stage.until(stage.planning.system, has(EntryKind.LOST, "receipt"), "the message")
        report = _report(stage)
    assert report.unreceipted >= 1
    assert not report.whole


def test_what_a_party_sends_while_the_store_is_read_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stage(1, store, None) as stage:
        system = stage.umea.system
        looks: list[int] = []

        def picture() -> Everything:
            seen = Stage.picture(stage)
            looks.append(len(looks))
            system._sent_ids.clear()  # it is receipted after the store was read
            return seen

        monkeypatch.setattr(stage, "picture", picture)
        system._sent_ids.append("m-1")
        stage.settle()
    assert len(looks) == 2


def _report(stage: Stage) -> Report:
    traffic_logs = tuple(system.traffic.entries() for system in stage.systems)
    return Report(
        seed=1, bus="embedded", case="", picture=stage.picture(), traffic_logs=traffic_logs
    )


def test_a_message_of_a_party_that_nobody_receipted_is_counted(report_of_nothing: Report) -> None:
    traffic_log = TrafficLog("lulea")
    traffic_log.note(EntryKind.SENT, "message", "m-1")
    report = replace(report_of_nothing, traffic_logs=(traffic_log.entries(),))
    assert (report.unreceipted, report.whole) == (1, False)
    traffic_log.note(EntryKind.NOTED, "receipt", "r-1", about="m-1")
    assert replace(report, traffic_logs=(traffic_log.entries(),)).whole


def test_content_that_a_party_applied_twice_is_counted(report_of_nothing: Report) -> None:
    traffic_log = TrafficLog("lulea")
    for _ in range(2):
        traffic_log.note(EntryKind.APPLIED, "message", "m-1")
    report = replace(report_of_nothing, traffic_logs=(traffic_log.entries(),))
    assert (report.duplicates_applied, report.whole) == (1, False)


def test_a_play_that_got_stuck_is_not_whole(report_of_nothing: Report) -> None:
    assert report_of_nothing.whole
    assert not replace(report_of_nothing, stuck="lulea never had: message").whole


@pytest.fixture
def report_of_nothing(store: Store) -> Report:
    stage = Stage(1, store, None)
    return replace(_report(stage), traffic_logs=())


def test_a_broker_that_is_not_there_is_said() -> None:
    err = io.StringIO()
    broker = "amqp://guest:secret@127.0.0.1:1/"
    assert run(Options(broker=broker), io.StringIO(), err) == 1
    assert "no broker" in err.getvalue()
    assert "secret" not in err.getvalue()


def test_a_store_in_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    options = Options(store=str(tmp_path / "none" / "demo.db"))
    with pytest.raises(NotPlayedError), opened(options):
        pass


def test_the_planning_service_uses_the_adapters_user_or_its_own() -> None:
    shared = "amqp://a:b@127.0.0.1/"
    own = "amqp://u:p@127.0.0.1/"
    assert Broker(url=f"{shared},amqp://a:b@127.0.0.2/").account == shared
    assert Broker(url=shared, planning=own).account == own


def test_one_municipality_speaks_omsorg_1_and_one_omsorg_2() -> None:
    made = demo_settings(free_ports(), "sqlite:///demo.db", None)
    systems = {e.name: e.system for e in made.endpoints}
    assert (systems["lulea"], systems["umea"]) == ("omsorg", "omsorg/2")


@pytest.mark.parametrize("broker", [None, Broker(url="amqp://a:b@127.0.0.1/")])
def test_the_demos_settings_have_no_problem_but_the_bus_that_forgets(
    broker: Broker | None,
) -> None:
    made = demo_settings(free_ports(), "sqlite:///demo.db", broker)
    issues = settings.problems(made, load())
    errors = [i.detail for i in issues if i.severity is Severity.ERROR]
    assert all("memory loses its messages" in detail for detail in errors)
    assert bool(errors) == (broker is None)


def test_an_event_is_shown_with_its_swedish_name() -> None:
    assert event_name("discharge-ready") == "discharge-ready (utskrivningsklar)"
    assert event_name("no-such-event") == "no-such-event"
