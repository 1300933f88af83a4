"""A store that is full, deleted, moved, damaged, closed or too new: each is told as what it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError
from adapter.core.logs import loggable
from adapter.core.model import Envelope
from adapter.inbound import receive
from adapter.operate import health
from adapter.store import Store, StoreUnavailableError, endpoints, faults
from adapter.store.exclusive_lock import exclusive_lock
from adapter.store.faults import FAULTS, Fault
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.new_store import new_store
from tests.kit.region import Region
from tests.kit.servers import PostgreSQL
from tests.kit.small_disk import fill, fill_inodes, small_disk


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(f"sqlite:///{tmp_path}/adapter.db")
    made.upgrade()
    yield made
    made.close()


def write(store: Store, name: str = "lulea") -> None:
    with store.begin() as tx:
        endpoints.register(tx, [name])


def refused(act: Callable[[], object]) -> StoreUnavailableError:
    with pytest.raises(StoreUnavailableError) as raised:
        act()
    return raised.value


def path_of(store: Store) -> Path:
    assert store.file is not None
    return Path(store.file.path)


def told(store: Store) -> list[str]:
    """What the health says of the store."""
    return [f.why for f in health.survey(store, Settings()).findings if f.name == "store"]


# A file that loses its name while it is open


def delete(path: Path) -> None:
    path.unlink()


def move(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def replace(path: Path) -> None:
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    copy.rename(path)


def delete_log(path: Path) -> None:
    path.with_name(path.name + "-wal").unlink()


LOSSES = {
    Fault.DELETED: delete,
    Fault.MOVED: move,
    Fault.REPLACED: replace,
    Fault.LOG_DELETED: delete_log,
}


@pytest.fixture(params=LOSSES, ids=str)
def loss(request: pytest.FixtureRequest) -> Fault:
    found: Fault = request.param
    return found


def fragment(region: Region) -> None:
    envelope = Envelope(endpoint="lulea", body=b"MSH|", content_type="x-application/hl7-v2+er7")
    receive.keep_fragment(region.store, envelope, region.now)


def from_the_bus(region: Region) -> None:
    region.says("planning", drafts.note(to=(LULEA,)))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)


DOORS: dict[str, Callable[[Region], object]] = {
    "http and mllp": lambda r: r.accept("planning", drafts.dump(drafts.note(to=(LULEA,)))),
    "a fragment": fragment,
    "the bus": from_the_bus,
    "an operator": lambda r: write(r.store),
}


@pytest.mark.parametrize("door", DOORS)
def test_nothing_is_answered_yes_into_a_file_that_lost_its_name(
    tmp_path: Path, loss: Fault, door: str
) -> None:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    write(region.store)
    LOSSES[loss](path_of(region.store))
    for _ in range(5):
        error = refused(lambda: DOORS[door](region))
        assert error.fault is loss
        assert str(path_of(region.store)) in error.detail
    assert told(region.store)[0].endswith(FAULTS[loss].what)
    region.store.close()


def test_a_message_from_the_bus_comes_again_when_the_file_was_deleted(tmp_path: Path) -> None:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    write(region.store)
    path_of(region.store).unlink()
    refused(lambda: from_the_bus(region))
    region.transport.close()
    assert len(list(region.transport.receive(0))) == 1
    region.store.close()


def test_a_file_that_is_moved_back_goes_on(store: Store) -> None:
    write(store)
    path = path_of(store)
    path.rename(path.with_name("elsewhere.db"))
    assert refused(lambda: write(store, "umea")).fault is Fault.MOVED
    path.with_name("elsewhere.db").rename(path)
    write(store, "umea")
    assert told(store) == []


def test_a_new_connection_makes_no_new_file_where_one_was_deleted(store: Store) -> None:
    path = path_of(store)
    with store.read() as tx:
        endpoints.endpoint_of_token(tx, "held, so that the next one opens a connection")
        path.unlink()
        assert refused(lambda: write(store)).fault is Fault.DELETED
    assert not path.exists()


def test_a_stop_in_order_saves_what_a_deleted_log_held(store: Store) -> None:
    path = path_of(store)
    write(store)
    delete_log(path)
    refused(lambda: write(store, "umea"))
    store.close()
    again = Store(f"sqlite:///{path}")
    with again.read() as tx:
        names = tx.execute(sa.text("select name from endpoint")).scalars().all()
    again.close()
    assert {"lulea", "umea"} <= set(names)


# Where the file is


def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "adapter.db"
    error = refused(lambda: write(Store(f"sqlite:///{path}")))
    assert (error.fault, path.exists()) == (Fault.MISSING, False)
    assert str(path) in error.detail


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    lost = Store(f"sqlite:///{tmp_path}/no/such/adapter.db")
    assert refused(lambda: write(lost)).fault is Fault.NO_FOLDER
    assert refused(lost.upgrade).fault is Fault.NO_FOLDER


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    assert refused(lambda: write(Store(f"sqlite:///{tmp_path}"))).fault is Fault.A_FOLDER


def test_a_start_refuses_to_begin_anew_beside_the_log_of_a_lost_file(store: Store) -> None:
    write(store)
    path = path_of(store)
    path.unlink()
    other = Store(f"sqlite:///{path}")
    assert refused(other.upgrade).fault is Fault.LOG_ALONE
    assert not path.exists()


# What is in the file


def scribble(path: Path, start: int) -> None:
    """Write nonsense over all pages from an offset on."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\x5a" * (path.stat().st_size - start))


