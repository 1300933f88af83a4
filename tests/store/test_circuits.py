"""What a transaction knows of the circuits stays known, also when one endpoint asks to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapter.store import Store, endpoints

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_endpoint_that_asks_to_wait_makes_no_other_row_locked_again(store: Store) -> None:
    with store.begin() as tx:
        endpoints.register(tx, ["a", "b", "c"])
    looks: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            looks.append(statement)

    with store.begin() as tx:
        endpoints.prefetch(tx, {"a", "c"}, failed={"b"})
        sa.event.listen(store.engine, "before_cursor_execute", note)
        try:
            endpoints.hold_off(tx, "b", NOW + timedelta(minutes=1))
            assert not endpoints.worked(tx, "a")
            assert not endpoints.worked(tx, "c")
            assert looks == []
            endpoints.failed(tx, "b", NOW)
        finally:
            sa.event.remove(store.engine, "before_cursor_execute", note)
    assert len(looks) <= 1  # of the one that asked, whose row is locked already
