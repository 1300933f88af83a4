"""`adapter purge` says what it would purge, and purges it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from adapter.core.jobs import Act
from adapter.operate import jobs
from adapter.store import cases, stays
from adapter.store.queries.chosen import Wanted
from tests.kit.office import Office
from tests.kit.region import T0

NAME = "SE2120001111-SJUKHUS/7"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with a stay that was discharged long ago, and that nobody was told of."""
    office = Office(tmp_path)
    with office.region.store.begin() as tx:
        id_ = cases.open_case(tx, [NAME], "digest", T0 - timedelta(days=100)).id
        cases.save(tx, id_, discharged_at=T0 - timedelta(days=90))
        stays.save(tx, id_, "{}", T0)
    return office


def test_a_dry_run_lists_the_cases_and_changes_nothing(office: Office) -> None:
    for _ in range(2):
        printed = office.run("purge", "--dry-run").stdout
        assert "0 messages of 1 case would be purged" in printed
        assert NAME in printed


def test_a_purge_says_what_it_did_and_finds_nothing_after(office: Office) -> None:
    assert "0 messages of 1 case are purged" in office.run("purge").stdout
    assert "0 messages of 0 cases are purged" in office.run("purge").stdout
    assert office.history("purged") == [("", "0 messages")]


def test_the_ids_of_old_jobs_are_purged_too(office: Office) -> None:
    office.dies()
    long_ago = T0 - timedelta(days=100)
    order = jobs.Order(act=Act.TAKE, who="Ann")
    job = jobs.start(office.region.store, order, Wanted(code="refused"), T0)
    jobs.run(office.region.store, office.region.network, job.id, lambda: long_ago)
    assert "1 id of old jobs would be removed" in office.run("purge", "--dry-run").stdout
    assert office.data("purge", "--dry-run")["ids_of_jobs"] == 1
    assert "1 id of old jobs is removed" in office.run("purge").stdout
    assert "0 ids of old jobs are removed" in office.run("purge").stdout
    assert job.id in office.run("jobs").stdout
    assert f"{job.id} forgotten: 1 of 1 taken" in office.run("jobs", "show", job.id).stdout


def test_a_program_gets_the_cases_with_their_names(office: Office) -> None:
    printed = office.data("purge", "--dry-run")
    assert printed["dry_run"] is True
    [case] = printed["bodies"]
    assert (case["name"], case["messages"]) == (NAME, 0)
    assert printed["names"] == []
