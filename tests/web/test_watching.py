"""Health, metrics and metadata: what machines ask of the adapter."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from adapter.core.lifecycle import Step
from adapter.core.model import Event
from adapter.operate.health import Finding
from adapter.runner import utc_now
from adapter.runner.heartbeat import Heartbeat
from adapter.store import endpoints, outbox
from adapter.store.tables import delivery
from adapter.web import metrics
from tests.kit.oracle import problems
from tests.kit.servers.packages import PROMETHEUS, require_installed
from tests.kit.site import FHIR, PROCESS, Site, fixture

IDENTITIES = ("195009072553", "Åkerström", "Märta", "Örngatan")


def send(site: Site) -> None:
    with site.partner("astad-omsorg") as astad:
        body = json.dumps(fixture("message/usual"))
        assert astad.post(PROCESS, content=body, headers={"Content-Type": FHIR}).status_code == 200


def samples(site: Site) -> dict[tuple[str, ...], float]:
    with site.client() as client:
        response = client.get("/metrics")
    assert response.status_code == 200
    assert not any(identity in response.text for identity in IDENTITIES)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_the_process_lives_while_it_answers(site: Site) -> None:
    with site.client() as client:
        assert client.get("/health/live").json() == {"live": True}


def test_it_is_ready_when_the_store_is(site: Site) -> None:
    with site.client() as client:
        response = client.get("/health/ready")
    assert (response.status_code, response.json()["why"]) == (200, [])
    assert response.json()["ready"] is True


def test_what_is_wrong_elsewhere_is_a_warning_and_not_a_reason_to_shut(site: Site) -> None:
    around = [Finding(name="broker", why="care.in: broker: gone")]
    settings = site.network.settings
    worker = Heartbeat(site.store, "worker", settings, utc_now, lambda: around, lambda: True)
    worker.beat()
    with site.client() as client:
        response = client.get("/health/ready")
    told = response.json()
    assert (response.status_code, told["ready"], told["why"]) == (200, True, [])
    assert told["warnings"] == [
        {"name": "broker", "why": "care.in: broker: gone", "process": worker.name}
    ]
    assert [(p["name"], p["part"], p["consumes"]) for p in told["processes"]] == [
        (worker.name, "worker", True)
    ]
    found = samples(site)
    assert found[("adapter_wrong", "broker")] == 1
    assert found[("adapter_wrong", "topology")] == 0
    assert found[("adapter_processes", "worker")] == 1
    assert found[("adapter_clock_skew_seconds",)] < 1


def test_a_store_of_another_version_is_told(site: Site) -> None:
    with site.store.begin() as tx:
        tx.connection.exec_driver_sql("update alembic_version set version_num = 'older'")
    with site.client() as client:
        response = client.get("/health/ready")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["why"][0]["name"] == "schema"


def test_what_waits_is_counted_by_endpoint_event_and_state(site: Site) -> None:
    send(site)
    found = samples(site)
    key = ("adapter_deliveries", "sundby-journal", "message", "waiting")
    assert found[key] == 1
    assert found[("adapter_messages_stored_total",)] == 1
    assert found[("adapter_store_up",)] == 1
    assert found[("adapter_last_received_timestamp_seconds", "astad-omsorg")] > 1.7e9
    assert found[("adapter_endpoint_paused", "plan")] == 0


def test_dead_letters_pauses_and_lateness_are_counted(site: Site) -> None:
    send(site)
    now = utc_now()
    with site.store.begin() as tx:
        id_ = tx.execute(delivery.select()).mappings().one()["id"]
        tx.execute(delivery.update().values(next_attempt_at=now - timedelta(seconds=90)))
        endpoints.pause(tx, "plan", "Ann", "upgrade", now)
    assert samples(site)[("adapter_oldest_due_seconds", "sundby-journal")] >= 90
    with site.store.begin() as tx:
        outbox.step(tx, id_, Step.GIVE_UP, now, code="refused")
    metrics_page = site.application()
    site.address = ""
    collected = metrics_page.state.registry
    dead = {"endpoint": "sundby-journal", "event": str(Event.MESSAGE), "state": "dead"}
    assert collected.get_sample_value("adapter_deliveries", dead) == 1
    assert collected.get_sample_value("adapter_endpoint_paused", {"endpoint": "plan"}) == 1


def test_how_partners_stand_is_told_at_zero_too(site: Site) -> None:
    send(site)
    with site.store.begin() as tx:
        endpoints.pause(tx, "plan", "Ann", "upgrade", utc_now())
    found = samples(site)
    assert found[("adapter_endpoint_waiting", "sundby-journal")] == 1
    assert found[("adapter_endpoint_findings", "plan")] == 1
    assert found[("adapter_endpoint_findings", "astad-omsorg")] == 0
    names = ("waiting", "troubled", "dead", "refused_today")
    assert {found[(f"adapter_endpoint_{name}", "plan")] for name in names} == {0}


def test_what_is_dead_is_told_by_cause_and_the_version_too(site: Site) -> None:
    send(site)
    with site.store.begin() as tx:
        id_ = tx.execute(delivery.select()).mappings().one()["id"]
        outbox.step(tx, id_, Step.GIVE_UP, utc_now(), code="refused")
    found = samples(site)
    assert found[("adapter_endpoint_dead", "sundby-journal")] == 1
    assert found[("adapter_dead", "refused", "sundby-journal", "delivery")] == 1
    assert found[("adapter_build_info", version("careplan-adapter"))] == 1


@pytest.mark.servers
def test_promtool_finds_no_fault_in_the_metrics(site: Site) -> None:
    require_installed(PROMETHEUS)
    send(site)
    with site.client() as client:
        text = client.get("/metrics").content
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_what_goes_on_failing_grows_old_though_it_is_never_overdue(site: Site) -> None:
    send(site)
    now = utc_now()
    times = {"created_at": now - timedelta(hours=70), "next_attempt_at": now + timedelta(hours=1)}
    with site.store.begin() as tx:
        tx.execute(delivery.update().values(failures=72, **times))
    found = samples(site)
    assert found[("adapter_oldest_due_seconds", "sundby-journal")] == 0
    assert found[("adapter_oldest_open_seconds", "sundby-journal")] >= 70 * 3600
    assert found[("adapter_wrong", "overdue")] == 1


def test_many_who_ask_cost_the_store_one_look(site: Site) -> None:
    figures = metrics.Figures(site.network, site.store)
    first = figures.collect()
    assert figures.collect() is first


def test_metrics_say_when_the_store_is_away(site: Site) -> None:
    with site.store.begin() as tx:
        tx.connection.exec_driver_sql("drop table message")
    assert samples(site) == {("adapter_store_up",): 0}


def test_the_capabilities_are_fhir_and_name_the_operation(site: Site) -> None:
    with site.client() as client:
        response = client.get("/fhir/metadata")
    assert response.headers["content-type"] == FHIR
    statement = response.json()
    assert statement["kind"] == "instance"
    assert statement["fhirVersion"] == "4.0.1"
    assert [o["name"] for o in statement["rest"][0]["operation"]] == ["process-message"]
    events = {
        m["definition"].rpartition("/")[2] for m in statement["messaging"][0]["supportedMessage"]
    }
    assert events == {str(event) for event in Event}
    assert problems(statement) == []
