"""Also in a new store PostgreSQL looks rows up by index: its plans are kept while it grows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from adapter.operate import maintenance
from adapter.operate.status import partner_statuses
from adapter.store import (
    Store,
    cases,
    due_deliveries,
    items,
    notices,
    outbox,
    persons,
    replaced_endpoints,
    stays,
)
from adapter.store.bulk_write import Insert
from adapter.store.items import Item
from adapter.store.queries import figures, partners
from adapter.store.replaced_endpoints import Replacement
from adapter.store.tables import attempt, delivery
from adapter.store.transaction import Transaction
from tests.kit import drafts
from tests.kit.query_plans import count, fill_inbox, fill_line, plan_of, statements
from tests.kit.queued_notices import claimed, end, entitled, opened, queued
from tests.kit.region import T0, Region

pytestmark = pytest.mark.servers
GROWING = (
    "attempt|care_case|case_alias|content|delivery|envelope|history|item|message|participant"
    "|person|receipt|stay"
)
SCAN = re.compile(rf"Scan .*\bon ({GROWING})\b")


@pytest.fixture
def region(postgres_url: str) -> Iterator[Region]:
    found = Region(postgres_url)
    yield found
    found.store.close()


def test_no_statement_of_a_journey_reads_a_whole_table(region: Region) -> None:
    with statements(region.store) as sent:
        content = region.tells("hospital", drafts.note())
        region.receipt("lulea", content)
    assert len(sent) > 20
    assert {s: plan for s in sent if not by_index(plan := plan_of(region.store, s))} == {}


def test_what_a_stay_needs_is_looked_up_by_index(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    queued(region, case)
    with statements(region.store) as sent:
        with region.store.begin() as tx:
            outbox.lock_open_of_cases(tx, [case])
            cases.lock(tx, case)
            stays.save(tx, case, "{}", region.now)
            persons.set_level(tx, ["digest"], "sekretessmarkering", "m-1", region.now)
            items.open_item(tx, Item(what="identity", case_id=case, since=region.now))
            items.close(tx, case, "identity", "", "", region.now)
            items.open_item(tx, Item(what="identity", message_id="m-1", since=region.now))
            notices.may_have_arrived(tx, case)
            end(tx, region, case)
            stays.get(tx, "c-other")
        claimed(region)
    assert {s: plan for s in sent if not by_index(plan := plan_of(region.store, s))} == {}
    assert any(SCAN.search(plan_of(region.store, s)) for s in sent)


def test_the_first_of_an_order_is_found_by_its_own_index_or_by_none(region: Region) -> None:
    """An index in which PostgreSQL counted nothing seems to cost nothing, however it is read."""
    fill_line(region.store, range(5000))
    with region.store.begin() as tx:
        tx.execute(sa.update(delivery).values(state="confirmed", next_attempt_at=None))
    count(region.store)
    fill_line(region.store, range(5000, 5200))
    with statements(region.store) as sent, region.store.begin() as tx:
        due_deliveries.endpoints_due(tx, region.now)
        due_deliveries.look(tx, "lulea", 50, region.now, region.now, Replacement())
    looks = [s for s in sent if " min(" in s]
    assert len(looks) == 2
    assert all("delivery_order on delivery first" in plan_of(region.store, s) for s in looks)
    with region.store.begin() as tx:
        tx.execute(sa.text("DROP INDEX delivery_order"))
    plans = "".join(plan_of(region.store, s) for s in looks)
    assert "delivery_due on delivery first" not in plans
    assert "delivery_deadline on delivery first" not in plans


def test_how_partners_stand_is_read_without_what_is_closed(region: Region) -> None:
    fill_line(region.store, range(5000))
    with region.store.begin() as tx:
        closed = {"state": "confirmed", "next_attempt_at": None}
        tx.execute(sa.update(delivery).where(delivery.c.order_no > 20).values(**closed))
    region.tells("hospital", drafts.note())
    count(region.store)
    with statements(region.store) as sent, region.store.begin() as tx:
        partner_statuses(tx, region.network.settings, region.now)
        partners.newest_outcomes(tx, ["lulea", "umea"], 20)
    plans = {s: plan_of(region.store, s) for s in sent}
    looks = {s: plan for s, plan in plans.items() if " delivery" in plan}
    assert len(looks) >= 4
    assert {s: plan for s, plan in looks.items() if "Seq Scan on delivery" in plan} == {}


def test_the_newest_of_a_partner_are_not_looked_for_among_all_others(region: Region) -> None:
    """Of a partner that never sent, the newest by row number is found behind every message."""
    fill_inbox(region.store, ["hospital", "planning"], range(20_000))
    fill_line(region.store, range(20_000))
    count(region.store)
    with statements(region.store) as sent, region.store.read() as tx:
        partners.last_heard(tx)
        partners.last_spoke(tx, "lulea", lambda _: False)
        partners.last_spoke(tx, "hospital", lambda _: False)
        partners.newest_outcomes(tx, ["hospital", "umea"], 20)
        figures.endpoints(tx, region.now)
    plans = [plan_of(region.store, s) for s in sent]
    assert [plan for plan in plans if "_pkey on" in plan and "_pkey on endpoint" not in plan] == []
    assert sum("message_endpoint on message" in plan for plan in plans) == 2
    assert sum("delivery_endpoint on delivery" in plan for plan in plans) == 1


def test_what_a_broker_lost_is_found_by_when_it_was_sent(region: Region) -> None:
    with statements(region.store) as sent:
        maintenance.broker_was_empty(region.store, ["lulea", "umea"], region.now)
    assert any("delivery_by_confirm" in plan_of(region.store, s) for s in sent)


def test_what_moves_to_a_successor_is_looked_at_one_by_one(region: Region) -> None:
    region.tells("hospital", drafts.note())
    count(region.store)
    with statements(region.store) as sent, region.store.begin() as tx:
        replaced_endpoints.movable(tx, "lulea")
    [statement] = sent
    assert "Join" not in plan_of(region.store, statement)


def test_a_plan_does_not_outlive_the_growth_of_its_table(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.store.engines._PLANNED_SECONDS", 0)
    store = Store(postgres_url, most=1)
    store.upgrade()
    grow(store, 2)
    count(store)
    with store.begin() as tx:
        tx.connection.exec_driver_sql(f"PREPARE kept AS {FINISHED}")
        assert "Index Cond" not in kept(tx)
    grow(store, 5000)
    with store.begin() as tx:
        assert "Index Cond" in kept(tx)
    store.close()


ATTEMPT = Insert(attempt)
FINISHED = (
    "UPDATE attempt SET code = given.code FROM json_populate_recordset(NULL::attempt, $1) AS given"
    " WHERE attempt.delivery_id = given.delivery_id AND attempt.number = given.number"
)


def kept(tx: Transaction) -> str:
    """The plan of what was prepared on this connection."""
    rows = tx.connection.exec_driver_sql("EXPLAIN EXECUTE kept(NULL)").scalars()
    return "\n".join(rows)


def grow(store: Store, rows: int) -> None:
    """So many attempts, of as many deliveries."""
    with store.begin() as tx:
        for number in range(rows):
            row = {"delivery_id": f"d-{number}", "number": rows, "started_at": T0}
            tx.later(ATTEMPT, row)


def by_index(plan: str) -> bool:
    """Whether each look at a table that grows has a condition that an index answers.

    Or goes along an index as far as one row.
    """
    nodes = re.split(r"\n(?=\s*->)", plan)
    return all(
        "Cond:" in node or "Limit" in before
        for before, node in zip(["", *nodes], nodes, strict=False)
        if SCAN.search(node)
    )
