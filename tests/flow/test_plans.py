"""However few rows there are, PostgreSQL looks them up by index: its plans are kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from adapter import sweep
from tests.flow import letters
from tests.flow.region import Region

GROWING = "attempt|care_case|case_alias|content|delivery|envelope|history|message|receipt"
WHOLE = re.compile(rf"Seq Scan on ({GROWING})\b")


@contextmanager
def statements(engine: sa.Engine) -> Iterator[dict[str, Any]]:
    """Every statement that is sent meanwhile, with the values that it had once."""
    found: dict[str, Any] = {}

    def note(_c: Any, _r: Any, statement: str, values: Any, _x: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE")):
            found[statement] = values[0] if many else values

    sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.servers
def test_no_statement_of_a_journey_reads_a_whole_table(postgres_url: str) -> None:
    region = Region(postgres_url)
    with statements(region.store.engine) as sent:
        content = region.tells("hospital", letters.note())
        region.receipt("lulea", content)
    read = {
        statement: [row[0] for row in plan]
        for statement, plan in plans(region, sent).items()
        if any(WHOLE.search(row[0]) for row in plan)
    }
    assert len(sent) > 20
    assert read == {}
    region.store.close()


@pytest.mark.servers
def test_what_a_broker_lost_is_found_by_when_it_was_sent(postgres_url: str) -> None:
    region = Region(postgres_url)
    with statements(region.store.engine) as sent:
        sweep.broker_was_empty(region.store, ["lulea", "umea"], region.now)
    found = plans(region, sent).values()
    assert any("delivery_by_confirm" in row[0] for plan in found for row in plan)
    assert not any(WHOLE.search(row[0]) for plan in found for row in plan)
    region.store.close()


def plans(region: Region, sent: dict[str, Any]) -> dict[str, Any]:
    with region.store.begin() as tx:
        return {
            statement: tx.connection.exec_driver_sql(f"explain {statement}", values).all()
            for statement, values in sent.items()
        }
