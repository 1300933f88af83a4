"""The readings of a month are found by an index, on either database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from adapter.store import Store, history, tables
from adapter.store.queries import readings
from adapter.store.transaction import Transaction

SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def look(tx: Transaction) -> None:
    """Ask everything that the reading log asks."""
    readings.newest(tx, SINCE, UNTIL, "", 10)
    readings.newest(tx, SINCE, UNTIL, "Ann", 10)
    readings.numbers(tx, SINCE, UNTIL)
    readings.checks(tx, "2026-03", SINCE)


def explained(tx: Transaction, statement: str, values: Any) -> str:
    words = "EXPLAIN" if tx.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = tx.connection.exec_driver_sql(f"{words} {statement}", values)
    return "\n".join(str(row) for row in rows)


def test_readings_are_looked_up_by_their_index(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(sa.delete(tables.history))
        for number in range(3000):
            history.note(tx, SINCE, "retry", message=f"m-{number}")
        history.note(tx, SINCE, "body-read", message="m-1", who="Ann")
    sent: list[tuple[str, Any]] = []
    with store.read() as tx:
        sa.event.listen(tx.engine, "before_cursor_execute", lambda *a: sent.append((a[2], a[3])))
        look(tx)
        plans = [explained(tx, *asked) for asked in list(sent) if asked[0].startswith("SELECT")]
    assert len(plans) == 4
    assert [plan for plan in plans if "history_reading" not in plan] == []
