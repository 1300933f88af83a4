"""`init` and `check`: a file to begin with, and everything that is wrong told together."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter import mappings
from adapter.cli import check_certificates, check_routes
from adapter.core import certificates
from adapter.core.endpoint import Endpoint, Route, Settings
from adapter.core.model import Event, Need
from adapter.settings.network import Network
from adapter.store import Store
from tests.kit.office import FIXTURES, SETTINGS, run
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.written_settings import at_free_ports

MakeCertificate = Callable[..., Path]


def found(path: Path) -> list[dict[str, str]]:
    result = run("check", "--settings", path, "--json")
    findings: list[dict[str, str]] = json.loads(result.stdout)["findings"]
    assert result.exit_code == (1 if any(f["severity"] == "error" for f in findings) else 0)
    return findings


@pytest.mark.waits
def test_a_written_file_passes_check_and_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "adapter.toml"
    written = run("init", path)
    assert written.exit_code == 0
    assert "adapter check" in written.stdout
    at_free_ports(path)
    checked = run("check", "--settings", path)
    assert checked.exit_code == 0
    assert checked.stdout.startswith("No problem found.\n")
    assert [p.name for p in tmp_path.iterdir()] == ["adapter.toml"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "adapter.toml"
    path.write_text("mine")
    result = run("init", path)
    assert result.exit_code == 1
    assert f"{path} exists already, and is not overwritten." in result.stderr
    assert "name another file" in result.stderr
    assert "not valid" not in result.stderr
    assert path.read_text() == "mine"


def test_the_file_can_be_seen_first() -> None:
    assert "[[endpoint]]" in run("init", "-").stdout


def test_a_folder_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert run("init", tmp_path / "none" / "adapter.toml").exit_code == 2


@pytest.mark.waits
def test_problems_of_the_settings_are_listed_together(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    text = SETTINGS.read_text().replace('municipality = "2580"', 'municipality = "9999"')
    path.write_text(f'{text}\n[[route]]\nevents = ["message"]\nto = ["nobody"]\n')
    told = [f["where"] for f in found(path) if f["area"] == "settings"]
    assert "endpoint[2].municipality" in told
    assert any(where.startswith("route[0].to") for where in told)
    assert "memory" in run("check", "--settings", path).stdout


@pytest.mark.waits
def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    result = run("check", "--settings", tmp_path / "none.toml")
    assert result.exit_code == 1
    assert "adapter init" in result.stdout


def region(tmp_path: Path, **changes: str) -> Path:
    """The settings of the HTTP tests beside their own store, some lines changed."""
    path = tmp_path / "region.toml"
    text = (FIXTURES / "web" / "region.toml").read_text()
    text = text.replace("sqlite:///adapter.db", f"sqlite:///{tmp_path}/adapter.db")
    text = text.replace("127.0.0.1:8080", "127.0.0.1:0")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    path.write_text(text)
    return path


def shown(path: Path) -> list[str]:
    return run("check", "--settings", path).stdout.splitlines()


@pytest.mark.waits
def test_the_written_file_has_one_receiver_for_each_need(tmp_path: Path) -> None:
    path = tmp_path / "adapter.toml"
    run("init", path)
    checked = json.loads(run("check", "--settings", path, "--json").stdout)
    assert len(checked["coverage"]) == 6
    assert {row["coverage"] for row in checked["coverage"]} == {"one"}
    assert {tuple(row["planning"]) for row in checked["coverage"]} == {("planning",)}


@pytest.mark.waits
def test_check_marks_needs_that_nobody_or_several_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "adapter.toml"
    text = run("init", "-").stdout.replace('["primary-care"]', '["social-services"]')
    path.write_text(text)
    rows = [line.split(maxsplit=4)[2:4] for line in shown(path) if line.startswith("2580")]
    assert rows == [
        ["social-services", "several:"],
        ["municipal-health-care", "lulea"],
        ["primary-care", "nobody"],
    ]
    assert [line.partition(":")[0] for line in shown(path) if ": " in line][-2:] == [
        "nobody",
        "several",
    ]


@pytest.mark.waits
def test_check_shows_whose_stays_an_endpoint_tells_of_and_for_whom_it_carries(
    tmp_path: Path,
) -> None:
    path = tmp_path / "adapter.toml"
    more = 'tells_for = ["SE0000000010-PSYKIATRI"]\ncarries_for = ["2580", '
    path.write_text(run("init", "-").stdout.replace("carries_for = [", more))
    (planning,) = [line for line in shown(path) if line.startswith("planning ")]
    assert "those of SE0000000010-PSYKIATRI" in planning
    assert "2580 Luleå, 2582 Boden" in planning


@pytest.mark.waits
def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    away = "postgresql://adapter:geheim@127.0.0.1:9/adapter"
    told = found(region(tmp_path, **{f"sqlite:///{tmp_path}/adapter.db": away}))
    assert [f["area"] for f in told if f["severity"] == "error"] == ["store"]
    assert "geheim" not in json.dumps(told)


@pytest.mark.servers
def test_postgresql_that_does_not_keep_what_it_commits_is_refused(
    tmp_path: Path, postgresql: PostgreSQL
) -> None:
    url = postgresql.fresh()
    path = region(tmp_path, **{f"sqlite:///{tmp_path}/adapter.db": url})
    assert [f for f in found(path) if f["area"] == "store"] == []
    store = Store(url)
    name = store.url.database
    with store.begin() as tx:
        tx.connection.exec_driver_sql(f"alter database {name} set synchronous_commit = off")
    store.close()
    told = [f for f in found(path) if f["area"] == "store"]
    assert [f["severity"] for f in told if "synchronous_commit = off" in f["what"]] == ["error"]


@pytest.mark.servers
def test_a_broker_is_asked_whether_its_queues_are_as_they_must_be(
    tmp_path: Path, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = region(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ADAPTER_BROKER", rabbitmq.fresh())
    [unseen] = [f for f in found(path) if f["area"] == "broker"]
    assert (unseen["severity"], unseen["where"]) == ("warning", "permissions")
    assert unseen["what"].startswith("could not be seen: there is no broker_management")
    monkeypatch.setenv("ADAPTER_BROKER", "amqp://nobody:wrong@127.0.0.1:9/")
    told = [f for f in found(path) if f["area"] == "broker"]
    assert [f["severity"] for f in told] == ["error", "warning"]
    assert "wrong" not in str(told)


@pytest.mark.servers
def test_users_of_the_broker_who_could_do_too_much_are_named_by_check(
    tmp_path: Path, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, url = region(tmp_path), rabbitmq.fresh()
    stanza = (
        '\n[[endpoint]]\nname = "{0}"\norganization = "SE0000000077-{0}"\nsystem = "fhir"\n'
        'transport = "rabbitmq"\nbroker_user = "{0}"\nowner = "The test, 000-00 00 00"\n'
    )
    with path.open("a", encoding="utf-8") as file:
        file.write(stanza.format("lulea") + stanza.format("planning"))
    rights = [r"^$", r"^care\.in$", r"\.inbox$"]
    rabbitmq.control("set_permissions", "-p", urlsplit(url).path[1:], "planning", *rights)
    monkeypatch.setenv("ADAPTER_BROKER", url)
    for name, value in rabbitmq.tool_environment().items():
        monkeypatch.setenv(name, value)
    told = [f for f in found(path) if f["area"] == "broker" and f["where"] == "user planning"]
    assert [(f["severity"], f["what"]) for f in told] == [
        ("error", "user planning of planning could read what is sent to lulea")
    ]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> MakeCertificate:
    """Makes a certificate with its key, valid for so many days."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the program openssl to make certificates")
    folder = tmp_path_factory.mktemp("certificates")

    def make(name: str, days: int = 3650) -> Path:
        path = folder / f"{name}.pem"
        asked = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        files = ["-nodes", "-keyout", str(folder / f"{name}.key"), "-out", str(path)]
        more = ["-days", str(days), "-subj", f"/CN={name}"]
        subprocess.run([*asked, *files, *more], check=True, capture_output=True)
        return path

    return make


