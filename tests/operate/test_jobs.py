"""Replay, discard and take everything of one cause: frozen ids, parts, stop, and going on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapter.core.errors import FatalError
from adapter.core.jobs import JOBS, Act, JobState, JobStep, advance_job
from adapter.operate import health, jobs, replay
from adapter.operate.forecast import Forecast, forecast
from adapter.operate.jobs import Order
from adapter.operate.verdicts import Asked
from adapter.store import items
from adapter.store import jobs as stored
from adapter.store.items import Item
from adapter.store.jobs import Job
from adapter.store.queries.chosen import Wanted
from adapter.store.tables import delivery
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import Region

REFUSED = Wanted(code="refused")
REPLAY = Order(act=Act.REPLAY, who="Ann", reason="corrected")


def dies(region: Region, *visits: str) -> list[str]:
    """Let Luleå refuse a message of each visit; return the ids of the dead deliveries."""
    for visit in visits:
        region.receipt("lulea", region.tells("hospital", drafts.note(visit=visit)), "fatal-error")
    return [str(row["id"]) for row in region.deliveries(event="message", state="dead")]


def started(region: Region, order: Order = REPLAY, wanted: Wanted = REFUSED) -> Job:
    """Start a job now."""
    return jobs.start(region.store, order, wanted, region.now)


def ran(region: Region, id_: str) -> Job:
    """Work on a job until it is done or stopped."""
    return jobs.run(region.store, region.network, id_, lambda: region.now)


def foreseen(region: Region, act: Act = Act.REPLAY, wanted: Wanted = REFUSED) -> Forecast:
    """Make the dry run."""
    return forecast(region.store, region.network, Asked(act=act), wanted, region.now)


def states(region: Region) -> list[str]:
    return [str(row["state"]) for row in region.deliveries(event="message")]


def test_a_job_replays_everything_of_its_cause_once(region: Region) -> None:
    ids = dies(region, "V1", "V2", "V3")
    job = started(region)
    assert (job.status, job.total, job.position) == (JobState.RUNNING, 3, 0)
    assert states(region) == ["dead"] * 3, "to start it does nothing yet"
    job = ran(region, job.id)
    assert (job.status, job.done, job.refused) == (JobState.DONE, 3, 0)
    assert states(region) == ["waiting"] * 3
    lines = region.history("replayed")
    assert [row["delivery_id"] for row in lines] == ids
    assert {(row["who"], row["detail"]) for row in lines} == {("Ann", f"corrected ({job.id})")}
    region.turn()
    assert len(region.events("lulea")) == 6


def test_what_dies_after_the_start_is_not_of_the_job(region: Region) -> None:
    dies(region, "V1")
    job = started(region)
    dies(region, "V2")
    assert ran(region, job.id).total == 1
    assert states(region) == ["waiting", "dead"]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (Wanted(endpoint="lulea"), 2),
        (Wanted(endpoint="umea"), 0),
        (Wanted(code="expired"), 0),
        (Wanted(event="message"), 2),
        (Wanted(event="care-plan"), 0),
    ],
)
def test_what_is_wanted_is_chosen(region: Region, wanted: Wanted, number: int) -> None:
    dies(region, "V1", "V2")
    assert started(region, wanted=wanted).total == foreseen(region, wanted=wanted).would == number


def test_a_job_says_in_words_by_what_its_ids_were_chosen(region: Region) -> None:
    wanted = Wanted(code="refused", endpoint="lulea", since=region.now, until=region.now)
    assert started(region, wanted=wanted).chosen_by == (
        "cause refused, endpoint lulea, since 2026-03-02 10:00"
    )


def test_time_is_when_a_delivery_became_dead(region: Region) -> None:
    dies(region, "V1")
    region.now += timedelta(hours=1)
    dies(region, "V2")
    since = region.now - timedelta(minutes=30)
    assert foreseen(region, wanted=Wanted(since=since)).would == 1
    assert foreseen(region, wanted=Wanted(until=since)).would == 1


def test_parts_are_of_one_transaction_each_and_none_is_done_twice(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PART", 2)
    dies(region, "V1", "V2", "V3", "V4", "V5")
    job = started(region)
    jobs.work(region.store, region.network, job.id, region.now)
    assert states(region) == ["waiting"] * 2 + ["dead"] * 3

    calls = []

    def killed(*_: object, **__: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(replay.history, "of_delivery", killed)
        with pytest.raises(KeyboardInterrupt):
            ran(region, job.id)
    assert states(region) == ["waiting"] * 2 + ["dead"] * 3, "half a part is nothing"
    assert ran(region, job.id).done == 5
    assert len(region.history("replayed")) == 5


def test_a_stopped_job_does_nothing_until_it_is_resumed(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PART", 1)
    dies(region, "V1", "V2")
    job = started(region)
    jobs.work(region.store, region.network, job.id, region.now)
    assert jobs.stop(region.store, job.id, "Bo", region.now).position == 1
    assert ran(region, job.id).status is JobState.STOPPED
    assert states(region) == ["waiting", "dead"]
    with pytest.raises(FatalError, match=f"illegal-transition.*{job.id}: stop while stopped"):
        jobs.stop(region.store, job.id, "Bo", region.now)
    jobs.resume(region.store, job.id, "Bo", region.now)
    assert ran(region, job.id).done == 2
    words = ("job-started", "job-stopped", "job-resumed", "job-done")
    assert [region.history(word)[0]["who"] for word in words] == ["Ann", "Bo", "Bo", ""]


def test_what_is_no_longer_dead_is_refused_by_the_state_table_and_the_rest_is_done(
    region: Region,
) -> None:
    first, _ = dies(region, "V1", "V2")
    job = started(region)
    with region.store.begin() as tx:
        replay.discard(tx, region.network, first, who="Bo", reason="phoned", now=region.now)
    job = ran(region, job.id)
    assert (job.done, job.refused) == (1, 1)
    with region.store.read() as tx:
        [refusal] = stored.refusals(tx, job.id)
    assert (refusal.code, refusal.count, refusal.example) == ("illegal-transition", 1, first)
    assert refusal.why == f"{first}: replay while discarded"


def test_a_dry_run_says_how_many_where_and_what_would_be_refused(region: Region) -> None:
    first, _ = dies(region, "V1", "V2")
    region.receipt("lulea", region.tells("hospital", drafts.note("2", visit="V1", minutes=5)))
    found = foreseen(region)
    [group] = found.groups.values()
    assert (group.kind, group.endpoint, group.event) == ("delivery", "lulea", "message")
    assert (group.would, group.refused, group.seen_twice) == (1, 1, 0)
    assert (found.refusals["overtaken"].example, found.refusals["overtaken"].count) == (first, 1)
    assert states(region)[:2] == ["dead", "dead"]
    job = ran(region, started(region).id)
    assert (job.done, job.refused) == (found.would, found.refused)


def test_deliveries_that_are_replayed_together_do_not_overtake_each_other(region: Region) -> None:
    for minute in (0, 1):
        content = region.tells("hospital", drafts.note(str(minute), minutes=minute))
        region.receipt("lulea", content, "transient-error")
    with region.store.begin() as tx:
        tx.execute(delivery.update().where(delivery.c.event == "message").values(state="dead"))
    wanted = Wanted(endpoint="lulea", event="message")
    assert (foreseen(region, wanted=wanted).would, foreseen(region, wanted=wanted).refused) == (
        2,
        0,
    )
    assert ran(region, started(region, wanted=wanted).id).refused == 0


def test_an_item_is_discarded_and_taken_and_never_replayed(region: Region) -> None:
    new = Item(what="late-word", message_id="m-1", endpoint="hospital", since=region.now)
    with region.store.begin() as tx:
        items.open_item(tx, new)
    wanted = Wanted(code="late-word")
    assert foreseen(region, Act.REPLAY, wanted).refused == 1
    take = Order(act=Act.TAKE, who="Bo")
    assert ran(region, started(region, take, wanted).id).done == 1
    with region.store.read() as tx:
        assert items.listing(tx)[0].taken_by == "Bo"
    discard = Order(act=Act.DISCARD, who="Ann", reason="phoned")
    assert ran(region, started(region, discard, wanted).id).done == 1
    with region.store.read() as tx:
        assert items.listing(tx) == []


def test_a_dead_message_is_tried_and_the_dry_run_tells_who_would_get_it(region: Region) -> None:
    region.tells("hospital", drafts.note(to=()))
    wanted = Wanted(code="no-route")
    assert foreseen(region, wanted=wanted).nobody.total() == 1
    assert region.messages(standing="dead")
    assert ran(region, started(region, wanted=wanted).id).done == 1
    assert region.messages()[0]["standing"] == "received"


def test_an_endpoint_that_left_the_settings_is_refused_and_said_so(region: Region) -> None:
    dies(region, "V1")
    others = tuple(e for e in region.network.settings.endpoints if e.name != "lulea")
    region.with_settings(endpoints=others)
    assert foreseen(region).refusals["settings"].count == 1
    assert ran(region, started(region).id).refused == 1


def test_a_worker_goes_on_with_a_job_that_nobody_works_on(region: Region) -> None:
    dies(region, "V1", "V2")
    job = started(region)
    assert jobs.run_left_alone(region.store, region.network, region.now) == 0
    region.now += jobs.LEFT_ALONE + timedelta(seconds=1)
    assert jobs.run_left_alone(region.store, region.network, region.now) == 2
    assert jobs.run_left_alone(region.store, region.network, region.now) == 0
    with region.store.read() as tx:
        assert stored.get(tx, job.id).status is JobState.DONE


def test_two_that_work_on_one_job_do_each_id_once(region: Region) -> None:
    dies(region, "V1", "V2")
    job = started(region)
    before = stored.next_ids

    def other_first(*given: object) -> list[str]:
        ids = before(*given)  # type: ignore[arg-type]
        if stored.next_ids is not before:
            stored.next_ids = before
            jobs.work(region.store, region.network, job.id, region.now)
        return ids

    stored.next_ids = other_first  # type: ignore[assignment]
    try:
        jobs.work(region.store, region.network, job.id, region.now)
    finally:
        stored.next_ids = before
    assert len(region.history("replayed")) == 2


def test_a_job_of_nothing_is_done_at_once(region: Region) -> None:
    dies(region)
    assert ran(region, started(region, wanted=Wanted(code="expired")).id).status is JobState.DONE


def test_a_job_that_is_done_can_only_be_forgotten_and_that_is_the_end() -> None:
    assert {step for state, step in JOBS if state is JobState.DONE} == {JobStep.FORGET}
    assert {state for state, _ in JOBS} == set(JobState) - {JobState.FORGOTTEN}
    with pytest.raises(FatalError, match="resume while done"):
        advance_job(JobState.DONE, JobStep.RESUME)


def test_umea_is_left_alone_by_a_job_for_lulea(region: Region) -> None:
    for party, visit in ((None, "V1"), (UMEA, "V2")):
        note = drafts.note(visit=visit, to=(party,)) if party else drafts.note(visit=visit)
        name = party.endpoint if party else "lulea"
        region.receipt(name, region.tells("hospital", note), "fatal-error")
    ran(region, started(region, wanted=Wanted(code="refused", endpoint="lulea")).id)
    assert states(region) == ["waiting", "dead"]


def test_a_job_that_stands_still_is_a_finding(region: Region) -> None:
    dies(region, "V1")
    region.now = datetime.now(UTC)  # a survey uses the clock of the database
    moving = started(region)
    assert stand_still(region) == []
    ran(region, moving.id)
    region.now -= health.STANDS_STILL + timedelta(seconds=1)
    killed = started(region, wanted=Wanted(endpoint="lulea"))
    assert stand_still(region) == [f"{killed.id} stands still: no worker goes on with it"]
    ran(region, killed.id)
    assert stand_still(region) == []


def stand_still(region: Region) -> list[str]:
    """What a survey says now of jobs that nobody works on."""
    survey = health.survey(region.store, region.network.settings)
    return [finding.why for finding in survey.findings if finding.name == "job"]
