"""`check` looks at the store and tries the ports, and names each address with its cause."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.cli import check_ports, check_store, options
from adapter.cli.check_findings import CheckFinding
from adapter.core.endpoint import Endpoint, Settings
from adapter.runner.heartbeat import Heartbeat
from adapter.store import Store
from tests.kit.new_store import new_store
from tests.kit.office import FIXTURES, Office, run
from tests.kit.servers import PostgreSQL
from tests.kit.small_disk import fill, fill_inodes, small_disk


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a store at the newest version."""
    made = f"sqlite:///{tmp_path}/adapter.db"
    new_store(made).close()
    return made


def found(url: str) -> list[tuple[str, str]]:
    return [(f.severity, f.what) for f in check_store.problems(url)]


def test_a_store_of_the_newest_version_has_no_problem(url: str) -> None:
    assert found(url) == []


def test_a_store_that_serve_will_create_is_no_problem(tmp_path: Path) -> None:
    assert found(f"sqlite:///{tmp_path}/adapter.db") == []
    assert found(f"sqlite:///{tmp_path}/data/adapter.db") == []
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_serve_cannot_create_is_an_error_with_its_cause(tmp_path: Path) -> None:
    [(severity, what)] = found(f"sqlite:///{tmp_path}/no/such/adapter.db")
    assert severity == "error"
    assert "its folder does not exist" in what


def test_the_log_of_a_store_that_is_gone_is_an_error(url: str, tmp_path: Path) -> None:
    (tmp_path / "adapter.db").unlink()
    (tmp_path / "adapter.db-wal").write_bytes(b"x")
    [(severity, what)] = found(url)
    assert severity == "error"
    assert "Put the store back beside its -wal file" in what


def test_damage_anywhere_in_the_file_is_an_error(url: str, tmp_path: Path) -> None:
    path = tmp_path / "adapter.db"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096)
        file.write(b"\x5a" * 4096)
    [(severity, what)] = found(url)
    assert severity == "error"
    assert "the file is damaged" in what
    assert "backup" in what


@pytest.mark.parametrize(
    ("version", "severity", "words"),
    [("0005", "warning", "each upgrades the store"), ("9999", "error", "newer than this program")],
)
def test_an_older_schema_is_a_warning_and_a_newer_one_an_error(
    url: str, version: str, severity: str, words: str
) -> None:
    store = Store(url)
    with store.begin() as tx:
        tx.execute(sa.text(f"update alembic_version set version_num = '{version}'"))
    store.close()
    [(told, what)] = found(url)
    assert (told, words in what) == (severity, True)


def test_files_and_folders_that_others_may_use_are_a_warning_with_their_modes(
    url: str, tmp_path: Path
) -> None:
    (tmp_path / "adapter.db").chmod(0o644)
    tmp_path.chmod(0o755)
    assert [(severity, what.partition(", ")[0]) for severity, what in found(url)] == [
        ("warning", f"{tmp_path}/adapter.db has mode 644"),
        ("warning", f"{tmp_path} has mode 755"),
    ]
    tmp_path.chmod(0o700)


