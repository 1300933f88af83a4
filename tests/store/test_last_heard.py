"""When a partner was last heard: also one that never sent, or sent long ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from adapter.core.lifecycle import Standing, State
from adapter.core.model import Event
from adapter.store import Store, endpoints
from adapter.store.queries import figures, partners
from adapter.store.tables import delivery, message

START = datetime(2026, 1, 1, tzinfo=UTC)
ANSWERS = 250  # more receipts than are read at a time


@pytest.fixture
def filled(store: Store) -> Store:
    """One message of umea long ago, then one of hospital, then only receipts of hospital."""
    senders = ["umea", "planning", "hospital", *("hospital" for _ in range(ANSWERS))]
    with store.begin() as tx:
        endpoints.register(tx, ["hospital", "lulea", "planning", "umea"])
        tx.execute(sa.insert(message), [_message(n, name) for n, name in enumerate(senders)])
        tx.execute(sa.insert(delivery), [_delivery(n, name) for n, name in enumerate(senders)])
    return store


def test_who_never_sent_was_never_heard_and_who_sent_long_ago_was_heard_then(
    filled: Store,
) -> None:
    with filled.read() as tx:
        heard = partners.last_heard(tx)
        known = {row.endpoint: row.last_received for row in figures.endpoints(tx, START)}
    newest = START + timedelta(seconds=ANSWERS + 2)
    assert heard == {"umea": START, "planning": START + timedelta(seconds=1), "hospital": newest}
    assert known == heard | {"lulea": None}


def test_who_last_spoke_is_found_behind_pages_of_receipts(filled: Store) -> None:
    names = ("lulea", "umea", "planning", "hospital")
    with filled.read() as tx:
        spoke = [partners.last_spoke(tx, name, lambda _: False) for name in names]
    assert spoke == [None, *(START + timedelta(seconds=n) for n in range(3))]


def test_the_newest_outcomes_of_each_are_its_own_and_the_newest_first(filled: Store) -> None:
    with filled.read() as tx:
        outcomes = partners.newest_outcomes(tx, ["hospital", "lulea", "umea"], 3)
    codes = {name: [code for _, code in own] for name, own in outcomes.items()}
    newest = [str(ANSWERS + 2 - back) for back in range(3)]
    assert codes == {"hospital": newest, "lulea": [], "umea": ["0"]}


def _message(number: int, sender: str) -> dict[str, object]:
    return {
        "id": f"m-{number}",
        "endpoint": sender,
        "received_at": START + timedelta(seconds=number),
        "fingerprint": "f",
        "event": Event.MESSAGE if number < 3 else Event.RECEIPT,
        "standing": Standing.PROCESSED,
    }


def _delivery(number: int, receiver: str) -> dict[str, object]:
    return {
        "id": f"d-{number}",
        "message_id": f"m-{number}",
        "endpoint": receiver,
        "event": Event.MESSAGE,
        "state": State.DEAD,
        "code": str(number),
        "content_id": f"x-{number}",
        "done_when": "accepted",
        "created_at": START,
        "expires_at": START,
    }
