"""Jobs: replay, discard or take everything of one cause, in parts, each in its own transaction.

A job keeps the ids that it was started with. Each part is done and counted in one transaction, so
a job that was killed goes on where it was, and does nothing twice. Its command works on it; a
worker goes on with a job that nobody has worked on for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from adapter.core.catalogue import ErrorCode, is_error_code
from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError, Issue
from adapter.core.jobs import Act, JobState, JobStep
from adapter.core.record_ids import is_message_id
from adapter.operate import replay
from adapter.operate.verdicts import Asked, tried, verdicts
from adapter.settings.network import Network
from adapter.store import Store, history, inbox, jobs, outbox
from adapter.store.jobs import Job
from adapter.store.queries.chosen import Wanted
from adapter.store.transaction import Transaction

PART = 200  # ids in one transaction
FORGOTTEN_AT_ONCE = 10_000  # ids that are removed in one transaction
_ZONE = ZoneInfo("Europe/Stockholm")  # for texts that operators read
LEFT_ALONE = timedelta(seconds=30)  # a worker takes over a running job after so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person orders for many at once."""

    act: Act
    who: str
    reason: str = ""
    although: frozenset[ErrorCode] = frozenset()


def start(store: Store, order: Order, wanted: Wanted, now: datetime) -> Job:
    """Freeze the ids that are chosen now, and return the job; nothing else happens yet."""
    with store.begin() as tx:
        job = jobs.start(
            tx,
            wanted,
            now,
            act=str(order.act),
            chosen_by=_described(wanted, now),
            who=order.who,
            reason=order.reason,
            although=",".join(sorted(order.although)),
        )
        _note(tx, now, "job-started", job, order.who)
        return job


def _described(wanted: Wanted, now: datetime) -> str:
    """Return by what the ids of a job were chosen, in words; times are Swedish."""
    until = wanted.until if wanted.until and wanted.until < now else None
    parts = (
        f"cause {wanted.code or 'any'}",
        wanted.endpoint and f"endpoint {wanted.endpoint}",
        wanted.event and f"event {wanted.event}",
        wanted.since and f"since {_time(wanted.since)}",
        until and f"until {_time(until)}",
    )
    return ", ".join(part for part in parts if part)


def _time(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}"


def stop(store: Store, id_: str, who: str, now: datetime) -> Job:
    """Stop a running job after the part that is under way; `resume` goes on."""
    return _step(store, id_, JobStep.STOP, "job-stopped", who, now)


def resume(store: Store, id_: str, who: str, now: datetime) -> Job:
    """Let a stopped job run again."""
    return _step(store, id_, JobStep.RESUME, "job-resumed", who, now)


def _step(store: Store, id_: str, step: JobStep, word: str, who: str, now: datetime) -> Job:
    with store.begin() as tx:
        job = jobs.step(tx, id_, step, now)
        _note(tx, now, word, job, who)
        return job


def _note(tx: Transaction, now: datetime, what: str, job: Job, who: str = "") -> None:
    detail = f"{job.id}: {job.act} {job.chosen_by}, {job.position} of {job.total}"
    history.note(tx, now, what, detail=f"{detail}, {job.refused} refused", who=who)


def run(
    store: Store,
    network: Network,
    id_: str,
    clock: Callable[[], datetime],
    done: Callable[[int], object] = lambda _: None,
) -> Job:
    """Work on a job until it is done, or stopped by somebody; call `done` with each part's size."""
    with store.read() as tx:
        job = jobs.get(tx, id_)
    while job.status is JobState.RUNNING:
        before = job.position
        job = work(store, network, id_, clock())
        done(job.position - before)
    return job


def run_left_alone(store: Store, network: Network, now: datetime) -> int:
    """Do one part of each running job that nobody works on; return how many ids that were."""
    with store.read() as tx:
        ids = jobs.left_alone(tx, now - LEFT_ALONE)
    return sum(_moved_by(store, network, id_, now) for id_ in ids)


def _moved_by(store: Store, network: Network, id_: str, now: datetime) -> int:
    with store.read() as tx:
        before = jobs.get(tx, id_)
    return work(store, network, id_, now).position - before.position


