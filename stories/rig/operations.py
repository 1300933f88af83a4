"""What operations do in mid-case: restart, change settings, replay, lose the broker's disk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from adapter.core.errors import FatalError
from adapter.operate import maintenance, replay
from adapter.store.queries.dead import dead_letters
from stories.truth import Deed, Operation


def do(run: Any, operation: Operation) -> None:
    """Do one thing, at the run's time."""
    match operation.deed:
        case Deed.RESTART:
            run.change(run.choices)
        case Deed.WARDS_ON:
            run.change(replace(run.choices, wards=True))
        case Deed.SUCCESSOR:
            run.change(replace(run.choices, successor=True))
        case Deed.REPLAY | Deed.EDIT:
            _replay(run)
        case Deed.WIPE:
            names = [e.name for e in run.network.settings.endpoints if e.transport == "rabbitmq"]
            if names:
                maintenance.broker_was_empty(run.store, names, run.now)


def _replay(run: Any) -> None:
    """Replay every dead delivery that a person may replay, each by itself."""
    with run.store.read() as tx:
        dead = [
            letter.id
            for cause in dead_letters(tx)
            if cause.kind == "delivery"
            for letter in cause.letters
        ]
    for id_ in dead:
        plan = replay.plan(run.store, run.network, [id_], run.now)
        with suppress(FatalError):  # overtaken, or no longer possible
            replay.replay(run.store, run.network, plan, who="anna", reason="fault", now=run.now)
