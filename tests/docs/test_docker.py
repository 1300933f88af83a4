"""docker/ without Docker: what it says is in the program, and its network works on this machine.

The image and compose itself cannot be run here; docker/README.md says so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from adapter import mappings, settings
from adapter.core.endpoint import Settings
from adapter.core.errors import Severity
from adapter.transports import rabbitmq as transport
from tests.kit.commands import program
from tests.kit.places import ROOT
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for

DOCKER = ROOT / "docker"
ROOT = DOCKER.parent
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "careplan-adapter"]
DEFINITIONS = json.loads((DOCKER / "rabbitmq" / "definitions.json").read_text(encoding="utf-8"))
ENVIRONMENT: dict[str, str] = SERVICES["worker"]["environment"]
OF_THE_IMAGE = {"POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"}
PLAYED = ("admission-notice", "care-plan", "discharge-ready", "discharged")


def known_variables() -> set[str]:
    """Every variable that the program reads by a fixed name."""
    options = [p for command in program().values() for p in command.params]
    named = {str(p.envvar) for p in options if p.envvar}
    parties = (DOCKER / "parties.py").read_text(encoding="utf-8")
    return (
        named | {"ADAPTER_STORE", "ADAPTER_BROKER"} | set(re.findall(r"PARTIES_[A-Z_]+", parties))
    )


def test_compose_has_the_whole_network() -> None:
    assert set(SERVICES) == {
        *("postgresql", "rabbitmq", "worker", "web", "parties", "tokens"),
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_sets_only_variables_that_somebody_reads(name: str) -> None:
    given = set(SERVICES[name].get("environment", ()))
    assert given - OF_THE_IMAGE <= known_variables()


@pytest.mark.parametrize("name", ["worker", "web"])
def test_a_service_runs_a_command_of_the_program(name: str) -> None:
    (command,) = SERVICES[name]["command"]
    assert command in program()


def test_the_token_is_made_by_a_command_of_the_program_for_an_endpoint_of_the_settings() -> None:
    (line,) = SERVICES["tokens"]["command"]
    found = re.search(r"adapter (\S+) (\S+) (--who) compose > (\S+)$", line)
    assert found is not None
    command = program()[found[1]]
    assert found[3] in [option for p in command.params for option in p.opts]
    assert found[2] in {e.name for e in configured().endpoints}
    assert SERVICES["parties"]["environment"]["PARTIES_LULEA_TOKEN_FILE"].endswith(found[4])


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_mounts_or_waits_for_exists(name: str) -> None:
    for volume in SERVICES[name].get("volumes", ()):
        source = volume.partition(":")[0]
        assert (
            (DOCKER / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
        )
    assert set(SERVICES[name].get("depends_on", ())) <= set(SERVICES)


def test_nothing_listens_outside_the_machine() -> None:
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def configured() -> Settings:
    """The settings as the worker reads them."""
    return settings.load(DOCKER / "adapter.toml", ENVIRONMENT)


def test_the_settings_have_no_errors() -> None:
    found = settings.survey(DOCKER / "adapter.toml", ENVIRONMENT, mappings.load())
    assert [issue for issue in found if issue.severity is Severity.ERROR] == []


def test_each_partner_may_do_at_the_broker_what_the_transport_says_and_no_more() -> None:
    granted = {p["user"]: p for p in DEFINITIONS["permissions"]}
    for endpoint in configured().endpoints:
        if endpoint.transport == "rabbitmq":
            wanted = transport.permissions(endpoint.name)
            mine = granted.pop(endpoint.broker_user)
            for right in ("configure", "write", "read"):
                assert mine[right] == getattr(wanted, right)
    assert list(granted) == [urlsplit(ENVIRONMENT["ADAPTER_BROKER"]).username]


def test_the_passwords_at_the_broker_are_those_that_compose_shows() -> None:
    urls = [ENVIRONMENT["ADAPTER_BROKER"]]
    urls += [SERVICES["parties"]["environment"][f"PARTIES_{n}"] for n in ("PLANNING", "UMEA")]
    shown = {urlsplit(url).username: urlsplit(url).password or "" for url in urls}
    for user in DEFINITIONS["users"]:
        kept = base64.b64decode(user["password_hash"])
        assert kept[4:] == hashlib.sha256(kept[:4] + shown.pop(user["name"]).encode()).digest()
    assert shown == {}


def test_the_image_copies_what_is_there_and_what_the_builder_gets() -> None:
    lines = (DOCKER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [
        line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line
    ]
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = [line[1:] for line in ignore if line.startswith("!")]
    for source in [s for group in copied for s in group]:
        assert (ROOT / source).exists()
        assert any(fnmatch(source.removeprefix("./"), pattern) for pattern in let_through)
    entry = json.loads(next(line for line in lines if line.startswith("ENTRYPOINT"))[10:])
    command = json.loads(next(line for line in lines if line.startswith("CMD"))[3:])
    assert entry == ["adapter"]
    assert set(command) <= set(program())


# Everything but Docker


@contextmanager
def process(*command: str, environment: dict[str, str], folder: Path) -> Iterator[None]:
    """A service of compose as a process, ended as compose would end it."""
    with (folder / "log").open("ab") as log:
        running = subprocess.Popen(
            [sys.executable, *command], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0, (folder / "log").read_text()[-3000:]


def moved(url: str, real: str) -> str:
    """A URL of compose, with the host and port that a server has here."""
    return url.replace("@rabbitmq/", f"@127.0.0.1:{urlsplit(real).port}/")


def here(folder: Path, ports: dict[str, int]) -> Path:
    """The settings of compose on free ports."""
    text = (DOCKER / "adapter.toml").read_text(encoding="utf-8")
    for old, port in ports.items():
        assert old in text
        text = text.replace(old, f"{old.rpartition(':')[0]}:{port}")
    path = folder / "adapter.toml"
    path.write_text(text.replace("0.0.0.0", "127.0.0.1"), encoding="utf-8")
    return path


def adapter(*command: str, environment: dict[str, str]) -> str:
    """What a command prints."""
    return subprocess.run(
        [sys.executable, "-m", "adapter", *command],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.servers
def test_the_network_of_compose_works_without_docker(
    rabbitmq: RabbitMQ, postgresql: PostgreSQL, tmp_path: Path
) -> None:
    rabbitmq.control("import_definitions", str(DOCKER / "rabbitmq" / "definitions.json"))
    web, mllp, journal, lulea = free_ports(4)
    doors = {"0.0.0.0:8080": web, "127.0.0.1:2575": mllp}
    doors |= {"127.0.0.1:9101": journal, "127.0.0.1:9102": lulea}
    ours = {
        "ADAPTER_STORE": postgresql.fresh(),
        "ADAPTER_BROKER": moved(ENVIRONMENT["ADAPTER_BROKER"], rabbitmq.url),
        "ADAPTER_SETTINGS": str(here(tmp_path, doors)),
    }
    (tmp_path / "token").write_text(adapter("token", "lulea", environment=ours))
    given: dict[str, str] = SERVICES["parties"]["environment"]
    theirs = {name: moved(value, rabbitmq.url) for name, value in given.items()} | {
        "PARTIES_FEED_PORT": str(mllp),
        "PARTIES_JOURNAL_PORT": str(journal),
        "PARTIES_LULEA_PORT": str(lulea),
        "PARTIES_LULEA_DOOR": f"http://127.0.0.1:{web}/inbox",
        "PARTIES_LULEA_TOKEN_FILE": str(tmp_path / "token"),
        "PARTIES_SEED": "1",
    }
    with ExitStack() as stack:
        for name in ("worker", "web"):
            one = process("-m", "adapter", name, environment=ours, folder=tmp_path)
            stack.enter_context(one)
        parties = str(DOCKER / "parties.py")
        stack.enter_context(process(parties, environment=theirs, folder=tmp_path))
        deliveries = settled(ours, tmp_path)
    assert {event for event, _ in deliveries} >= set(PLAYED)
    assert {state for _, state in deliveries} == {"confirmed"}


def settled(environment: dict[str, str], folder: Path) -> list[tuple[str, str]]:
    """Each delivery's event and state, once the play is over and nothing is under way."""

    def log() -> str:
        return (folder / "log").read_text(errors="replace")

    def deliveries() -> list[tuple[str, str]]:
        messages = json.loads(adapter("messages", "--json", environment=environment))["messages"]
        return [(m["event"], d["state"]) for m in messages for d in m["deliveries"]]

    def all_confirmed(rows: list[tuple[str, str]]) -> bool:
        return "played with seed" in log() and {state for _, state in rows} <= {"confirmed"}

    return wait_for(
        "end of the play",
        deliveries,
        all_confirmed,
        saw=lambda: f"{deliveries()}\n{log()[-3000:]}",
    )
