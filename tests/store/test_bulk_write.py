"""Rows that are written together are each what they would be alone, on either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.store import RowRefusedError, Store
from adapter.store.bulk_write import Complete, Insert, InsertNew, Update, Upsert
from adapter.store.tables import attempt, case, history, sender, stay
from adapter.store.transaction import Transaction
from tests.kit.examples import scaled
from tests.kit.servers import PostgreSQL

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ATTEMPT, LINE, CASE = Insert(attempt), Insert(history), Insert(case)
STAY = Upsert(stay, ("case_id",))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
zones = st.integers(-86_399, 86_399).map(lambda seconds: timezone(timedelta(seconds=seconds)))
times = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=zones)  # noqa: DTZ001
lines = st.fixed_dictionaries(
    {"at": times, "what": texts, "detail": texts, "who": texts, "case_id": st.none() | texts}
)
LARGE = bytes(range(256)) * 100
answers = st.none() | st.binary(max_size=9) | st.just(LARGE)
outcomes = st.fixed_dictionaries(
    {"finished_at": st.none() | times, "code": texts, "answer": answers}
)
stays = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["c-1", "c-2", "c-3"]),
        "body": st.none() | st.binary(max_size=9),
        "updated_at": times,
    }
)
ON_ONE_STORE = settings(
    deadline=None,
    max_examples=scaled(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def begun(number: int) -> dict[str, Any]:
    return {"delivery_id": "d-1", "number": number, "why": "first", "started_at": NOW}


def all_of(tx: Transaction, table: sa.Table, *columns: str) -> list[dict[str, Any]]:
    """The rows of a table, in the order of its key."""
    query = sa.select(*(table.c[name] for name in columns)).order_by(*table.primary_key)
    return [dict(row) for row in tx.execute(query).mappings()]


@ON_ONE_STORE
@given(rows=st.lists(lines, max_size=20))
def test_new_rows_are_as_they_were_given_and_in_their_order(
    store: Store, rows: list[dict[str, Any]]
) -> None:
    with store.begin() as tx:
        tx.execute(sa.delete(history))
        for row in rows:
            tx.later(LINE, row)
        assert all_of(tx, history, "at", "what", "detail", "who", "case_id") == rows


@ON_ONE_STORE
@given(changes=st.lists(outcomes, max_size=8))
def test_changed_rows_are_as_they_were_given_with_few_bytes_with_many_or_without(
    store: Store, changes: list[dict[str, Any]]
) -> None:
    finished = Update(attempt, ("delivery_id", "number"))
    with store.begin() as tx:
        tx.execute(sa.delete(attempt))
        for number, change in enumerate(changes):
            tx.later(ATTEMPT, begun(number))
            tx.later(finished, {"delivery_id": "d-1", "number": number} | change)
        assert all_of(tx, attempt, "finished_at", "code", "answer") == changes


def test_a_column_that_no_row_names_has_its_default(store: Store) -> None:
    with store.begin() as tx:
        tx.later(CASE, {"id": "c-1", "opened_at": NOW})
        tx.later(CASE, {"id": "c-2", "opened_at": NOW, "flagged": True})
        found = all_of(tx, case, "id", "name", "flagged", "orders")
    assert [tuple(row.values()) for row in found] == [("c-1", "", False, 0), ("c-2", "", True, 0)]


def test_of_two_changes_of_one_row_the_last_is_written(store: Store) -> None:
    orders = Update(case, ("id",))
    with store.begin() as tx:
        tx.later(CASE, {"id": "c-1", "opened_at": NOW})
        tx.later(orders, {"id": "c-1", "orders": 1})
        tx.later(orders, {"id": "c-1", "orders": 2})
        assert all_of(tx, case, "orders") == [{"orders": 2}]


def test_what_is_there_already_is_not_written_and_the_rest_is(store: Store) -> None:
    new = InsertNew(sender)
    with store.begin() as tx:
        tx.execute(sa.delete(sender))
        for name in ("a", "b", "a", "c"):
            tx.later(new, {"name": name})
        tx.flush()
        tx.later(new, {"name": "b"})
        assert [row["name"] for row in all_of(tx, sender, "name")] == ["a", "b", "c"]


@ON_ONE_STORE
@given(rows=st.lists(st.lists(stays, max_size=6), max_size=4))
def test_a_row_is_new_or_takes_the_place_of_the_one_with_its_key(
    store: Store, rows: list[list[dict[str, Any]]]
) -> None:
    with store.begin() as tx:
        tx.execute(sa.delete(stay))
        expected: dict[str, dict[str, Any]] = {}
        for together in rows:
            for row in together:
                tx.later(STAY, row)
                expected[row["case_id"]] = row
            tx.flush()
        saved = all_of(tx, stay, "case_id", "body", "updated_at")
        assert sorted(saved, key=lambda row: str(row["case_id"])) == [
            expected[id_] for id_ in sorted(expected)
        ]


def test_none_leaves_a_column_as_it_is_where_that_is_asked_for(store: Store) -> None:
    noted = Complete(case, ("id",))
    with store.begin() as tx:
        tx.later(CASE, {"id": "c-1", "opened_at": NOW, "name": "A/1"})
        tx.later(noted, {"id": "c-1", "name": None, "orders": 3})
        assert all_of(tx, case, "name", "orders") == [{"name": "A/1", "orders": 3}]


def test_a_change_of_one_row_is_no_change_of_another(store: Store) -> None:
    with store.begin() as tx:
        for number in (1, 2):
            tx.later(ATTEMPT, begun(number))
        tx.later(Update(attempt, ("delivery_id", "number")), begun(2) | {"why": "retry"})
        assert [row["why"] for row in all_of(tx, attempt, "why")] == ["first", "retry"]


def test_what_two_changes_of_one_row_have_found_is_written_together(store: Store) -> None:
    noted = Complete(case, ("id",))
    with store.begin() as tx:
        tx.later(CASE, {"id": "c-1", "opened_at": NOW})
        tx.later(noted, {"id": "c-1", "name": "A/1", "orders": None})
        with tx.attempt():
            tx.later(noted, {"id": "c-1", "name": None, "orders": 3})
        assert all_of(tx, case, "name", "orders") == [{"name": "A/1", "orders": 3}]


def test_a_row_that_is_given_twice_is_written_twice(store: Store) -> None:
    line = {"at": NOW, "what": "one"}
    with store.begin() as tx:
        tx.later(LINE, line)
        tx.later(LINE, line)
        assert [row["what"] for row in all_of(tx, history, "what")] == ["one", "one"]


@pytest.mark.parametrize("text", ["\\u0000", "%s", ":x", "\u2028", "{}", "'\"\\"])
def test_a_text_that_looks_like_another_language_is_only_text(store: Store, text: str) -> None:
    with store.begin() as tx:
        tx.later(LINE, {"at": NOW, "what": text})
        assert all_of(tx, history, "what") == [{"what": text}]


def test_half_a_surrogate_pair_refuses_the_transaction(store: Store) -> None:
    with pytest.raises(RowRefusedError):
        written(store, begun(1), begun(2) | {"why": "\ud800"})


@pytest.mark.servers
def test_a_nul_is_not_quoted_in_the_log_of_the_server(postgresql: PostgreSQL) -> None:
    store = Store(postgresql.fresh())
    store.upgrade()
    with pytest.raises(RowRefusedError):
        written(store, begun(1) | {"why": "spoken-of-in-no-log"}, begun(2) | {"why": "\x00"})
    assert postgresql.complaints("spoken-of-in-no-log") == 0
    store.close()


@pytest.mark.servers
@pytest.mark.parametrize("wrong", [{"delivery_id": "x" * 121}, {"number": 1}, {"number": 2**40}])
def test_bytes_of_a_refused_row_are_not_in_the_log_of_the_server(
    postgresql: PostgreSQL, wrong: dict[str, Any]
) -> None:
    store = Store(postgresql.fresh())
    store.upgrade()
    heard = b"heard in confidence"
    with pytest.raises(RowRefusedError):
        written(store, begun(1), begun(2) | {"answer": heard} | wrong)
    assert postgresql.complaints("heard in confidence") == 0
    assert postgresql.complaints(heard.hex()) == 0
    store.close()


@pytest.mark.servers
def test_any_number_of_rows_is_one_statement(postgres_url: str) -> None:
    store, statements = Store(postgres_url), list[str]()
    store.upgrade()
    with store.begin() as tx:
        sa.event.listen(tx.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
        for number in range(100):
            tx.later(ATTEMPT, begun(number))
    assert len(statements) == 1
    store.close()


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with (
        pytest.raises((TypeError, sa.exc.StatementError), match="without zone"),
        store.begin() as tx,
    ):
        tx.later(ATTEMPT, begun(1) | {"started_at": NOW.replace(tzinfo=None)})


def written(store: Store, *rows: dict[str, Any]) -> None:
    with store.begin() as tx:
        for row in rows:
            tx.later(ATTEMPT, row)


@pytest.mark.servers
@pytest.mark.parametrize("strange", ["\x00", "x" * 121])
def test_a_value_that_no_column_can_hold_refuses_the_transaction(
    postgres_url: str, strange: str
) -> None:
    store = Store(postgres_url)
    store.upgrade()
    with pytest.raises(RowRefusedError):
        written(store, begun(1), begun(2) | {"delivery_id": strange})
    with store.read() as tx:
        assert all_of(tx, attempt, "number") == []
    store.close()
