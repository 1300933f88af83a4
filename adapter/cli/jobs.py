"""`jobs`: how far the jobs of `replay`, `discard` and `take` are; stop them, and go on."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli import by_cause, printing
from adapter.cli.options import FILE, AsJson, JobAct, SettingsFile, StorePlace, Who, now
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.operate import jobs as operation
from adapter.store import jobs as stored
from adapter.store.jobs import Job

_SHOWN = 20


def jobs(
    what: Annotated[JobAct, typer.Argument(metavar="[list|show|stop|resume]")] = JobAct.LIST,
    id_: Annotated[str, typer.Argument(metavar="[ID]", help="The job's id.")] = "",
    *,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """List the newest jobs, show one, stop one, or go on with one that was stopped.

    A job is what `replay`, `discard` or `take` with --cause has started. A job whose command was
    killed goes on in a worker within a minute; `show` tells what could not be done and why.
    """
    if (what is JobAct.LIST) == bool(id_):
        raise typer.BadParameter("show, stop and resume need the id of a job; list has none")
    with open_store(settings, store) as session:
        _ACTS[what](session, id_, who, as_json=as_json)


def _list(session: Session, _id: str, _who: str, *, as_json: bool) -> None:
    with session.store.read() as tx:
        newest = stored.newest(tx, _SHOWN)
    if as_json:
        printing.data({"jobs": newest})
    elif newest:
        columns = [
            "started (Sweden)",
            "id",
            "act",
            "status",
            "done",
            "refused",
            "of",
            "who",
            "of what",
        ]
        printing.entries(columns, [_row(each) for each in newest], "of what")
    else:
        printing.line("No job was ever started.")


def _row(job: Job) -> list[str]:
    counts = [str(job.done), str(job.refused), str(job.total)]
    return [when(job.started_at), job.id, job.act, job.status, *counts, job.who, job.chosen_by]


def _show(session: Session, id_: str, _who: str, *, as_json: bool) -> None:
    with session.store.read() as tx:
        job = stored.get(tx, id_)
    by_cause.show(session, job, as_json=as_json)


def _stop(session: Session, id_: str, who: str, *, as_json: bool) -> None:
    by_cause.show(session, operation.stop(session.store, id_, who, now()), as_json=as_json)


def _resume(session: Session, id_: str, who: str, *, as_json: bool) -> None:
    by_cause.work(session, operation.resume(session.store, id_, who, now()), as_json=as_json)


_ACTS = {JobAct.LIST: _list, JobAct.SHOW: _show, JobAct.STOP: _stop, JobAct.RESUME: _resume}
