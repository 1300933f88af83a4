"""`adapter backup`: a whole copy of the store while it is in use, for its owner alone."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.store import Store, endpoints
from tests.kit.office import Office, run
from tests.kit.small_disk import small_disk


def names(path: Path) -> set[str]:
    """The endpoints in a store."""
    copy = Store(f"sqlite:///{path}")
    with copy.read() as tx:
        found = set(tx.execute(sa.text("select name from endpoint")).scalars())
    copy.close()
    return found


def test_a_backup_has_what_only_the_log_of_the_running_store_has(office: Office) -> None:
    with office.region.store.begin() as tx:
        endpoints.register(tx, ["newest"])
    target = office.path.with_name("backups") / "now.db"
    result = office.run("backup", target)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{target} written: ")
    assert "newest" in names(target)
    assert b"newest" not in office.path.read_bytes()  # what `cp` would have copied


@pytest.mark.parametrize("umask", [0o000, 0o277])
def test_a_backup_and_its_new_folder_are_for_their_owner_alone(office: Office, umask: int) -> None:
    target = office.path.with_name("backups") / "now.db"
    before = os.umask(umask)
    try:
        written = json.loads(office.run("backup", target, "--json").stdout)
    finally:
        os.umask(before)
    assert [f.name for f in target.parent.iterdir()] == ["now.db"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
    assert written == {"file": str(target), "size": target.stat().st_size, "schema": "0019"}


def test_a_backup_overwrites_nothing(office: Office) -> None:
    target = office.path.with_name("now.db")
    target.write_text("mine")
    result = office.run("backup", target)
    assert result.exit_code == 2
    assert "is not overwritten" in " ".join(result.stderr.replace("│", " ").split())
    assert target.read_text() == "mine"


def test_a_link_to_nowhere_is_not_overwritten_either(office: Office) -> None:
    link = office.path.with_name("link.db")
    link.symlink_to(office.path.with_name("nowhere.db"))
    result = office.run("backup", link)
    assert result.exit_code == 2
    words = "".join(result.stderr.replace("│", "").split())
    assert "link.dbexistsandisnotoverwritten" in words
    assert not link.exists()


def test_a_backup_while_others_write_is_one_picture(office: Office) -> None:
    stop = threading.Event()
    store = office.region.store

    def write() -> None:
        number = 0
        while not stop.is_set():
            with store.begin() as tx:  # both or neither
                endpoints.register(tx, [f"first-{number}", f"second-{number}"])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        targets = [office.path.with_name(f"{n}.db") for n in range(3)]
        results = [office.run("backup", target) for target in targets]
    finally:
        stop.set()
        writer.join()
    assert {r.exit_code for r in results} == {0}
    for target in targets:
        kept = names(target)
        firsts = {n.partition("-")[2] for n in kept if n.startswith("first-")}
        assert firsts == {n.partition("-")[2] for n in kept if n.startswith("second-")}


def test_a_backup_without_room_says_so_and_leaves_nothing(office: Office, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=64k") as disk:
        result = office.run("backup", disk / "now.db")
        assert result.exit_code == 2
        assert "the disk is full" in " ".join(result.stderr.replace("│", " ").split())
        assert list(disk.iterdir()) == []


def test_a_store_that_is_not_there_has_no_backup(tmp_path: Path) -> None:
    result = run("backup", tmp_path / "now.db", "--store", tmp_path / "none.db")
    assert result.exit_code == 1
    assert "there is no such file" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_postgresql_has_a_program_of_its_own(tmp_path: Path) -> None:
    target = tmp_path / "now.db"
    result = run("backup", target, "--store", "postgresql://127.0.0.1:9/adapter")
    assert result.exit_code == 1
    assert "pg_dump" in result.stderr
