"""One file writes the state of a delivery, and one the standing of a message: the statements."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.core.endpoint import Route
from adapter.core.model import Event
from adapter.operate import edit, replay
from adapter.store import Store, endpoints
from adapter.store.bulk_write import Update
from adapter.store.tables import delivery, message
from adapter.store.transaction import Transaction
from tests.kit import drafts
from tests.kit.region import Region
from tests.kit.sources import WRITERS


def defining_modules(frame: FrameType | None) -> set[str]:
    """Return the modules that define the statement which a stack of calls is executing.

    Rows that waited are written by `bulk_write.write`: there it is the modules that have the kind
    of write as a constant. Any other statement belongs to the caller of `Transaction.execute`.
    """
    while frame is not None:
        name = str(frame.f_globals["__name__"])
        if name == "adapter.store.bulk_write" and "kind" in frame.f_locals:
            return constant_of(frame.f_locals["kind"])
        if name.startswith(("adapter.", "tests.")) and name != "adapter.store.transaction":
            return {name}
        frame = frame.f_back
    return set()


def constant_of(kind: object) -> set[str]:
    """Return the modules that have this object under any name."""
    ours = [(n, m) for n, m in sys.modules.items() if n.startswith(("adapter.", "tests."))]
    return {name for name, module in ours if any(v is kind for v in vars(module).values())}


def writes_column(statement: str, table: str, column: str) -> bool:
    """Whether SQL sets a column, by INSERT or UPDATE."""
    columns = re.match(
        rf"INSERT INTO {table} \(([^)]*)\)|UPDATE {table} SET (.*?)( WHERE|$)", statement
    )
    text = (columns[1] or columns[2]) if columns else ""
    return re.search(rf"\b{column}\b", text) is not None


@contextmanager
def seen_writers(store: Store) -> Iterator[dict[tuple[str, str], set[str]]]:
    """Collect the modules whose statements set each column of WRITERS."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)

    def note(_c: object, _r: object, statement: str, *_rest: object) -> None:
        for table, column in WRITERS:
            if writes_column(statement, table, column):
                modules = defining_modules(sys._getframe(1))
                seen[table, column] |= modules or {f"nobody's constant: {statement}"}

    sa.event.listen(store.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(store.engine, "before_cursor_execute", note)


ANN: dict[str, str] = {"who": "Ann", "reason": "test"}


def refused_by_lulea(region: Region, text: str) -> Any:
    """Let Luleå refuse a message, and return the dead delivery."""
    content = region.tells("hospital", drafts.note(text))
    region.receipt("lulea", content, "fatal-error")
    [row] = region.deliveries(content_id=content)
    return row


def play_refusals(region: Region) -> None:
    """Replay a refused delivery, discard another, and put an edited one in place of a third."""
    replayed, discarded, edited = (refused_by_lulea(region, text) for text in ("A", "B", "Hjej"))
    with region.store.begin() as tx:
        replay.replay_unchecked(tx, region.network, replayed["id"], **ANN, now=region.now)
        replay.discard(tx, region.network, discarded["id"], **ANN, now=region.now)
        body = bytes(edited["body"]).replace(b"Hjej", b"Hej")
        edit.edit(tx, region.network, edited["id"], body, **ANN, now=region.now)
    region.turn()


def play_cancellation(region: Region) -> None:
    """Cancel an admission that waits for a paused endpoint, and hold another by protection."""
    with region.store.begin() as tx:
        endpoints.pause(tx, "lulea", "Ann", "test", region.now)
    region.tells("hospital", drafts.stay())
    cancelled: dict[str, Any] = {"needs": (), "status": "entered-in-error"}
    region.tells("hospital", drafts.stay(Event.ADMISSION_CANCELLED, minutes=5, **cancelled))
    region.tells("hospital", drafts.stay(visit="V2"))
    person = drafts.patient(protected=True)
    region.tells("hospital", drafts.stay(visit="V2", minutes=5, person=person))


def play_dead_messages(region: Region) -> None:
    """Refuse an unreadable message; replay a message that had no route, and discard another."""
    region.partners["hospital"].publish(b"{", message_id="unreadable")
    for visit in ("V8", "V9"):
        region.tells("hospital", drafts.note(visit=visit, to=()))
    replayed, discarded = region.messages(standing="dead")
    region.with_settings(routes=(Route(events=(Event.MESSAGE,), to=("lulea",)),))
    with region.store.begin() as tx:
        replay.replay_unchecked(tx, region.network, replayed["id"], **ANN, now=region.now)
        replay.discard(tx, region.network, discarded["id"], **ANN, now=region.now)
    region.turn()


def test_each_write_of_a_journey_comes_from_the_one_file(region: Region) -> None:
    with seen_writers(region.store) as seen:
        play_refusals(region)
        play_cancellation(region)
        play_dead_messages(region)
    states = {row["state"] for row in region.deliveries()}
    assert states >= {"discarded", "replaced", "in-flight", "waiting", "dead"}
    assert {row["standing"] for row in region.messages()} >= {"processed", "refused", "discarded"}
    assert seen == {key: {name} for key, name in WRITERS.items()}


_PLANTED = Update(delivery, ("id",))


def direct(tx: Transaction) -> None:
    """Execute a statement of this file."""
    tx.execute(sa.update(delivery).values(state="dead"))


def raw(tx: Transaction) -> None:
    """Execute raw SQL."""
    tx.execute(sa.text("UPDATE delivery SET state = 'dead'"))


def delayed(tx: Transaction) -> None:
    """Let a kind of write of this file wait for the commit."""
    tx.later(_PLANTED, {"id": "d-1", "state": "dead"})


@pytest.mark.parametrize("plant", [direct, raw, delayed])
def test_a_second_writer_at_run_time_is_seen(
    region: Region, plant: Callable[[Transaction], None]
) -> None:
    with seen_writers(region.store) as seen, region.store.begin() as tx:
        plant(tx)
    assert seen == {("delivery", "state"): {__name__}}


def test_a_kind_of_write_that_is_no_constant_is_seen(region: Region) -> None:
    with seen_writers(region.store) as seen, region.store.begin() as tx:
        tx.later(Update(message, ("id",)), {"id": "m-1", "standing": "dead"})
    [origin] = seen["message", "standing"]
    assert origin.startswith("nobody's constant")
