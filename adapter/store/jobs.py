"""Jobs and their frozen ids. Only this file writes `job.status`.

The row of a job is its lock: whoever works on it holds the row for one part, and no longer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.errors import FatalError, Issue
from adapter.core.jobs import Act, JobState, JobStep, advance_job
from adapter.core.record_ids import Record, new_id
from adapter.store.dialects import among
from adapter.store.job_tables import job, job_row, refused_row
from adapter.store.queries.chosen import Wanted, chosen
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a person has started for many ids, and how far it has come."""

    id: str
    act: Act
    chosen_by: str  # in words
    who: str
    reason: str
    although: str  # codes that the person allows, with commas
    status: JobState
    started_at: datetime
    moved_at: datetime
    total: int
    position: int  # how many ids it has come to
    refused: int  # of these, how many it could not do

    @property
    def done(self) -> int:
        """How many it has done."""
        return self.position - self.refused


_FIELDS = tuple(job.c[field.name] for field in fields(Job))


def start(tx: Transaction, wanted: Wanted, now: datetime, **of: str) -> Job:
    """Write a job with the ids that are chosen now, oldest first within each kind."""
    id_ = new_id(Record.JOB)
    total = _freeze(tx, id_, wanted)
    row = {"id": id_, "status": JobState.RUNNING, "started_at": now, "moved_at": now}
    tx.execute(sa.insert(job).values(total=total, **row, **of))
    return get(tx, id_)


def _freeze(tx: Transaction, id_: str, wanted: Wanted) -> int:
    total = 0
    for query in chosen(wanted):
        ids = query.subquery()
        number = sa.func.row_number().over(order_by=ids.c.seq) + total
        rows = sa.select(sa.literal(id_), number, ids.c.id)
        frozen = sa.insert(job_row).from_select(["job_id", "number", "record_id"], rows)
        tx.execute(frozen)
        counted = sa.select(sa.func.max(job_row.c.number)).where(job_row.c.job_id == id_)
        total = tx.execute(counted).scalar_one() or 0
    return total


def get(tx: Transaction, id_: str) -> Job:
    """Return a job; FatalError `unknown-id`."""
    return _job(tx, sa.select(*_FIELDS).where(job.c.id == id_), id_)


def lock(tx: Transaction, id_: str) -> Job:
    """Return a job with its row locked until the transaction ends; FatalError `unknown-id`."""
    return _job(tx, sa.select(*_FIELDS).where(job.c.id == id_).with_for_update(), id_)


def _job(tx: Transaction, query: sa.Select[Any], id_: str) -> Job:
    row = tx.execute(query).mappings().one_or_none()
    if row is None:
        raise FatalError("unknown-id", id_, todo="Copy the id from `adapter jobs`.")
    return _read(row)


def _read(row: sa.RowMapping) -> Job:
    typed = {"act": Act(row["act"]), "status": JobState(row["status"])}
    return Job(**{**row, **typed})


def newest(tx: Transaction, limit: int) -> list[Job]:
    """Return the newest jobs, the newest first."""
    query = sa.select(*_FIELDS).order_by(job.c.seq.desc()).limit(limit)
    return [_read(row) for row in tx.execute(query).mappings()]


def left_alone(tx: Transaction, since: datetime) -> list[str]:
    """Return the running jobs that nobody has worked on since then, oldest first."""
    running = job.c.status == sa.literal_column("'running'")
    query = sa.select(job.c.id).where(running, job.c.moved_at < since).order_by(job.c.seq)
    return list(tx.execute(query).scalars())


def count_ids(tx: Transaction, before: datetime) -> int:
    """Return how many ids are left of jobs that are forgotten, or ended before a time."""
    old = sa.or_(job.c.status == JobState.FORGOTTEN, _ended(before))
    query = sa.select(sa.func.count()).select_from(job_row).join(job, job.c.id == job_row.c.job_id)
    return int(tx.execute(query.where(old)).scalar_one())


def _ended(before: datetime) -> sa.ColumnElement[bool]:
    over = job.c.status.in_([JobState.DONE, JobState.STOPPED])
    return sa.and_(over, job.c.moved_at < before)