def endpoint(**more: Any) -> Endpoint:
    return Endpoint(name="plan", organization="SE1-X", system="fhir", transport="http", **more)


def test_a_certificate_is_told_before_it_ends_and_after(made: MakeCertificate) -> None:
    path = made("ending", days=100)
    one = endpoint(certificate_file=str(path), key_file=str(path.with_suffix(".key")))
    (ends,) = [certificates.not_after(der) for der in certificates.certificates(path)]
    assert timedelta(days=99) < ends - datetime.now(UTC) < timedelta(days=101)

    def severities(at: datetime) -> list[str]:
        return [f.severity for f in check_certificates.problems(one, at)]

    assert severities(ends - timedelta(days=31)) == []
    assert severities(ends - timedelta(days=29)) == ["warning"]
    assert severities(ends + timedelta(seconds=1)) == ["error"]


def test_the_end_of_a_certificate_is_read_as_openssl_reads_it(made: MakeCertificate) -> None:
    path = made("compared", days=20_000)  # beyond 2049: the other form of time
    asked = ["openssl", "x509", "-noout", "-enddate", "-in", str(path)]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    seconds = ssl.cert_time_to_seconds(told.strip().partition("=")[2])
    (der,) = certificates.certificates(path)
    assert certificates.not_after(der).timestamp() == seconds


def key_findings(certificate: Path, key: Path | None) -> list[tuple[str, str]]:
    pair = endpoint(certificate_file=str(certificate), key_file=str(key or ""))
    return [(f.where, f.what) for f in check_certificates.problems(pair, datetime.now(UTC))]


