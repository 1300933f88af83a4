"""On SQLite as on PostgreSQL, looking for what is due reads what is open, not all that ever was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.store import Store, due_deliveries
from adapter.store.queries import partners
from adapter.store.replaced_endpoints import Replacement
from tests.kit import drafts
from tests.kit.region import Region

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LOOKS = {
    "endpoints": due_deliveries._with_work(),
    "candidates": due_deliveries._candidates(Replacement()),
    "probes": due_deliveries._probes(Replacement()),
}


@pytest.mark.parametrize("name", LOOKS)
def test_each_look_for_what_is_due_goes_by_an_index_of_what_is_open(
    tmp_path: Path, name: str
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    store.upgrade()
    with store.read() as tx:
        steps = plan(tx.connection, LOOKS[name])
    store.close()
    found = [step for step in steps if " delivery " in step or " first " in step]
    assert found
    assert [
        s for s in found if "INDEX delivery_due" not in s and "INDEX delivery_order" not in s
    ] == []


def plan(connection: sa.Connection, query: sa.Select[tuple[str]]) -> list[str]:
    """SQLite's own words."""
    asked = query.params(now_=NOW, name_="lulea", limit_=5)
    compiled = asked.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    names = compiled.positiontup or []
    values = tuple(str(compiled.params[name]) for name in names)
    rows = connection.exec_driver_sql(f"explain query plan {compiled}", values)
    return [str(row[3]) for row in rows]


def test_no_look_up_of_many_values_reads_a_whole_table(tmp_path: Path) -> None:
    """A condition that is compared with 1, as SQLAlchemy writes a Boolean, fits no index."""
    region = Region(f"sqlite:///{tmp_path / 'store.db'}")
    sent: dict[str, Any] = {}

    def note(_c: object, _r: object, statement: str, values: Any, *_rest: object) -> None:
        if "json_each" in statement:
            sent[statement] = values

    sa.event.listen(region.store.engine, "before_cursor_execute", note)
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content)
    sa.event.remove(region.store.engine, "before_cursor_execute", note)
    with region.store.read() as tx:
        plans = {s: steps(tx.connection, s, values) for s, values in sent.items()}
    region.store.close()
    assert len(plans) > 10
    assert {s: plan for s, plan in plans.items() if any(map(READS_ALL.match, plan))} == {}


READS_ALL = re.compile(r"SCAN (?!json_each|sender|endpoint)")


def steps(connection: sa.Connection, statement: str, values: Any) -> list[str]:
    """SQLite's own words, for one set of values."""
    given = values[0] if isinstance(values, list) else values
    rows = connection.exec_driver_sql(f"explain query plan {statement}", given)
    return [str(row[3]) for row in rows]


def test_what_is_dead_failing_or_refused_is_counted_by_an_index_of_just_that(
    tmp_path: Path,
) -> None:
    region = Region(f"sqlite:///{tmp_path / 'store.db'}")
    sent: list[tuple[str, Any]] = []

    def note(_c: object, _r: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, values))

    sa.event.listen(region.store.engine, "before_cursor_execute", note)
    with region.store.read() as tx:
        partners.dead(tx)
        partners.failing(tx)
        partners.unwell(tx)
        partners.refused_since(tx, NOW)
        partners.newest_outcomes(tx, ["lulea", "umea"], 20)
        partners.last_spoke(tx, "lulea", lambda _: False)
        partners.last_heard(tx)
    sa.event.remove(region.store.engine, "before_cursor_execute", note)
    with region.store.read() as tx:
        plans = "\n".join(step for s, values in sent for step in steps(tx.connection, s, values))
    region.store.close()
    assert [line for line in plans.splitlines() if READS_TABLE.search(line)] == []
    assert "SCAN delivery USING COVERING INDEX delivery_dead_cause" in plans
    assert "SCAN message USING COVERING INDEX message_dead_cause" in plans
    assert "SCAN delivery USING INDEX delivery_troubled" in plans
    assert "SEARCH delivery USING INDEX delivery_troubled (endpoint=?)" in plans
    assert "USING COVERING INDEX message_refused (endpoint=? AND received_at>?)" in plans
    assert plans.count("delivery_endpoint (endpoint=? AND ") == 1
    assert plans.count("message_endpoint (endpoint=? AND ") == 2


READS_TABLE = re.compile(r"SCAN (message|delivery)$")
