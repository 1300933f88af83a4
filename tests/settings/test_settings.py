"""What a settings file says, and what `adapter init` writes."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from adapter import settings
from adapter.core.endpoint import (
    Alias,
    AnswerRule,
    Closed,
    ConnectionLimits,
    Day,
    Endpoint,
    Limits,
    Route,
    Settings,
    Then,
    Within,
)
from adapter.core.model import DoneWhen, Event, Need
from adapter.settings import toml_tables
from tests.kit import places

FIXTURES = places.FIXTURES / "settings"
SYSTEMS = ("fhir", "hl7v2", "omsorg")
TOKEN = {"ADAPTER_JOURNAL_TOKEN": "secret"}


def written(folder: Path, text: str) -> Path:
    path = folder / "adapter.toml"
    path.write_text(text, encoding="utf-8")
    return path


def named(loaded: Settings, name: str) -> Endpoint:
    return next(endpoint for endpoint in loaded.endpoints if endpoint.name == name)


@pytest.fixture(scope="module")
def region() -> Settings:
    return settings.load(FIXTURES / "region.toml", TOKEN)


def test_the_top_of_the_file_becomes_the_settings(region: Settings) -> None:
    assert replace(region, endpoints=(), routes=()) == Settings(
        organization="SE0000000009-ADAPTER",
        store="postgresql://db.region.example/careplan",
        broker="amqps://rabbitmq.region.example",
        web="[::1]:8443",
        health="[::1]:8444",
        limits=Limits(body=20_000_000, depth=32, entries=200, memory=400_000_000),
        connections=ConnectionLimits(total=300, per_address=300, per_token=20, mllp=16),
        expire_after={Event.ADMISSION_NOTICE: timedelta(hours=24)},
    )


def test_every_type_of_value_is_read(region: Settings) -> None:
    assert named(region, "journal") == Endpoint(
        name="journal",
        organization="SE0000000001-SJUKHUS",
        speaks_for=("SE0000000001-AVD1", "SE0000000001-AVD2"),
        system="fhir",
        transport="http",
        address="https://journal.region.example/fhir",
        credentials="bearer",
        ca_file=str(FIXTURES / "ca.pem"),
        certificate_file=str(FIXTURES / "client.pem"),
        key_file=str(FIXTURES / "client.key"),
        timeout=timedelta(seconds=5),
        receipt_within=timedelta(minutes=10),
        receipt_resends=0,
        retry_first=timedelta(milliseconds=500),
        retry_ceiling=timedelta(hours=2),
        expire_after=timedelta(days=3),
        max_in_flight=8,
        owner="Integrationsgruppen, 000-00 00 00",
    )


def test_lists_days_and_words_become_values_of_the_model(region: Settings) -> None:
    lulea = named(region, "lulea")
    assert lulea.done_when is DoneWhen.READ
    assert lulea.read_within == Within(working_days=2)
    assert lulea.serves == (Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE)
    assert lulea.aliases == (
        Alias(id="SE0000000003-OMSORG", until=date(2025, 12, 31)),
        Alias(id="SE0000000003-VARD", since=date(2026, 1, 1), until=date(2027, 12, 31)),
    )


def test_rates_answers_and_service_windows_are_read(region: Settings) -> None:
    lulea = named(region, "lulea")
    assert lulea.rate == 2.5
    assert lulea.answers == (AnswerRule(code="fatal-error", then=Then.OPERATOR),)
    christmas = datetime(2026, 12, 24, 12), datetime(2026, 12, 27, 8)  # noqa: DTZ001
    assert lulea.closed == (
        Closed(since=time(22), until=time(4), days=(Day.SAT, Day.SUN)),
        Closed(since=christmas[0], until=christmas[1]),
    )


def test_an_event_that_nobody_knows_is_asked_about(tmp_path: Path) -> None:
    text = '[expire_after]\nadmision-notice = "24h"\n'
    found = settings.survey(written(tmp_path, text), {}, SYSTEMS)
    assert (
        "expire_after.admision-notice",
        'is an unknown key; did you mean "admission-notice"?',
    ) in [(issue.expression, issue.detail) for issue in found]


def test_a_route_is_read(region: Settings) -> None:
    assert region.routes == (
        Route(
            events=(Event.CARE_PLAN, Event.MESSAGE),
            to=("municipality-of-patient",),
            senders=("journal",),
            protected=True,
        ),
    )


def test_an_hsa_id_comes_out_in_capitals_and_without_white_space(region: Settings) -> None:
    assert named(region, "journal-adt").organization == "SE0000000001-SJUKHUS"


def test_the_environment_wins_over_the_file() -> None:
    secret = {
        "ADAPTER_STORE": "postgresql://careplan:hemligt@db.example/careplan",
        "ADAPTER_BROKER": "amqps://careplan:hemligt@broker.example",
    }
    loaded = settings.load(FIXTURES / "region.toml", {**TOKEN, **secret})
    assert (loaded.store, loaded.broker) == (secret["ADAPTER_STORE"], secret["ADAPTER_BROKER"])
    assert settings.survey(FIXTURES / "region.toml", {**TOKEN, **secret}, SYSTEMS) == ()


def test_an_empty_variable_of_the_environment_is_as_none(region: Settings) -> None:
    empty = {"ADAPTER_STORE": "", "ADAPTER_BROKER": ""}
    assert settings.load(FIXTURES / "region.toml", {**TOKEN, **empty}) == region


def test_every_field_of_the_model_is_a_key_of_the_file() -> None:
    assert set(toml_tables.keys(Settings)) == {
        *("organization", "store", "broker", "broker_management", "web", "health", "ask_above"),
        *("connections", "keep_jobs", "stop_within"),
        *("limits", "expire_after", "sharing", "protection", "endpoint", "route"),
    }
    named_otherwise = {"owns_stays_key": "owns_stays", "begins_key": "begins"}
    names = {named_otherwise.get(field.name, field.name) for field in fields(Endpoint)}
    assert set(toml_tables.keys(Endpoint)) == names


# What init writes.


def test_the_template_has_no_error_and_no_warning(tmp_path: Path) -> None:
    assert settings.survey(written(tmp_path, settings.template()), {}, SYSTEMS) == ()


def test_the_template_needs_no_other_server_and_opens_doors_on_loopback_only(
    tmp_path: Path,
) -> None:
    loaded = settings.load(written(tmp_path, settings.template()), {})
    assert loaded.store.startswith("sqlite:///")
    assert not loaded.broker
    assert {e.transport for e in loaded.endpoints} == {"http", "mllp"}
    doors = [loaded.web, *(e.listen for e in loaded.endpoints if e.listen)]
    assert len(doors) == 2
    assert {settings.host_port(door)[0] for door in doors} == {"127.0.0.1"}


def test_the_stanzas_that_the_template_offers_are_right_when_taken_in(tmp_path: Path) -> None:
    offered = re.sub(r"^# (?=\[\[|\w+ = )", "", settings.template(), flags=re.MULTILINE)
    path = written(tmp_path, offered)
    environment = {
        "ADAPTER_LULEA_TOKEN": "t",
        "ADAPTER_PITEA_USER": "u",
        "ADAPTER_PITEA_PASSWORD": "p",
    }
    assert settings.survey(path, environment, SYSTEMS) == ()
    names = {e.name for e in settings.load(path, environment).endpoints}
    assert names >= {"lulea", "pitea", "kalix"}


def test_the_template_s_hospital_tells_of_its_own_stays_and_gets_the_answers(
    tmp_path: Path,
) -> None:
    loaded = settings.load(written(tmp_path, settings.template()), {})
    assert [e.name for e in loaded.endpoints if e.owns_stays] == ["journal-adt", "journal"]
    assert named(loaded, "journal-adt").return_to == "journal"


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeff" + settings.template())
    assert settings.load(path, {}) == settings.load(written(tmp_path, settings.template()), {})


def test_the_variable_of_an_endpoint_has_its_name_in_capitals() -> None:
    assert settings.variable("lulea-treserva", "TOKEN") == "ADAPTER_LULEA_TRESERVA_TOKEN"
