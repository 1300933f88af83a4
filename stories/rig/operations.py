"""What operations do in mid-case: upgrade, other settings, replay, edit, a lost broker's disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapter.core.errors import FatalError
from adapter.operate import edit, maintenance, replay
from adapter.store.queries.dead import dead_letters
from stories.truth import Deed, Operation
from stories.world import KOMMUNER

_ANNA = {"who": "anna", "reason": "fault"}


def do(run: Any, operation: Operation) -> None:
    """Do one thing, at the run's time."""
    match operation.deed:
        case Deed.RESTART:
            run.restart()
        case Deed.WARDS_ON:
            run.change(replace(run.choices, wards=True))
        case Deed.SUCCESSOR:
            run.change(replace(run.choices, successor=True))
        case Deed.REPLAY:
            _replay(run, _dead(run))
        case Deed.EDIT:
            edited = set(_edit(run, _dead(run)))
            _replay(run, [id_ for id_ in _dead(run) if id_ not in edited])
        case Deed.WIPE:
            names = [e.name for e in run.network.settings.endpoints if e.transport == "rabbitmq"]
            if names:
                maintenance.broker_was_empty(run.store, names, run.now)


def _dead(run: Any) -> list[str]:
    """The ids of the dead deliveries, as a person sees them."""
    with run.store.read() as tx:
        causes = [cause for cause in dead_letters(tx) if cause.kind == "delivery"]
    return [letter.id for cause in causes for letter in cause.letters]


def _replay(run: Any, ids: list[str]) -> None:
    """Replay every dead delivery that a person may replay, each by itself."""
    for id_ in ids:
        plan = replay.plan(run.store, run.network, [id_], run.now)
        with suppress(FatalError):  # overtaken, or no longer possible
            replay.replay(run.store, run.network, plan, now=run.now, **_ANNA)


def _edit(run: Any, ids: list[str]) -> Iterator[str]:
    """Correct each dead delivery that was not overtaken, as `adapter edit` does; yield its id.

    The person writes it out, corrects the spelling of the city, and sends it in the old one's
    place.
    """
    for id_ in ids:
        with suppress(FatalError), run.store.begin() as tx:
            first = edit.original(tx, run.network, id_)
            body = corrected(edit.written_out(run.network, first))
            made = edit.edit(tx, run.network, id_, body, now=run.now, **_ANNA)
            if made.overtaken_by:
                raise FatalError("overtaken", id_)
            yield id_


def corrected(document: bytes) -> bytes:
    """Return a document with its city in other letters: a spelling that nobody judges."""
    text = document.decode()
    for city, _ in KOMMUNER.values():
        written = city.capitalize() if city.isupper() else city.upper()
        text = text.replace(f">{city}<", f">{written}<").replace(f'"{city}"', f'"{written}"')
    return text.encode()
