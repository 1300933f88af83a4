"""The ids of old jobs are removed; what the job was stays, and the history too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapter.core.errors import FatalError
from adapter.core.jobs import Act, JobState
from adapter.operate import jobs
from adapter.operate.jobs import Order
from adapter.store import jobs as stored
from adapter.store.job_tables import job_row
from adapter.store.jobs import Job
from adapter.store.queries.chosen import Wanted
from tests.kit import drafts
from tests.kit.region import Region

REPLAY = Order(act=Act.REPLAY, who="Ann", reason="corrected")
KEPT = timedelta(days=90)


@pytest.fixture
def job(region: Region) -> Job:
    """A job of three dead letters that has been done."""
    for visit in ("V1", "V2", "V3"):
        region.receipt("lulea", region.tells("hospital", drafts.note(visit=visit)), "fatal-error")
    started = jobs.start(region.store, REPLAY, Wanted(code="refused"), region.now)
    return jobs.run(region.store, region.network, started.id, lambda: region.now)


def forgot(region: Region, after: timedelta) -> int:
    """Forget what is old after a time; return how many ids were removed."""
    region.now += after
    return jobs.forget(region.store, region.network.settings, region.now)


def forgettable(region: Region) -> int:
    """How many ids a purge would remove now."""
    return jobs.forgettable(region.store, region.network.settings, region.now)


def state(region: Region, id_: str) -> JobState:
    with region.store.read() as tx:
        return stored.get(tx, id_).status


def test_the_ids_of_a_job_are_kept_as_long_as_the_settings_say(region: Region, job: Job) -> None:
    assert forgot(region, KEPT - timedelta(seconds=1)) == 0
    assert (state(region, job.id), len(region.rows(job_row))) == (JobState.DONE, 3)
    assert forgot(region, timedelta(seconds=2)) == 3
    assert region.rows(job_row) == []
    with region.store.read() as tx:
        left = stored.get(tx, job.id)
    assert (left.status, left.done, left.total, left.who) == (JobState.FORGOTTEN, 3, 3, "Ann")
    assert job.id in region.history("job-forgotten")[0]["detail"]
    assert forgot(region, KEPT) == 0, "and only once"


def test_other_times_can_be_set(region: Region, job: Job) -> None:
    region.with_settings(keep_jobs=timedelta(days=1))
    assert forgot(region, timedelta(days=2)) == 3


def test_many_ids_are_removed_in_parts(
    region: Region, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AT_ONCE", 2)
    assert (forgettable(region), forgot(region, KEPT * 2)) == (0, 2)
    assert (forgettable(region), forgot(region, KEPT)) == (1, 1), "what is left is told"
    assert (forgettable(region), forgot(region, KEPT)) == (0, 0)


def test_a_stopped_job_is_not_resumed_after_that(
    region: Region, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note(visit="V4")), "fatal-error")
    other = jobs.start(region.store, REPLAY, Wanted(code="refused"), region.now)
    jobs.stop(region.store, other.id, "Bo", region.now)
    assert forgot(region, KEPT * 2) == 3
    assert forgot(region, timedelta(0)) == 1
    with pytest.raises(FatalError, match="resume while forgotten"):
        jobs.resume(region.store, other.id, "Bo", region.now)


def test_a_running_job_keeps_its_ids_however_old(region: Region) -> None:
    region.receipt("lulea", region.tells("hospital", drafts.note()), "fatal-error")
    started = jobs.start(region.store, REPLAY, Wanted(code="refused"), region.now)
    assert forgot(region, KEPT * 9) == 0
    assert state(region, started.id) is JobState.RUNNING
