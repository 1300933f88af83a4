"""Commands that change something: each with a name and, where it matters, a reason."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from adapter import replay as hands
from adapter.cli import printing
from adapter.cli.desk import (
    FILE,
    AsJson,
    Desk,
    SettingsFile,
    StorePlace,
    Who,
    existing,
    known,
    login,
    now,
    prepared,
)
from adapter.errors import FatalError, Issue
from adapter.replay import Planned
from adapter.store import endpoints, history

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Of dead deliveries or messages.")]
Reason = Annotated[str, typer.Option("--reason", metavar="T", help="Why; it stays in the history.")]
Name = Annotated[str, typer.Argument(metavar="ENDPOINT", help="A name of the settings.")]


def take(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of a delivery or a message.")],
    *,
    who: Who = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
) -> None:
    """Say that you have it: from now on it is yours, not the endpoint's owner's."""
    name = who or login()
    with existing(settings, store) as desk, desk.store.begin() as tx:
        hands.take(tx, id_, who=name, now=now())
    printing.line(f"{id_} taken by {name}")


def replay(  # noqa: PLR0913 - each option by name
    ids: Ids,
    *,
    reason: Reason,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent, and who sees it twice.")
    ] = False,
    although_overtaken: Annotated[
        bool, typer.Option("--although-overtaken", help="Later ones of the case have gone.")
    ] = False,
    who: Who = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Send dead deliveries again, or process dead messages again; all of them or none.

    What may have arrived before is sent with the same ids, so that a receiver can see that it
    is a copy. What later deliveries of the case have overtaken needs --although-overtaken.
    """
    name, wanted = who or login(), list(dict.fromkeys(ids))
    with existing(settings, store) as desk, desk.store.begin() as tx:
        plan = hands.plan(tx, wanted)
        if not dry_run:
            _insist(plan if not although_overtaken else _without_order(plan))
            for id_ in wanted:
                hands.replay(tx, desk.network, id_, who=name, reason=reason, now=now())
    _print_plan(plan, as_json=as_json)
    if dry_run and not all(p.possible for p in plan):
        raise typer.Exit(1)


def _without_order(plan: Iterable[Planned]) -> list[Planned]:
    return [p for p in plan if not (p.possible and p.overtaken_by)]


def _insist(plan: Iterable[Planned]) -> None:
    """FatalError that names everything that cannot, or should not, be sent again."""
    issues = [Issue(code=code, detail=told) for p in plan for code, told in _objections(p)]
    if issues:
        raise FatalError(issues[0].code, issues[0].detail, issues)


def _objections(planned: Planned) -> Iterable[tuple[str, str]]:
    if not planned.possible:
        yield "illegal-transition", f"{planned.id} is not dead"
    elif planned.overtaken_by:
        yield "overtaken", f"{planned.id} by {', '.join(planned.overtaken_by)}"


def _print_plan(plan: Iterable[Planned], *, as_json: bool) -> None:
    if as_json:
        printing.data({"planned": list(plan)})
        return
    rows = [
        [
            p.id,
            p.event or "unknown",
            p.endpoint,
            "yes" if p.possible else "no: it is not dead",
            "may be" if p.seen_before else "no",
            ", ".join(p.overtaken_by) or "nothing",
        ]
        for p in plan
    ]
    printing.table(["id", "event", "endpoint", "sent", "seen twice", "overtaken by"], rows)


def discard(
    ids: Ids,
    *,
    reason: Reason,
    who: Who = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
) -> None:
    """Let dead deliveries or messages go, with the reason; all of them or none."""
    name = who or login()
    with existing(settings, store) as desk, desk.store.begin() as tx:
        for id_ in dict.fromkeys(ids):
            hands.discard(tx, desk.network, id_, who=name, reason=reason, now=now())
    printing.line(f"discarded by {name}: {', '.join(dict.fromkeys(ids))}")


def pause(
    endpoint: Name,
    *,
    reason: Reason,
    who: Who = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
) -> None:
    """Hold back everything for an endpoint; what comes meanwhile waits, and may expire."""
    name = who or login()
    with prepared(settings, store) as desk:
        known(desk, endpoint)
        with desk.store.begin() as tx:
            endpoints.pause(tx, endpoint, name, reason, now())
            history.note(tx, now(), "paused", endpoint=endpoint, who=name, detail=reason)
    printing.line(f"{endpoint} paused by {name}")


def resume(
    endpoint: Name, *, who: Who = "", settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Let a paused or unreachable endpoint go on at once."""
    name = who or login()
    with prepared(settings, store) as desk:
        known(desk, endpoint)
        with desk.store.begin() as tx:
            endpoints.resume(tx, endpoint)
            history.note(tx, now(), "resumed", endpoint=endpoint, who=name)
    printing.line(f"{endpoint} resumed by {name}")


def token(
    endpoint: Name, *, who: Who = "", settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Make a bearer token for an endpoint, and print it this once: only its digest is kept.

    The two newest are valid, so that a partner can change without a gap.
    """
    name = who or login()
    with prepared(settings, store) as desk:
        value = _token(desk, known(desk, endpoint), name)
    printing.aside(f"Token of {endpoint}; the one before is valid too, older ones no longer.")
    printing.line(value)


def _token(desk: Desk, endpoint: str, who: str) -> str:
    with desk.store.begin() as tx:
        history.note(tx, now(), "token-made", endpoint=endpoint, who=who)
        return endpoints.new_token(tx, endpoint, now())