def test_a_full_disk_and_one_without_inodes_are_errors(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=4m,nr_inodes=20") as disk:
        made = f"sqlite:///{disk}/adapter.db"
        new_store(made).close()
        assert [severity for severity, _ in found(made)] == ["warning"]  # little room
        filler = fill(disk)
        assert [what for _, what in found(made) if "the disk is full" in what]
        filler.unlink()
        fill_inodes(disk)
        assert [what for _, what in found(made) if "no free inodes" in what]


@pytest.mark.servers
def test_a_privilege_that_the_role_lacks_is_named(postgresql: PostgreSQL) -> None:
    url = postgresql.fresh()
    made = new_store(url)
    database = made.url.database
    with made.begin() as tx:
        tx.execute(sa.text("drop role if exists reader"))
        tx.execute(sa.text("create role reader login password 'reader'"))
        tx.execute(sa.text(f"grant connect on database {database} to reader"))
        tx.execute(sa.text("grant usage on schema public to reader"))
        tx.execute(sa.text("grant select on all tables in schema public to reader"))
        tx.execute(sa.text("grant insert, update, delete on message to reader"))
        tx.execute(sa.text("update alembic_version set version_num = '0005'"))
    as_reader = made.url.set(username="reader", password="reader")
    what = [w for _, w in found(as_reader.render_as_string(hide_password=False))]
    with made.begin() as tx:
        tx.execute(sa.text("drop owned by reader"))
        tx.execute(sa.text("drop role reader"))
    made.close()
    assert "the role lacks the privilege INSERT on delivery" in what
    assert "the role lacks the privilege CREATE on the schema, for the upgrade" in what
    assert not [w for w in what if "on message" in w]


# A command that meets such a store


def test_a_command_tells_an_operator_what_to_do_and_not_a_partner(office: Office) -> None:
    office.region.store.close()
    office.path.write_bytes(b"no database" * 1000)
    result = office.run("dead")
    assert result.exit_code == 1
    assert f"{office.path}: the file is no SQLite database" in result.stderr
    assert "Send the same message again later" not in result.stderr
    assert "To do: " in result.stderr


def test_a_command_on_a_newer_store_names_both_versions(office: Office) -> None:
    with office.region.store.begin() as tx:
        tx.execute(sa.text("update alembic_version set version_num = '9999'"))
    result = office.run("dead")
    assert result.exit_code == 1
    assert "its schema 9999 is newer than this program's" in result.stderr


@pytest.mark.parametrize("command", ["serve", "worker", "web"])
def test_a_start_with_a_damaged_store_says_so(tmp_path: Path, command: str) -> None:
    (tmp_path / "adapter.db").write_bytes(b"no database" * 1000)
    text = (FIXTURES / "web" / "region.toml").read_text()
    path = tmp_path / "region.toml"
    path.write_text(text.replace("sqlite:///adapter.db", f"sqlite:///{tmp_path}/adapter.db"))
    result = run(command, "--settings", path)
    assert result.exit_code == 1
    assert f"{tmp_path}/adapter.db: the file is no SQLite database" in result.stderr


# Ports


@contextmanager
def listening() -> Iterator[str]:
    """The address of another program."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield f"127.0.0.1:{other.getsockname()[1]}"


def ports(settings: Settings) -> list[CheckFinding]:
    return list(check_ports.problems(settings))


def journal(listen: str) -> Endpoint:
    return Endpoint(
        name="journal", organization="SE1-J", system="hl7v2", transport="mllp", listen=listen
    )


def test_ports_that_are_free_are_no_problem_and_stay_free(url: str) -> None:
    with listening() as address:
        pass
    settings = Settings(store=url, web=address, endpoints=(journal("127.0.0.1:0"),))
    assert ports(settings) == []
    assert ports(settings) == []


def test_a_port_that_another_program_has_is_an_error_with_its_address(url: str) -> None:
    with listening() as address:
        [web] = ports(Settings(store=url, web=address))
        [mllp] = ports(Settings(store=url, web="127.0.0.1:0", endpoints=(journal(address),)))
    assert (web.severity, web.where) == ("error", "web")
    assert f"{address}: another program listens there" in web.what
    assert (mllp.where, address in mllp.what) == ("journal.listen", True)


def test_a_port_that_the_running_adapter_has_is_no_problem(url: str) -> None:
    store = Store(url)
    heartbeat = Heartbeat(store, "serve", Settings(), options.now, tuple, bool)
    heartbeat.beat()
    with listening() as address:
        assert ports(Settings(store=url, web=address)) == []
        heartbeat.leave()
        assert len(ports(Settings(store=url, web=address))) == 1
    store.close()


@pytest.mark.waits
def test_an_address_of_another_machine_is_an_error(url: str) -> None:
    [finding] = ports(Settings(store=url, web="192.0.2.1:8080"))
    assert "192.0.2.1:8080: this machine has no such address" in finding.what


def test_check_lists_a_taken_port_with_everything_else(tmp_path: Path) -> None:
    with listening() as address:
        text = (FIXTURES / "web" / "region.toml").read_text()
        path = tmp_path / "region.toml"
        text = text.replace("sqlite:///adapter.db", f"sqlite:///{tmp_path}/adapter.db")
        path.write_text(text.replace("127.0.0.1:8080", address))
        result = run("check", "--settings", path, "--json")
    assert [f["where"] for f in json.loads(result.stdout)["findings"]] == ["web"]
    assert os.listdir(tmp_path) == ["region.toml"]