def test_a_key_of_another_certificate_is_told(made: MakeCertificate) -> None:
    path, other = made("one"), made("other").with_suffix(".key")
    what = f"{other} is not the key of the certificate in {path}"
    assert key_findings(path, other) == [("plan.key_file", what)]


def test_a_key_with_a_password_is_told_as_that(made: MakeCertificate) -> None:
    path = made("locked")
    key, locked = path.with_suffix(".key"), path.with_name("locked.enc")
    asked = ["openssl", "pkey", "-aes256", "-passout", "pass:x", "-in", str(key)]
    subprocess.run([*asked, "-out", str(locked)], check=True, capture_output=True)
    what = f"{locked} has a password: give a key without one"
    assert key_findings(path, locked) == [("plan.key_file", what)]


def test_a_key_file_without_a_whole_key_is_told(made: MakeCertificate) -> None:
    path, key = made("whole"), made("cut").with_suffix(".key")
    key.write_text(key.read_text()[:90] + "\n-----END PRIVATE KEY-----\n")
    assert key_findings(path, path) == [("plan.key_file", f"{path} holds no private key")]
    assert key_findings(path, None) == [("plan.key_file", f"{path} holds no private key")]
    assert key_findings(path, key) == [("plan.key_file", f"{key} holds a broken private key")]
    missing = path.with_name("none.key")
    what = f"{missing} cannot be read: No such file or directory"
    assert key_findings(path, missing) == [("plan.key_file", what)]
    what = f"{missing} cannot be read: No such file or directory"
    assert key_findings(missing, path) == [("plan.certificate_file", what)]


def test_a_file_that_holds_no_certificate_is_told() -> None:
    one = endpoint(ca_file=str(FIXTURES / "settings" / "ca.pem"))
    [told] = check_certificates.problems(one, datetime.now(UTC))
    assert (told.severity, told.what) == ("error", f"{one.ca_file} holds no certificate")


def test_a_certificate_file_that_cannot_be_read_is_named_with_the_cause(tmp_path: Path) -> None:
    one = endpoint(ca_file=str(tmp_path / "none.pem"))
    [told] = check_certificates.problems(one, datetime.now(UTC))
    assert told.what == f"{one.ca_file} cannot be read: No such file or directory"


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reading_of_certificates_fall(der: bytes) -> None:
    with suppress(ValueError):
        certificates.not_after(der)


def network(*routes: Route, **systems: str) -> Network:
    endpoints = tuple(
        Endpoint(
            name=name,
            organization=f"SE1-{name.upper()}",
            system=system,
            transport="http",
            address="http://127.0.0.1:9/",
            municipality="2580" if name == "lulea" else "",
        )
        for name, system in systems.items()
    )
    return Network(settings=Settings(endpoints=endpoints, routes=routes), systems=mappings.load())


def told(found: Network) -> list[tuple[str, str]]:
    return [(f.severity, f.what) for f in check_routes.problems(found)]


def test_a_route_whose_sender_cannot_be_read_is_an_error() -> None:
    route = Route(events=(Event.CARE_PLAN,), senders=("journal",), to=("lulea",))
    assert ("error", "journal: hl7v2 does not read care-plan") in told(
        network(route, journal="hl7v2", lulea="fhir")
    )


def test_a_route_whose_receiver_cannot_be_written_to_is_an_error() -> None:
    route = Route(events=(Event.MESSAGE,), to=("municipality-of-patient",))
    assert ("error", "lulea: hl7v2 does not write message") in told(
        network(route, planning="fhir", lulea="hl7v2")
    )


def test_an_event_that_nobody_can_send_is_an_error() -> None:
    route = Route(events=(Event.CARE_PLAN,), to=())
    assert told(network(route, journal="hl7v2"))[0] == (
        "error",
        "no endpoint's system reads care-plan",
    )


def test_a_receiver_of_stays_that_cannot_be_told_of_them_is_an_error() -> None:
    mute = replace(endpoint(address="http://127.0.0.1:9/"), system="hl7v2")
    receiver = replace(mute, serves=(Need.SOCIAL_SERVICES,))

    def errors(made: Endpoint) -> list[str]:
        known = Network(settings=Settings(endpoints=(made,)), systems=mappings.load())
        return [what for severity, what in told(known) if severity == "error"]

    assert errors(mute) == []
    (what,) = errors(receiver)
    assert what.startswith("plan: hl7v2 does not write admission-notice, admission-updated")


def test_a_route_to_nobody_is_a_warning() -> None:
    route = Route(events=(Event.MESSAGE,), to=("municipality-of-patient",))
    assert told(network(route, planning="fhir")) == [("warning", "message has no receiver")]


def test_a_sender_that_cannot_be_told_of_failures_or_answers_is_a_warning() -> None:
    ((severity, what),) = told(network(journal="hl7v2"))
    assert severity == "warning"
    assert what.startswith("journal: hl7v2 does not write answer, reply, delivery-report: each")