@pytest.mark.parametrize(
    ("start", "fault"), [(0, Fault.NO_DATABASE_FILE), (3 * 4096, Fault.DAMAGED)]
)
def test_a_damaged_file_is_told_at_the_start_and_by_the_health(
    store: Store, start: int, fault: Fault
) -> None:
    path = path_of(store)
    store.close()
    scribble(path, start)
    again = Store(f"sqlite:///{path}")
    error = refused(again.upgrade)
    assert error.fault is fault
    assert "backup" in error.todo
    assert FAULTS[fault].what in told(again)[0]
    again.close()


def test_damage_in_one_table_is_told_after_a_transaction_met_it(store: Store) -> None:
    with store.read() as tx:
        page = tx.execute(sa.text("select rootpage from sqlite_master where name = 'endpoint'"))
        offset = (page.scalar_one() - 1) * 4096
    path = path_of(store)
    store.close()
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(b"\x5a" * 4096)
    again = Store(f"sqlite:///{path}")
    assert refused(lambda: write(again)).fault is Fault.DAMAGED
    assert again.failed is not None
    assert again.failed.fault is Fault.DAMAGED
    again.close()


def test_a_newer_schema_is_refused_at_the_start_with_both_versions(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(FatalError, match="schema 9999 is newer than this program's") as raised:
        store.upgrade()
    assert "version of the adapter that upgraded the store" in raised.value.todo
    [finding] = [f for f in health.survey(store, Settings()).findings if f.name == "schema"]
    assert "9999 is newer" in finding.why


# Room and rights


def test_a_full_disk_is_told_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8m") as disk:
        region = Region(f"sqlite:///{disk}/adapter.db")
        filler = fill(disk, spare=40_000)
        note = drafts.dump(drafts.note(to=(LULEA,)))
        error = refused(lambda: [region.accept("planning", note) for _ in range(100)])
        assert error.fault is Fault.FULL
        assert "disk is full" in told(region.store)[0]
        filler.unlink()
        write(region.store)
        assert told(region.store) == []
        region.store.close()


def test_a_full_disk_stays_a_finding_though_a_small_write_succeeds(store: Store) -> None:
    with store.begin() as tx:
        pages = tx.execute(sa.text("pragma page_count")).scalar_one()
        tx.execute(sa.text(f"pragma max_page_count = {pages}"))
    with pytest.raises(StoreUnavailableError), store.begin() as tx:
        tx.connection.exec_driver_sql("create table more as select zeroblob(1000000) as filler")
    write(store)
    assert store.failed is not None
    assert store.failed.fault is Fault.FULL


def test_a_disk_without_inodes_is_told_at_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8m,nr_inodes=20") as disk:
        made = new_store(f"sqlite:///{disk}/adapter.db")
        fill_inodes(disk)
        assert refused(lambda: write(made)).fault is Fault.NO_INODES
        assert refused(made.upgrade).fault is Fault.NO_INODES
        assert "inodes" in told(made)[0]
        made.close()


def test_a_disk_with_little_room_is_a_warning_before_it_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=16m") as disk:
        made = new_store(f"sqlite:///{disk}/adapter.db")
        found = [f.why for f in health.survey(made, Settings()).findings if "space" in f.name]
        assert found == [f"SQLite file {disk}/adapter.db: its disk has 15 MiB left"]
        made.close()


def test_a_disk_that_is_mounted_read_only_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8m") as disk:
        made = new_store(f"sqlite:///{disk}/adapter.db")
        made.close()
        os.system(f"mount -o remount,ro {disk}")
        assert refused(lambda: write(made)).fault is Fault.READ_ONLY
        assert refused(made.upgrade).fault is Fault.READ_ONLY
        assert "read-only" in told(made)[0]
        made.close()


# Who may read the files


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_the_files_of_a_store_are_for_their_owner_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        made = Store(f"sqlite:///{tmp_path}/data/adapter.db")
        made.upgrade()
        write(made)
        with exclusive_lock(made, ["work"]):
            files = list((tmp_path / "data").iterdir())
    finally:
        os.umask(before)
    assert {f.name for f in files} == {f"adapter.db{end}" for end in ("", "-wal", "-shm", "-work")}
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    made.close()


def test_a_start_closes_an_older_store_to_others_with_its_log(store: Store) -> None:
    write(store)
    files = [p for p in path_of(store).parent.iterdir() if p.name.startswith("adapter.db")]
    for file in files:
        file.chmod(0o644)
    store.upgrade()
    assert len(files) == 3
    assert {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}


# PostgreSQL


@pytest.mark.servers
@pytest.mark.parametrize(
    ("change", "fault", "named"),
    [
        ({"port": 9}, Fault.NO_SERVER, "127.0.0.1:9"),
        ({"database": "none"}, Fault.NO_DATABASE, "none"),
        ({"username": "nobody_at_all"}, Fault.WRONG_ROLE, "nobody_at_all"),
        ({"host": "no.such.host.invalid"}, Fault.UNKNOWN_HOST, "no.such.host.invalid"),
    ],
    ids=str,
)
def test_a_wrong_address_of_postgresql_is_told_with_place_and_cause(
    postgres_url: str, change: dict[str, Any], fault: Fault, named: str
) -> None:
    url = sa.make_url(postgres_url).set(**change)
    wrong = Store(url.render_as_string(hide_password=False))
    error = refused(lambda: write(wrong))
    assert (error.fault, named in error.detail) == (fault, True), error.detail
    assert told(wrong) == [error.detail]
    wrong.close()


@pytest.mark.servers
def test_a_read_only_server_is_told(postgresql: PostgreSQL) -> None:
    made = new_store(postgresql.fresh())

    def write_read_only() -> None:
        with made.begin() as tx:
            tx.execute(sa.text("set transaction read only"))
            tx.execute(sa.text("delete from endpoint"))

    assert refused(write_read_only).fault is Fault.READ_ONLY
    made.close()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (psycopg.errors.DiskFull(), Fault.FULL),
        (psycopg.errors.TooManyConnections(), Fault.NO_CONNECTION_FREE),
        (psycopg.errors.ReadOnlySqlTransaction(), Fault.READ_ONLY),
        (psycopg.errors.InsufficientPrivilege(), Fault.NOT_PERMITTED),
        (psycopg.errors.UndefinedTable(), Fault.OTHER_SCHEMA),
        (psycopg.errors.DataCorrupted(), Fault.DAMAGED),
        (psycopg.errors.AdminShutdown(), Fault.CONNECTION_LOST),
        (psycopg.OperationalError(), Fault.CONNECTION_LOST),
        (psycopg.errors.DeadlockDetected(), Fault.FAILED),
    ],
)
def test_each_error_of_postgresql_is_one_fault(error: psycopg.Error, fault: Fault) -> None:
    assert faults.of_postgresql(error) is fault


# What a partner reads, and what a log line may hold


def test_a_partner_reads_the_code_and_nothing_of_the_place(store: Store) -> None:
    write(store)
    path_of(store).unlink()
    [issue] = refused(lambda: write(store)).issues
    assert (issue.code, issue.detail) == ("store-unavailable", "")


@given(st.text())
def test_what_libpq_says_becomes_text_for_a_log_line(text: str) -> None:
    assert faults.server_words(text) == loggable(faults.server_words(text))


def test_every_fault_says_what_to_do() -> None:
    assert set(FAULTS) == set(Fault)
    assert all(entry.what and entry.todo.endswith(".") for entry in FAULTS.values())
