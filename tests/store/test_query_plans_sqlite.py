"""On SQLite as on PostgreSQL, looking for what is due reads what is open, not all that ever was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.store import Store, due_deliveries
from adapter.store.replaced_endpoints import Replacement

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
