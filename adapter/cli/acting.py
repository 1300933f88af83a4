"""Commands that change something: each with a name and, where it matters, a reason."""

from __future__ import annotations

from functools import partial
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
    prepared,
)
from adapter.cli.failures import all_or_none
from adapter.operate import replay as hands
from adapter.store import endpoints, history

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Of dead deliveries or messages.")]
Any_ = Annotated[list[str], typer.Argument(metavar="ID…", help="Of deliveries or messages.")]
Name = Annotated[str, typer.Argument(metavar="ENDPOINT", help="A name of the settings.")]


def take(
    ids: Any_,
    *,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Say that you have it: from now on it is yours, not the endpoint's owner's; all or none."""
    wanted = list(dict.fromkeys(ids))
    with existing(settings, store) as desk, all_or_none(), desk.store.begin() as tx:
        before = hands.each(tx, wanted, partial(hands.take, tx, who=who, now=now()))
    if as_json:
        rows = zip(wanted, before, strict=True)
        printing.data({"taken": [{"id": id_, "by": who, "from": old} for id_, old in rows]})
        return
    for id_, old in zip(wanted, before, strict=True):
        printing.line(f"{id_} taken by {who}" + (f", until now by {old}" if old else ""))


def discard(
    ids: Ids,
    *,
    reason: Reason,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Let dead deliveries or messages go for good; all of them or none."""
    wanted = list(dict.fromkeys(ids))
    with existing(settings, store) as desk, all_or_none(), desk.store.begin() as tx:
        act = partial(hands.discard, tx, desk.network, who=who, reason=reason, now=now())
        hands.each(tx, wanted, act)
    if as_json:
        printing.data({"discarded": [{"id": id_, "by": who} for id_ in wanted]})
        return
    printing.line(f"discarded by {who}: {', '.join(wanted)}")


def pause(
    endpoint: Name,
    *,
    reason: Reason,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
) -> None:
    """Hold back everything for an endpoint; what comes meanwhile waits, and may expire."""
    with prepared(settings, store) as desk:
        known(desk, endpoint)
        with desk.store.begin() as tx:
            endpoints.pause(tx, endpoint, who, reason, now())
            history.note(tx, now(), "paused", endpoint=endpoint, who=who, detail=reason)
    printing.line(f"{endpoint} paused by {who}")


def resume(
    endpoint: Name, *, who: Who, settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Let a paused or unreachable endpoint go on at once."""
    with prepared(settings, store) as desk:
        known(desk, endpoint)
        with desk.store.begin() as tx:
            endpoints.resume(tx, endpoint, now())
            history.note(tx, now(), "resumed", endpoint=endpoint, who=who)
    printing.line(f"{endpoint} resumed by {who}")


def token(
    endpoint: Name, *, who: Who, settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Make a bearer token for an endpoint, and print it this once: only its digest is kept.

    The two newest are valid, so that a partner can change without a gap.
    """
    with prepared(settings, store) as desk:
        value = _token(desk, known(desk, endpoint), who)
    printing.aside(f"Token of {endpoint}; the one before is valid too, older ones no longer.")
    printing.line(value)


def _token(desk: Desk, endpoint: str, who: str) -> str:
    with desk.store.begin() as tx:
        history.note(tx, now(), "token-made", endpoint=endpoint, who=who)
        return endpoints.new_token(tx, endpoint, now())
