"""The same play on a real broker, and what it tells people."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapter.demo import Options, Report, opened, play, run
from adapter.demo.region import CENTRE, UMEA, Broker
from adapter.demo.report import as_json
from adapter.demo.stage import Stage
from adapter.demo.troubles import troubles
from adapter.simulators.messages import Assessment
from adapter.simulators.traffic_log import EntryKind, has
from adapter.store import Store
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import wait_for


@pytest.fixture(scope="module")
def report(rabbitmq: RabbitMQ) -> Report:
    url = rabbitmq.fresh()
    options = Options(broker=url, planning=rabbitmq.partner("planning", beside=url), seed=11)
    with opened(options) as stage:
        return play(options, stage)


@pytest.mark.servers
def test_the_same_play_on_rabbitmq_with_a_user_for_the_planning_service(report: Report) -> None:
    assert report.stuck == ""
    assert report.whole
    shown = as_json(report)
    assert shown["bus"] == "rabbitmq"
    assert shown["resends"] >= 1
    assert shown["copies_discarded"] >= 2


@pytest.mark.servers
def test_each_fault_of_the_play_is_counted(report: Report) -> None:
    assert len(troubles(report)) == 4


@pytest.mark.servers
def test_a_case_without_its_receipts_is_said_in_red_and_fails(report: Report) -> None:
    bare = replace(report, picture=replace(report.picture, receipts=()))
    assert not bare.whole
    assert bare.unreceipted == sum(len(bare.deliveries(m)) for m in bare.messages)


@pytest.mark.servers
def test_a_broker_in_use_is_not_touched(rabbitmq: RabbitMQ, store: Store) -> None:
    url = rabbitmq.fresh()
    err = io.StringIO()
    with Stage(1, store, Broker(url=url)) as stage:
        wait_for("consuming adapter", stage.adapter._is_consuming)
        assert run(Options(broker=url), io.StringIO(), err) == 2
    assert "in use" in err.getvalue()


@pytest.mark.servers
def test_with_one_user_the_planning_service_uses_the_adapters(
    rabbitmq: RabbitMQ, store: Store
) -> None:
    with Stage(1, store, Broker(url=rabbitmq.fresh())) as stage:
        stay = replace(
            stage.stays.discharge,
            assessment=Assessment(at=datetime.now(UTC), units=(UMEA.hsa, CENTRE.hsa)),
        )
        assert stage.journal.send("A01", stay) == "AA"
        for system in stage.systems[1:]:
            assert system.traffic.wait(has(EntryKind.APPLIED, "admission-notice"), 60)
        stage.settle()
