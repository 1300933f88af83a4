"""What operations do in mid-case: restart, change settings, replay, lose the broker's disk."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    """Replay every dead delivery that a person may replay."""
    with run.store.begin() as tx:
        dead = [
            letter.id
            for cause in dead_letters(tx)
            if cause.kind == "delivery"
            for letter in cause.letters
        ]
        plans = replay.plan(tx, run.network, dead)
        ready = [p.id for p in plans if p.possible and not p.overtaken_by]
        for id_ in ready:
            replay.replay(tx, run.network, id_, who="anna", reason="after a fault", now=run.now)
