"""`replay`: dead ones by their ids, or all that a far side has lost since a time."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.desk import (
    FILE,
    AsJson,
    Desk,
    Reason,
    SettingsFile,
    StorePlace,
    Who,
    existing,
    known,
    now,
    time,
)
from adapter.cli.failures import all_or_none
from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError, Issue
from adapter.core.model import Event
from adapter.operate import replay as hands
from adapter.operate import resend_lost
from adapter.operate.dry_run import try_messages
from adapter.operate.replay import Planned
from adapter.store import backlog
from adapter.store.backlog import Lost


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Who wants it, why, and what they have said yes to beforehand."""

    who: str
    reason: str
    dry_run: bool
    although_overtaken: bool
    yes: bool
    as_json: bool


def replay(  # noqa: PLR0913 - each option by name
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID…", help="Of dead deliveries or messages.")
    ] = None,
    *,
    reason: Reason,
    endpoint: Annotated[
        str, typer.Option(metavar="E", help="What it has lost, instead of ids.")
    ] = "",
    since: Annotated[
        str, typer.Option(metavar="T", help="From when on it has lost it: 2026-11-17T09:30, 2h.")
    ] = "",
    event: Annotated[str, typer.Option(metavar="EVENT", help="Only this event.")] = "",
    although_receipted: Annotated[
        bool, typer.Option("--although-receipted", help="Also what its system had taken.")
    ] = False,
    although_sent_again: Annotated[
        bool, typer.Option("--although-sent-again", help="Also what went again since then.")
    ] = False,
    although_overtaken: Annotated[
        bool, typer.Option("--although-overtaken", help="Later ones of the case have gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent, and who sees it twice.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, however many.")] = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Send dead deliveries again, or process dead messages again; all of them or none.

    What may have arrived before is sent with the same ids, so that a receiver can see that it
    is a copy. What later deliveries of the case have overtaken needs --although-overtaken.

    With --endpoint and --since: what only a confirm had closed since then, as after a broker
    lost its disk. With --although-receipted also what its system had taken, as after it was
    restored from a backup. What has gone again since then already is left out.
    """
    order = _Order(
        who=who,
        reason=reason,
        dry_run=dry_run,
        although_overtaken=although_overtaken,
        yes=yes,
        as_json=as_json,
    )
    lost_only = {"--since": since, "--event": event, "--although-receipted": although_receipted}
    lost_only |= {"--although-sent-again": although_sent_again}
    _insist_on_one_way(ids or [], endpoint, since, [name for name, on in lost_only.items() if on])
    with existing(settings, store) as desk:
        if ids:
            _replay(desk, list(dict.fromkeys(ids)), order)
            return
        lost = Lost(
            endpoint=known(desk, endpoint),
            since=time(since) or now(),
            event=_event(event),
            receipted=although_receipted,
            copies=although_sent_again,
        )
        _resend(desk, lost, order)


def _insist_on_one_way(ids: Sequence[str], endpoint: str, since: str, given: list[str]) -> None:
    if bool(ids) == bool(endpoint):
        raise typer.BadParameter("name ids, or --endpoint and --since")
    if endpoint and not since:
        raise typer.BadParameter("--endpoint needs --since")
    if ids and given:
        raise typer.BadParameter(f"{', '.join(given)} goes with --endpoint, not with ids")


def _event(word: str) -> str:
    if word and word not in set(Event):
        raise typer.BadParameter(f"no event {word!r}; one of {', '.join(Event)}")
    return word


def _ask(plan: Sequence[Planned], most: int, order: _Order) -> None:
    """Above a limit somebody must have seen how many go where; a script says so beforehand."""
    if order.yes or len(plan) <= most:
        return
    for (endpoint, event), count in Counter((p.endpoint, p.event) for p in plan).items():
        printing.aside(f"{endpoint}: {count} {event or 'unknown'}")
    if sys.stdin is None or not sys.stdin.isatty():
        raise typer.BadParameter(f"{len(plan)} are more than {most}: look, and add --yes")
    if not typer.confirm(f"{len(plan)} are more than {most}. Send them all?", err=True):
        printing.aside("Nothing was done.")
        raise typer.Exit(1)


# By ids


def _replay(desk: Desk, ids: list[str], order: _Order) -> None:
    tense = "would be" if order.dry_run else "was"
    with all_or_none(f"Nothing {tense} done"), desk.store.read() as tx:
        plan = hands.plan(tx, desk.network, ids)
    plan = try_messages(desk.store, desk.network, plan, now())
    if not order.dry_run:
        with all_or_none():
            _insist(plan, order)
        _ask(plan, desk.settings.ask_above, order)
        _replayed(desk, ids, order)
    _print(plan, 0 if order.dry_run else len(plan), order)
    if order.dry_run and not all(p.possible for p in plan):
        raise typer.Exit(1)


def _replayed(desk: Desk, ids: list[str], order: _Order) -> None:
    """Planned anew: what somebody has said yes to may be something else by now."""
    with all_or_none(), desk.store.begin() as tx, printing.progress(len(ids)) as done:
        hands.lock(tx, ids)
        _insist(hands.plan(tx, desk.network, ids), order)

        def act(id_: str) -> None:
            hands.replay(tx, desk.network, id_, who=order.who, reason=order.reason, now=now())
            done(1)

        hands.each(tx, ids, act)


def _insist(plan: Iterable[Planned], order: _Order) -> None:
    """FatalError that names everything that cannot, or should not, be sent again."""
    issues = [Issue(code=code, detail=why) for p in plan for code, why in _objections(p, order)]
    if issues:
        raise FatalError(issues[0].code, issues[0].detail, issues)


def _objections(planned: Planned, order: _Order) -> Iterator[tuple[ErrorCode, str]]:
    if not planned.possible:
        yield "illegal-transition", f"{planned.id} is {planned.state}, not dead"
    elif planned.overtaken_by and not order.although_overtaken:
        yield "overtaken", f"{planned.id} by {', '.join(planned.overtaken_by)}"


# All that was lost


def _resend(desk: Desk, lost: Lost, order: _Order) -> None:
    with desk.store.read() as tx:
        plan = resend_lost.plan(tx, desk.network, lost)
        again = 0 if lost.copies else backlog.sent_again(tx, lost)
    if again:
        printing.aside(f"{again} went again since then already; --although-sent-again repeats them")
    sent = 0
    if plan and not order.dry_run:
        _insist(plan, order)
        _ask(plan, desk.settings.ask_above, order)
        sent = _resent(desk, lost, plan, order)
    _print(plan, sent, order)


def _resent(desk: Desk, lost: Lost, plan: list[Planned], order: _Order) -> int:
    sent = 0
    parts = resend_lost.resend(
        desk.store, lost, plan, who=order.who, reason=order.reason, now=now()
    )
    try:
        with printing.progress(len(plan)) as done:
            for count in parts:
                sent += count
                done(count)
    finally:
        if sent < len(plan):
            printing.aside(
                f"{sent} of {len(plan)} were sent again here; the rest by somebody else,"
                " or by the same command once more"
            )
    return sent


# What is shown


def _print(plan: list[Planned], sent: int, order: _Order) -> None:
    if order.as_json:
        printing.data({"planned": plan, "sent": sent})
    elif plan:
        columns = ["id", "event", "endpoint", "sent", "seen twice", "overtaken by"]
        printing.table(columns, [_row(p) for p in plan])
    else:
        printing.line("Nothing to send.")


def _sent(planned: Planned) -> str:
    if planned.why_not:
        return f"no: {planned.why_not}"
    return "yes" if planned.possible else f"no: it is {planned.state}"


def _row(planned: Planned) -> list[str]:
    return [
        planned.id,
        planned.event or "unknown",
        ", ".join(planned.receivers) or ("nobody" if planned.why_not else planned.endpoint),
        _sent(planned),
        "may be" if planned.seen_before else "no",
        ", ".join(planned.overtaken_by) or "nothing",
    ]
