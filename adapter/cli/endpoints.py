"""`pause`, `resume` and `token`: commands that act on an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.options import (
    FILE,
    EndpointName,
    Reason,
    SettingsFile,
    StorePlace,
    Who,
    coming_time,
    now,
)
from adapter.cli.printing import when
from adapter.cli.session import Session, prepare_store
from adapter.store import endpoints, history
from adapter.store.queries import partners
from adapter.store.queries.partners import Stop


def pause(
    endpoint: EndpointName,
    *,
    reason: Reason,
    until: Annotated[
        str,
        typer.Option(metavar="TIME", help="Ends by itself: 14:00, 2026-11-17T14:00, or 2h."),
    ] = "",
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
) -> None:
    """Hold back everything for an endpoint; deliveries wait meanwhile, and may expire.

    With --until, a worker ends the pause at that Swedish time; without, `resume` does.
    """
    end = coming_time(until)
    with prepare_store(settings, store) as session:
        session.known_endpoint(endpoint)
        detail = f"until {when(end)[:16]}: {reason}" if end else reason
        with session.store.begin() as tx:
            endpoints.pause(tx, endpoint, who, reason, now(), end)
            history.note(tx, now(), "paused", endpoint=endpoint, who=who, detail=detail)
    printing.line(f"{endpoint} paused by {who}" + (f" until {when(end)}" if end else ""))


def resume(
    endpoint: EndpointName, *, who: Who, settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Send again at once to an endpoint that is paused or cannot be reached."""
    with prepare_store(settings, store) as session:
        session.known_endpoint(endpoint)
        with session.store.begin() as tx:
            detail = _what_ends(partners.stops(tx), endpoint)
            endpoints.resume(tx, endpoint, now())
            history.note(tx, now(), "resumed", endpoint=endpoint, who=who, detail=detail)
    printing.line(f"{endpoint} resumed by {who}: {detail}")


def _what_ends(stops: Iterable[Stop], name: str) -> str:
    """Say what kept deliveries from an endpoint until now."""
    stop = next((each for each in stops if each.endpoint == name), None)
    if stop and stop.paused_at:
        return f"the pause by {stop.paused_by} has ended ({stop.paused_why})"
    if stop and stop.cut_off:
        return "it was cut off; it is tried again now"
    return "it was not paused; what waits for it is due now"


def token(
    endpoint: EndpointName, *, who: Who, settings: SettingsFile = FILE, store: StorePlace = ""
) -> None:
    """Make a bearer token for an endpoint and print it once; only its digest is stored.

    The two newest tokens are valid, so that a partner can change without a gap.
    """
    with prepare_store(settings, store) as session:
        before, value = _token(session, session.known_endpoint(endpoint), who)
    printing.aside(f"Token of {endpoint}. {_OTHERS[min(before, 2)]}")
    printing.line(value)


_OTHERS = (
    "It is the first.",
    "The previous token stays valid.",
    "The previous token stays valid; older ones are not valid any more.",
)


def _token(session: Session, endpoint: str, who: str) -> tuple[int, str]:
    """Return how many tokens were valid before, and the new one."""
    with session.store.begin() as tx:
        history.note(tx, now(), "token-made", endpoint=endpoint, who=who)
        before = endpoints.valid_tokens(tx, endpoint)
        return before, endpoints.new_token(tx, endpoint, now())
