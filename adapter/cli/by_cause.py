"""`replay`, `discard` and `take` of everything of one cause: the dry run, and the job."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import typer

from adapter.cli import options, printing
from adapter.cli.options import now
from adapter.cli.session import Session
from adapter.core.catalogue import CATALOGUE
from adapter.core.jobs import Act, JobState
from adapter.operate import jobs
from adapter.operate.forecast import MOST_TRIED, Forecast, forecast
from adapter.operate.jobs import Order
from adapter.operate.verdicts import Asked
from adapter.store import jobs as stored
from adapter.store.jobs import Job, Refusal
from adapter.store.queries import chosen
from adapter.store.queries.chosen import Counted, Wanted

ANY = "any"
DONE = {Act.REPLAY: "replayed", Act.DISCARD: "discarded", Act.TAKE: "taken"}


@dataclass(frozen=True, slots=True)
class Filters:
    """The words by which a person chooses."""

    cause: str
    endpoint: str = ""
    event: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """Whether it is only a dry run, is confirmed already, and is printed as JSON."""

    dry_run: bool
    yes: bool
    as_json: bool


def check_one_way(ids: Sequence[str], filters: Filters) -> None:
    """Raise wrong use unless there are either ids or a cause, and filters only with a cause."""
    if bool(ids) == bool(filters.cause):
        raise typer.BadParameter("give ids, or --cause")
    others = (filters.endpoint, filters.event, filters.since, filters.until)
    if ids and any(others):
        raise typer.BadParameter("--endpoint, --event, --since and --until go with --cause")


def act(session: Session, order: Order, filters: Filters, how: How) -> None:
    """Show what would happen, or start the job and work on it until its end."""
    at = now()
    wanted = _wanted(session, filters, at)
    with session.store.read() as tx:
        counted = chosen.counted(tx, wanted)
    if not counted:
        _check_cause(filters.cause)
    if how.dry_run:
        _dry_run(session, order, wanted, how, at)
        return
    number = sum(each.count for each in counted)
    _confirm(session, order.act, counted, number, how)
    if number:
        work(session, jobs.start(session.store, order, wanted, at), as_json=how.as_json)
    elif how.as_json:
        printing.data({"job": None, "refusals": []})
    else:
        printing.line("Nothing is dead or open for that.")


def _wanted(session: Session, filters: Filters, at: datetime) -> Wanted:
    """Return what is chosen: nothing that becomes dead after the person has seen the number."""
    return Wanted(
        code="" if filters.cause == ANY else filters.cause,
        endpoint=session.any_endpoint(filters.endpoint),
        event=options.event(filters.event),
        since=options.parse_time(filters.since),
        until=options.parse_time(filters.until) or at,
    )


def _check_cause(cause: str) -> None:
    if cause != ANY:
        options.one_of(cause, sorted(CATALOGUE))


def _confirm(session: Session, act: Act, counted: Sequence[Counted], number: int, how: How) -> None:
    if number <= session.settings.ask_above or how.yes:
        return
    for each in counted:
        noun = printing.counted(each.count, each.kind)
        printing.aside(f"{each.endpoint or 'unidentified'}: {noun}, {each.event or 'unknown'}")
    many = f"{number} are more than {session.settings.ask_above}"
    if sys.stdin is None or not sys.stdin.isatty():
        raise typer.BadParameter(f"{many}: look at --dry-run, and add --yes")
    if not typer.confirm(f"{many}. Are all of them to be {DONE[act]}?", err=True):
        printing.aside("Nothing was done.")
        raise typer.Exit(1)


# The job


def work(session: Session, job: Job, *, as_json: bool) -> None:
    """Work on a running job until its end, and say how it went; exit 1 unless all is done."""
    printing.aside(f"{job.id}: {job.total} to do. To stop it: adapter jobs stop {job.id}")
    try:
        with printing.progress(job.total) as done:
            done(job.position)
            job = jobs.run(session.store, session.network, job.id, now, done)
    except KeyboardInterrupt:
        printing.aside(f"Stopped. To go on: adapter jobs resume {job.id}")
        job = jobs.stop(session.store, job.id, options.login(), now())
    show(session, job, as_json=as_json)
    raise typer.Exit(0 if job.status is JobState.DONE and not job.refused else 1)


def show(session: Session, job: Job, *, as_json: bool) -> None:
    """Print how a job stands, and why some ids were refused."""
    with session.store.read() as tx:
        refusals = stored.refusals(tx, job.id)
    if as_json:
        printing.data({"job": job, "refusals": refusals})
        return
    printing.line(f"{job.id} {job.status}: {job.done} of {job.total} {DONE[job.act]}")
    for refusal in refusals:
        _print_refusal(refusal, "refused")


def _print_refusal(refusal: Refusal, word: str) -> None:
    printing.paragraph(f"{word} {refusal.count}, {refusal.code}, such as {refusal.why}", "  ")


# The dry run


def _dry_run(session: Session, order: Order, wanted: Wanted, how: How, at: datetime) -> None:
    asked = Asked(act=order.act, although=order.although)
    foreseen = forecast(session.store, session.network, asked, wanted, at)
    if how.as_json:
        printing.data(_data(order.act, foreseen))
    elif foreseen.groups:
        _print_forecast(order.act, foreseen)
    else:
        printing.line("Nothing is dead or open for that.")
    raise typer.Exit(1 if foreseen.refused else 0)


def _data(act: Act, foreseen: Forecast) -> Mapping[str, object]:
    return {
        "act": str(act),
        "would": foreseen.would,
        "refused": foreseen.refused,
        "groups": list(foreseen.groups.values()),
        "refusals": list(foreseen.refusals.values()),
        "tried": foreseen.tried,
        "receivers": foreseen.receivers,
        "nobody": foreseen.nobody,
        "tells_senders": foreseen.tells_senders,
    }


def _print_forecast(act: Act, foreseen: Forecast) -> None:
    columns = ["kind", "event", "endpoint", f"would be {DONE[act]}", "refused", "seen twice"]
    rows = [
        [
            group.kind,
            group.event or "-",
            group.endpoint or "unidentified",
            str(group.would),
            str(group.refused),
            str(group.seen_twice),
        ]
        for group in foreseen.groups.values()
    ]
    printing.table(columns, rows)
    for refusal in foreseen.refusals.values():
        _print_refusal(refusal, "would refuse")
    if foreseen.tells_senders:
        number = printing.counted(foreseen.tells_senders, "delivery")
        printing.paragraph(f"the sender of {number} would be told", "  ")
    if foreseen.tried:
        _print_tried(foreseen)


def _print_tried(foreseen: Forecast) -> None:
    """Say where the messages would go: they were processed, and that was undone."""
    where = ", ".join(f"{name} {number}" for name, number in sorted(foreseen.receivers.items()))
    most = f"; no more than {MOST_TRIED} are tried" if foreseen.tried >= MOST_TRIED else ""
    printing.paragraph(f"{foreseen.tried} messages tried{most}: to {where or 'nobody'}", "  ")
    for why, number in foreseen.nobody.most_common():
        printing.paragraph(f"to nobody {number}: {why}", "  ")