def ended(tx: Transaction, before: datetime) -> list[str]:
    """Return the jobs that were done or stopped before a time, locked, oldest first."""
    query = sa.select(job.c.id).where(_ended(before)).order_by(job.c.seq)
    return list(tx.execute(query.with_for_update()).scalars())


def remove_ids(tx: Transaction, limit: int) -> int:
    """Remove so many of the ids of one forgotten job; return how many there were."""
    forgotten = sa.select(job.c.id).where(
        job.c.status == JobState.FORGOTTEN, sa.exists().where(job_row.c.job_id == job.c.id)
    )
    id_ = tx.execute(forgotten.order_by(job.c.seq).limit(1)).scalar_one_or_none()
    first = sa.select(job_row.c.number).where(job_row.c.job_id == id_)
    numbers = tx.execute(first.order_by(job_row.c.number).limit(limit)).scalars().all()
    if numbers:
        these = sa.and_(job_row.c.job_id == id_, job_row.c.number <= numbers[-1])
        tx.execute(sa.delete(job_row).where(these))
    return len(numbers)


def step(tx: Transaction, id_: str, happened: JobStep, now: datetime) -> Job:
    """Change the state of a job by its table; FatalError `illegal-transition`, `unknown-id`."""
    before = lock(tx, id_)
    try:
        state = advance_job(before.status, happened)
    except FatalError as error:
        raise FatalError(error.code, f"{id_}: {error.detail}") from None
    tx.execute(sa.update(job).where(job.c.id == id_).values(status=state, moved_at=now))
    return get(tx, id_)


def next_ids(tx: Transaction, of: Job, limit: int) -> list[str]:
    """Return the next ids that a job has not come to."""
    rest = sa.select(job_row.c.record_id).where(
        job_row.c.job_id == of.id,
        job_row.c.number > of.position,
        job_row.c.number <= of.position + limit,
    )
    return list(tx.execute(rest.order_by(job_row.c.number)).scalars())


def move(
    tx: Transaction, of: Job, ids: Sequence[str], refused: Mapping[str, Issue], now: datetime
) -> None:
    """Say that a locked job has come past these ids, and why it could not do some of them."""
    if refused:
        rows = [
            {"job_": of.id, "record_": id_, "code_": issue.code, "detail_": issue.detail}
            for id_, issue in refused.items()
        ]
        tx.execute(_REFUSE, rows)
    reached = {"position": of.position + len(ids), "refused": of.refused + len(refused)}
    tx.execute(sa.update(job).where(job.c.id == of.id).values(moved_at=now, **reached))


_REFUSE = (
    sa.update(job_row)
    .where(job_row.c.job_id == sa.bindparam("job_"), job_row.c.record_id == sa.bindparam("record_"))
    .values(code=sa.bindparam("code_"), detail=sa.bindparam("detail_"))
)


def among_ids(tx: Transaction, id_: str, deliveries: Collection[str]) -> set[str]:
    """Return those of these deliveries that are ids of a job, done or not."""
    query = sa.select(job_row.c.record_id).where(
        job_row.c.job_id == id_, among(job_row.c.record_id, "ids_")
    )
    ids = {"ids_": list(deliveries)}
    return set(tx.execute(query, ids).scalars()) if deliveries else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Ids that could not be done, for one reason; `example` is the first of them."""

    code: str
    count: int
    example: str
    why: str


def refusals(tx: Transaction, id_: str) -> list[Refusal]:
    """Return why a job could not do some of its ids, with the number of each."""
    groups = (
        sa.select(
            job_row.c.code,
            sa.func.count().label("count"),
            sa.func.min(job_row.c.number).label("number"),
        )
        .where(job_row.c.job_id == id_, refused_row)
        .group_by(job_row.c.code)
        .subquery()
    )
    first = sa.and_(job_row.c.job_id == id_, job_row.c.number == groups.c.number)
    columns = (
        groups.c.code,
        groups.c.count,
        job_row.c.record_id.label("example"),
        job_row.c.detail.label("why"),
    )
    query = sa.select(*columns).join(job_row, first).order_by(groups.c.code)
    return [Refusal(**row) for row in tx.execute(query).mappings()]
