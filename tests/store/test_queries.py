"""The operators' views on both databases, and that large stores do not make them slow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapter.core.lifecycle import STATES, Standing, State
from adapter.store import Store
from adapter.store.queries import case_view, dead, figures, search
from adapter.store.queries.matches import message_ids
from adapter.store.queries.search import Search
from adapter.store.schema import schema
from adapter.store.tables import delivery, message
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.new_store import new_store
from tests.kit.region import Region

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def region(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Region]:
    """A region on either database."""
    sqlite = f"sqlite:///{tmp_path}/adapter.db"
    found = Region(sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield found
    found.store.close()


def test_the_views_say_the_same_on_both_databases(region: Region) -> None:
    content = region.tells("hospital", drafts.note())
    region.receipt("lulea", content, "fatal-error")
    region.down = {"umea"}
    region.tells("hospital", drafts.note(to=(UMEA,), visit="V2"))
    with region.store.read() as tx:
        view = case_view(tx, f"{drafts.HOSPITAL.organization}/V1")
        assert view is not None
        assert {d.state for d in view.deliveries if d.endpoint == "lulea"} == {"dead"}
        assert len(message_ids(tx, content)) == 1
        (cause,) = dead.dead_letters(tx)
        assert (cause.code, cause.endpoint, len(cause.letters)) == ("refused", "lulea", 1)
        counts = {(c.endpoint, c.state): c.count for c in figures.deliveries(tx)}
        assert counts["lulea", "dead"] == 1
        assert counts["umea", "waiting"] == 1
        assert figures.messages(tx) == []
        assert schema(tx).fits
        assert list(figures.unsafe(tx)) == []
        assert figures.totals(tx)["messages"] == len(region.messages())
        by_name = {f.endpoint: f for f in figures.endpoints(tx, region.now)}
        due = region.deliveries(endpoint="umea")[0]["next_attempt_at"]
        assert by_name["umea"].oldest_due == due
        assert by_name["hospital"].last_received == region.now
        for state in STATES:
            wanted = {m.id for m in search.messages(tx, Search(state=state), 50).messages}
            assert wanted == {
                row["id"]
                for row in region.messages()
                if row["standing"] == state
                or any(d["state"] == state for d in region.rows(delivery, message_id=row["id"]))
            }, state


def test_a_time_finds_its_first_row_by_halving(region: Region) -> None:
    rows = [
        {
            "id": f"m-{n}",
            "endpoint": "hospital",
            "received_at": START + timedelta(hours=n),
            "fingerprint": "x",
            "standing": "processed",
        }
        for n in range(300)
        if n % 7
    ]
    with region.store.begin() as tx:
        tx.execute(sa.insert(message), rows)
        tx.execute(sa.delete(message).where(message.c.id.in_(["m-100", "m-101", "m-102"])))
    with region.store.read() as tx:
        for hours in (-5, 0, 99, 100, 101, 250, 299, 400):
            since = START + timedelta(hours=hours)
            page = search.messages(tx, Search(since=since), 500)
            assert page.next is None
            found = sorted(m.received_at for m in page.messages)
            assert found == [
                r["received_at"]
                for r in rows
                if r["received_at"] >= since and r["id"] not in ("m-100", "m-101", "m-102")
            ]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store with 60,000 messages, 1 in 20,000 refused and 1 in 10,000 dead."""
    store = new_store(f"sqlite:///{tmp_path_factory.mktemp('crowded')}/adapter.db")
    body = json.dumps(drafts.note()).encode()
    with store.begin() as tx:
        for start in range(0, 60_000, 10_000):
            tx.execute(
                sa.insert(message), [_message(n, body) for n in range(start, start + 10_000)]
            )
            tx.execute(sa.insert(delivery), [_delivery(n) for n in range(start, start + 10_000)])
    yield store
    store.close()


def _message(n: int, body: bytes) -> dict[str, object]:
    return {
        "id": f"m-{n}",
        "endpoint": "hospital",
        "received_at": START + timedelta(seconds=n),
        "body": body,
        "fingerprint": "x",
        "event": "message",
        "standing": Standing.REFUSED if n % 20_000 == 7 else Standing.PROCESSED,
    }


def _delivery(n: int) -> dict[str, object]:
    return {
        "id": f"d-{n}",
        "message_id": f"m-{n}",
        "endpoint": "lulea",
        "event": "message",
        "state": State.DEAD if n % 10_000 == 3 else State.CONFIRMED,
        "created_at": START + timedelta(seconds=n),
        "expires_at": START + timedelta(days=9),
    }


def _plan(store: Store, query: sa.Select[tuple[object, ...]]) -> str:
    """How SQLite would run a query."""
    text = query.compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.read() as tx:
        return "\n".join(
            row[3] for row in tx.connection.exec_driver_sql(f"explain query plan {text}")
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "wanted",
    [Search(state="dead"), Search(state="refused"), Search(), Search(endpoint="lulea")],
    ids=str,
)
def test_no_page_reads_the_whole_store(crowded: Store, wanted: Search) -> None:
    plan = _plan(crowded, search._query(wanted, 20_000, 40_000).limit(50))
    scanned = [line for line in plan.splitlines() if line.startswith("SCAN")]
    assert all("INDEX" in line for line in scanned), plan


def test_what_is_rare_is_found_page_by_page(crowded: Store) -> None:
    found, before, pages = [], None, 0
    with crowded.read() as tx:
        while pages < 10:
            page = search.messages(tx, Search(state="refused", before=before), 50)
            found += [m.id for m in page.messages]
            pages, before = pages + 1, page.next
            if before is None:
                break
        rare = search.messages(tx, Search(state="dead"), 50)
    assert found == ["m-40007", "m-20007", "m-7"]
    assert pages == 3
    assert [m.id for m in rare.messages] == [f"m-{n}3" for n in (5000, 4000, 3000, 2000, 1000)] + [
        "m-3"
    ]
