"""`replay`: dead letters by their ids, or everything that a receiver lost since a time."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from adapter.cli import by_cause, completions, options, printing
from adapter.cli.by_cause import Filters
from adapter.cli.errors import all_or_none
from adapter.cli.options import (
    FILE,
    AlthoughOvertaken,
    AsJson,
    Cause,
    DryRun,
    Reason,
    SettingsFile,
    StorePlace,
    Until,
    Who,
    Yes,
    now,
)
from adapter.cli.session import Session, open_store
from adapter.core.catalogue import ErrorCode
from adapter.core.jobs import Act
from adapter.operate import replay as operation
from adapter.operate import resend_lost
from adapter.operate.jobs import Order
from adapter.operate.replay_plan import Plan, Planned, objections
from adapter.store import lost_deliveries
from adapter.store.lost_deliveries import Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Who replays, why, and what the options allow."""

    who: str
    reason: str
    dry_run: bool
    although: frozenset[ErrorCode]
    yes: bool
    as_json: bool


def replay(  # noqa: PLR0913 - each option by name
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="Ids of dead deliveries or messages.")
    ] = None,
    *,
    reason: Reason,
    cause: Cause = "",
    endpoint: Annotated[
        str,
        typer.Option(
            metavar="ENDPOINT",
            autocompletion=completions.endpoints,
            help="With --cause: only this endpoint's. Without: send what it lost, instead of ids.",
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option(metavar="TIME", help="Dead, or lost, since then: 2026-11-17T09:30, or 2h."),
    ] = "",
    until: Until = "",
    event: Annotated[
        str,
        typer.Option(
            metavar="EVENT",
            autocompletion=completions.events,
            help="Only messages with this event.",
        ),
    ] = "",
    although_receipted: Annotated[
        bool, typer.Option("--although-receipted", help="Also send what its system had receipted.")
    ] = False,
    although_sent_again: Annotated[
        bool,
        typer.Option("--although-sent-again", help="Also send what was sent again since then."),
    ] = False,
    although_overtaken: AlthoughOvertaken = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Send dead deliveries again, or process dead messages again.

    Of several ids, all are replayed or none. --cause starts a job for all that is dead of one
    cause: it keeps the ids that it was started with, and what cannot be replayed is left and
    told. `adapter jobs` shows how far it is, stops it, and goes on with it.

    A delivery that may have arrived keeps its ids, so that the receiver recognises a copy. A
    delivery that later ones of its case have overtaken needs --although-overtaken.

    --endpoint and --since send what only a publisher confirm had closed since then: use them
    when a broker lost its disk. --although-receipted adds what the endpoint's system had
    receipted: use it when that system was restored from a backup. What was sent again since
    then is left out.
    """
    order = _Order(
        who=who,
        reason=reason,
        dry_run=dry_run,
        although=frozenset({"overtaken"} if although_overtaken else ()),
        yes=yes,
        as_json=as_json,
    )
    wanted_ids = list(dict.fromkeys(ids or []))
    filters = by_cause.Filters(cause, endpoint, event, since, until)
    lost_only = {"--although-receipted": although_receipted}
    lost_only |= {"--although-sent-again": although_sent_again}
    _check_one_way(wanted_ids, filters, [name for name, on in lost_only.items() if on])
    with open_store(settings, store) as session:
        if wanted_ids:
            _replay(session, wanted_ids, order)
        elif cause:
            _replay_by_cause(session, filters, order)
        else:
            lost = Lost(
                endpoint=session.known_endpoint(endpoint),
                since=options.parse_time(since) or now(),
                event=options.event(event),
                receipted=although_receipted,
                copies=although_sent_again,
            )
            _resend(session, lost, order)


def _check_one_way(ids: Sequence[str], filters: Filters, lost_only: Sequence[str]) -> None:
    """Raise wrong use unless there is one of: ids; a cause; what an endpoint lost since a time."""
    if filters.cause and lost_only:
        raise typer.BadParameter(f"{', '.join(lost_only)} does not go with --cause")
    if filters.cause or ids:
        by_cause.check_one_way(ids, filters)
        if lost_only:
            raise typer.BadParameter(f"{', '.join(lost_only)} goes with --endpoint, not with ids")
    elif not filters.endpoint:
        raise typer.BadParameter("give ids, or --cause, or --endpoint and --since")
    elif not filters.since:
        raise typer.BadParameter("--endpoint needs --since, or --cause")
    elif filters.until:
        raise typer.BadParameter("--until goes with --cause")


def _replay_by_cause(session: Session, filters: Filters, order: _Order) -> None:
    asked = Order(act=Act.REPLAY, who=order.who, reason=order.reason, although=order.although)
    how = by_cause.How(dry_run=order.dry_run, yes=order.yes, as_json=order.as_json)
    by_cause.act(session, asked, filters, how)


def _confirm(plan: Plan, order: _Order) -> Plan:
    """Return the plan confirmed, by --yes or at the terminal; wrong use where there is neither."""
    if not plan.needs_confirmation or order.yes:
        return plan.confirmed()
    for (endpoint, event), count in Counter((p.endpoint, p.event) for p in plan.rows).items():
        printing.aside(f"{endpoint}: {count} {event or 'unknown'}")
    many = f"{len(plan.rows)} are more than {plan.ask_above}"
    if sys.stdin is None or not sys.stdin.isatty():
        raise typer.BadParameter(f"{many}: check the numbers, and add --yes")
    if not typer.confirm(f"{many}. Send them all?", err=True):
        printing.aside("Nothing was done.")
        raise typer.Exit(1)
    return plan.confirmed()


# By ids


def _replay(session: Session, ids: list[str], order: _Order) -> None:
    tense = "would be" if order.dry_run else "was"
    with all_or_none(f"Nothing {tense} done"):
        plan = operation.plan(session.store, session.network, ids, now())
    if not order.dry_run:
        with all_or_none():
            plan.check(although=order.although)
        _replayed(session, _confirm(plan, order), order)
    _print(plan, 0 if order.dry_run else len(plan.rows), order)
    _end_dry_run(plan, order)


def _end_dry_run(plan: Plan, order: _Order) -> None:
    """Exit 1 after a dry run of what the real run would refuse."""
    if order.dry_run and any(_refusal(planned, order) for planned in plan.rows):
        raise typer.Exit(1)


def _replayed(session: Session, plan: Plan, order: _Order) -> None:
    with all_or_none(), printing.progress(len(plan.rows)) as done:
        operation.replay(
            session.store,
            session.network,
            plan,
            who=order.who,
            reason=order.reason,
            now=now(),
            although=order.although,
            done=done,
        )


# Everything that was lost


def _resend(session: Session, lost: Lost, order: _Order) -> None:
    with session.store.read() as tx:
        plan = resend_lost.plan(tx, session.network, lost)
        again = 0 if lost.copies else lost_deliveries.sent_again(tx, lost)
    if again:
        printing.aside(
            f"Sent again since then already: {again}; --although-sent-again sends them once more"
        )
    sent = 0
    if plan.rows and not order.dry_run:
        plan.check(although=order.although)
        sent = _resent(session, lost, _confirm(plan, order), order)
    _print(plan, sent, order)
    _end_dry_run(plan, order)


def _resent(session: Session, lost: Lost, plan: Plan, order: _Order) -> int:
    sent, planned = 0, len(plan.rows)
    parts = resend_lost.resend(
        session.store,
        lost,
        plan,
        who=order.who,
        reason=order.reason,
        now=now(),
        although=order.although,
    )
    try:
        with printing.progress(planned) as done:
            for count in parts:
                sent += count
                done(count)
    finally:
        if sent < planned:
            printing.aside(
                f"{sent} of {planned} were sent again here; another user has sent the rest,"
                " or this command will, when it is run again"
            )
    return sent


# Output


def _print(plan: Plan, sent: int, order: _Order) -> None:
    if order.as_json:
        printing.data({"planned": plan.rows, "sent": sent})
    elif plan.rows:
        columns = ["id", "event", "endpoint", "sent", "seen twice", "overtaken by"]
        printing.table(columns, [_row(p, order) for p in plan.rows])
    else:
        printing.line("Nothing to send.")


def _sent(planned: Planned, order: _Order) -> str:
    why_not = planned.why_not or _refusal(planned, order)
    return f"no: {why_not}" if why_not else "yes"


def _refusal(planned: Planned, order: _Order) -> str:
    """Return why the command refuses to send it; "" when it sends it."""
    for issue in objections(planned, order.although):
        return _REFUSALS.get(issue.code, f"it is {planned.state}")
    return ""


_REFUSALS = {"overtaken": "overtaken; --although-overtaken sends it"}


def _row(planned: Planned, order: _Order) -> list[str]:
    return [
        planned.id,
        planned.event or "unknown",
        ", ".join(planned.receivers) or ("nobody" if planned.why_not else planned.endpoint),
        _sent(planned, order),
        "may be" if planned.seen_before else "no",
        ", ".join(planned.overtaken_by) or "nothing",
    ]
