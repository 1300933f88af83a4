"""The tables of jobs: what a person has started for many dead letters at once."""

from __future__ import annotations

import sqlalchemy as sa

from adapter.store import columns
from adapter.store.columns import Instant
from adapter.store.tables import metadata

job = sa.Table(
    "job",
    metadata,
    columns.seq(),
    columns.id_(unique=True),
    columns.text("act"),  # adapter.core.jobs.Act
    columns.text("chosen_by"),  # by what its ids were chosen, for people
    columns.text("who"),
    columns.text("reason"),
    columns.text("although"),  # codes that the person allows, with commas
    columns.text("status"),  # adapter.core.jobs.JobState
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("moved_at", Instant, nullable=False),  # its newest part, or change of state
    columns.count("total"),
    columns.count("position"),  # the number of the last id that it has come to
    columns.count("refused"),  # of these, how many it could not do
)
job_row = sa.Table(  # the ids of a job, as they were when it was started
    "job_row",
    metadata,
    columns.id_("job_id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    columns.id_("record_id"),
    columns.text("code"),  # why it was refused; "" when it was not, or not yet come to
    columns.text("detail"),
    sa.Index("job_row_record", "job_id", "record_id"),
)
refused_row: sa.ColumnElement[bool] = job_row.c.code != sa.literal_column("''")
sa.Index(
    "job_row_refused",
    job_row.c.job_id,
    job_row.c.number,
    sqlite_where=refused_row,
    postgresql_where=refused_row,
)
_running: sa.ColumnElement[bool] = job.c.status == sa.literal_column("'running'")
sa.Index("job_running", job.c.moved_at, sqlite_where=_running, postgresql_where=_running)