def work(store: Store, network: Network, id_: str, now: datetime) -> Job:
    """Do the next part of a running job, unless somebody else does it; return how it stands."""
    with store.read() as tx:
        job = jobs.get(tx, id_)
        ids = jobs.next_ids(tx, job, PART)
    refused = _refused_messages(store, network, job, ids, now)
    with store.begin() as tx:
        held = jobs.lock(tx, id_)
        if held.status is not JobState.RUNNING or held.position != job.position:
            return held
        refused = _do(tx, network, held, ids, refused, now)
        jobs.move(tx, held, ids, refused, now)
        return _finished(tx, id_, now)


def _finished(tx: Transaction, id_: str, now: datetime) -> Job:
    job = jobs.get(tx, id_)
    if job.position < job.total:
        return job
    job = jobs.step(tx, id_, JobStep.FINISH, now)
    _note(tx, now, "job-done", job)
    return job


def forgettable(store: Store, settings: Settings, now: datetime) -> int:
    """Return how many ids `forget` would remove in all. Nothing changes."""
    with store.read() as tx:
        return jobs.count_ids(tx, now - settings.keep_jobs)


def forget(store: Store, settings: Settings, now: datetime) -> int:
    """Remove a part of the ids of jobs that ended `keep_jobs` ago; return how many it had.

    A stopped job cannot be resumed after that. What each job was stays.
    """
    with store.begin() as tx:
        for id_ in jobs.ended(tx, now - settings.keep_jobs):
            _note(tx, now, "job-forgotten", jobs.step(tx, id_, JobStep.FORGET, now))
        return jobs.remove_ids(tx, FORGOTTEN_AT_ONCE)


def _asked(job: Job) -> Asked:
    codes = (code for code in job.although.split(",") if is_error_code(code))
    return Asked(act=job.act, although=frozenset(codes))


def _together(job: Job) -> Callable[[Transaction, Collection[str]], set[str]]:
    return lambda tx, ids: jobs.among_ids(tx, job.id, ids)


def _refused_messages(
    store: Store, network: Network, job: Job, ids: Sequence[str], now: datetime
) -> dict[str, Issue]:
    """Return the messages of a part that later ones of their case have overtaken."""
    messages = [id_ for id_ in ids if job.act is Act.REPLAY and is_message_id(id_)]
    if not messages:
        return {}
    with store.read() as tx:
        judged = verdicts(tx, network, _asked(job), messages, _together(job))
    judged = tried(store, network, _asked(job), judged, now)
    return {each.subject.id: each.issue for each in judged if each.issue}


def _do(
    tx: Transaction,
    network: Network,
    job: Job,
    ids: Sequence[str],
    refused: Mapping[str, Issue],
    now: datetime,
) -> dict[str, Issue]:
    """Do each id that may be done; return why each of the others may not. The job is locked."""
    inbox.lock(tx, ids)
    outbox.lock(tx, ids)
    act = partial(_ACTS[job.act], tx, network, job, now)
    issues = {
        each.subject.id: each.issue
        for each in verdicts(tx, network, _asked(job), ids, _together(job))
        if each.issue
    } | dict(refused)
    for id_ in ids:
        if id_ not in issues and (issue := _attempt(tx, act, id_)):
            issues[id_] = issue
    return issues


def _attempt(tx: Transaction, act: Callable[[str], object], id_: str) -> Issue | None:
    """Do one id, or nothing of it; return why it could not be done."""
    try:
        with tx.attempt():
            act(id_)
    except FatalError as error:
        return Issue(code=error.code, detail=f"{id_}: {error.detail}")
    return None


def _replay(tx: Transaction, network: Network, job: Job, now: datetime, id_: str) -> None:
    replay.replay_unchecked(tx, network, id_, who=job.who, reason=_why(job), now=now)


def _discard(tx: Transaction, network: Network, job: Job, now: datetime, id_: str) -> None:
    replay.discard(tx, network, id_, who=job.who, reason=_why(job), now=now)


def _take(tx: Transaction, _: Network, job: Job, now: datetime, id_: str) -> None:
    replay.take(tx, id_, who=job.who, now=now)


_ACTS = {Act.REPLAY: _replay, Act.DISCARD: _discard, Act.TAKE: _take}


def _why(job: Job) -> str:
    return f"{job.reason} ({job.id})"
