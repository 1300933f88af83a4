"""The processes, as an operator starts and stops them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.kit.office import FIXTURES, SETTINGS, Office, run
from tests.kit.servers.base import free_ports
from tests.kit.site import FHIR, PROCESS
from tests.kit.waiting import wait_for

NOTE = FIXTURES / "fhir" / "message" / "usual.fhir.json"
CASE = b"SE0000000001-SUNDBY/V-2026-001"
IDENTITIES = ("195009072553", "Åkerström", "Märta", "Örngatan", "hjälpmedel")


@contextmanager
def running(command: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    (port,) = free_ports(1)
    path = folder / "region.toml"
    text = (FIXTURES / "web" / "region.toml").read_text()
    text = text.replace("sqlite:///adapter.db", f"sqlite:///{folder}/adapter.db")
    path.write_text(text.replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
    asked = [sys.executable, "-m", "adapter", command, "--log-level", "debug"]
    process = subprocess.Popen(
        [*asked, "--settings", str(path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONWARNINGS": "error"},
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def as_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A command that sets up logging, which must not be ours."""
    asked = [sys.executable, "-m", "adapter", *map(str, arguments)]
    return subprocess.run(asked, check=False, capture_output=True, text=True, timeout=120)


def until_ready(process: subprocess.Popen[str], url: str) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, process.communicate()[1]
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/health/ready", timeout=10).status_code == 200
        return False

    wait_for("readiness of the program", is_ready)


def test_serve_takes_a_message_and_stops_when_told_to(tmp_path: Path) -> None:
    with running("serve", tmp_path) as (process, url):
        until_ready(process, url)
        settings = ("--settings", tmp_path / "region.toml")
        token = run("token", "astad-omsorg", *settings).stdout.strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": FHIR}
        own = NOTE.read_bytes().replace(CASE, b"SE0000000002-ASTAD/A-1")
        answered = httpx.post(
            url + PROCESS,
            content=own,
            headers=headers,
            timeout=60,
        )
        assert answered.status_code == 200
        httpx.get(f"{url}/fhir/Patient?identifier=195009072553")
        process.send_signal(signal.SIGTERM)
        out, lines = process.communicate(timeout=20)
    assert process.returncode == 0, lines
    assert out == ""
    assert all("what" in json.loads(line) for line in lines.splitlines())
    assert not any(identity in lines for identity in IDENTITIES)
    assert token not in lines
    listed = json.loads(run("messages", *settings, "--json").stdout)["messages"]
    assert [m["standing"] for m in listed] == ["processed"]


def test_the_web_part_alone_opens_its_door(tmp_path: Path) -> None:
    with running("web", tmp_path) as (process, url):
        until_ready(process, url)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_worker_opens_no_http_door(tmp_path: Path) -> None:
    with running("worker", tmp_path) as (process, url):
        assert process.stderr is not None
        while json.loads(process.stderr.readline())["what"] != "started":
            pass
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_door_that_is_taken_is_told_and_ends_the_process(tmp_path: Path) -> None:
    with running("serve", tmp_path) as (process, url):
        until_ready(process, url)
        second = as_process("serve", "--settings", tmp_path / "region.toml")
    assert second.returncode == 1
    assert "another program listens there" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_memory_transport_is_not_served() -> None:
    result = as_process("serve", "--settings", SETTINGS)
    assert result.returncode == 1
    assert "memory" in result.stderr


def test_a_level_that_does_not_exist_is_wrong_use() -> None:
    assert run("serve", "--log-level", "loud").exit_code == 2


def test_the_demo_will_not_play_on_a_store_that_is_in_use(office: Office) -> None:
    office.region.accept("hospital", b"{}")
    result = as_process("demo", "--store", office.path)
    assert result.returncode == 2
    assert "name a new one" in result.stderr
