"""The store itself: its migrations, its times, and what `open` and `due` mean to a planner."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import TransientError
from adapter.core.lifecycle import OPEN, Standing
from adapter.store import Store, endpoints
from adapter.store.columns import Instant
from adapter.store.dialects import among
from adapter.store.exclusive_lock import exclusive_lock
from adapter.store.indexes import SCHEMA, due, one_of, place
from adapter.store.migrate import configuration
from adapter.store.schema import schema, versions
from adapter.store.tables import delivery, endpoint, history, message
from adapter.store.transaction import Transaction
from tests.kit.new_store import new_store
from tests.kit.waiting import wait_for


def registered(tx: Transaction) -> set[str]:
    """Names of the endpoints that the store has rows for."""
    return set(tx.execute(sa.select(endpoint.c.name)).scalars())


@pytest.mark.filterwarnings("ignore:autogenerate skipping", "ignore:Skipped unsupported reflection")
def test_the_migrations_make_the_schema_that_the_code_expects(store: Store) -> None:
    with store.begin() as tx:
        differences = compare_metadata(MigrationContext.configure(tx.connection), SCHEMA)
    of_expressions = ("delivery_due", "message_waiting")  # which Alembic compares as text
    found = [d for d in differences if not any(name in str(d) for name in of_expressions)]
    assert found == []


def test_the_names_of_the_migrations_tell_their_order(store: Store) -> None:
    with store.read() as tx:
        scripts = ScriptDirectory.from_config(configuration(tx.connection))
    newest_first = [script.revision for script in scripts.walk_revisions()]
    assert list(versions()) == newest_first[::-1]


def test_upgrading_twice_does_nothing(store: Store) -> None:
    with store.begin() as tx:
        endpoints.register(tx, ["lulea"])
    store.upgrade()
    with store.read() as tx:
        assert schema(tx).fits
        assert "lulea" in registered(tx)


@pytest.fixture
def unused(store_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store that no test has used before: statistics of what others stored sway a planner."""
    is_sqlite = store_url.startswith("sqlite")
    found = new_store(store_url if is_sqlite else request.getfixturevalue("postgres_url"))
    yield found
    found.close()


def test_what_is_open_and_due_is_found_by_an_index(unused: Store) -> None:
    query = sa.select(delivery.c.id).where(
        delivery.c.endpoint == "x",
        one_of(delivery.c.state, *OPEN),
        due <= datetime.now(UTC),
    )
    assert "delivery_due" in plan_of(unused, query)


def test_what_waits_in_the_inbox_is_found_in_its_order_by_an_index(unused: Store) -> None:
    waiting = one_of(message.c.standing, Standing.RECEIVED)
    query = sa.select(message.c.id).where(message.c.endpoint == "x", waiting)
    plan = plan_of(unused, query.order_by(place, message.c.seq).limit(5))
    assert "message_waiting" in plan
    assert "sort" not in plan.lower()
    assert "b-tree" not in plan.lower()
    first = query.where(place == sa.literal_column("1")).order_by(message.c.seq).limit(1)
    plan = plan_of(unused, first)
    assert "message_waiting" in plan
    assert "sort" not in plan.lower()
    assert "b-tree" not in plan.lower()


def plan_of(store: Store, query: sa.Select[tuple[str]]) -> str:
    """How the database would find it."""
    with store.begin() as tx:
        if not store.is_sqlite:
            tx.connection.exec_driver_sql("set enable_seqscan = off")
            tx.connection.exec_driver_sql("set enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
        text = sa.text(
            explain + str(query.compile(tx.connection, compile_kwargs={"literal_binds": True}))
        )
        return "\n".join(str(row) for row in tx.execute(text))


@given(
    at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from(
            [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5))]
        ),
    )
)
def test_a_time_comes_back_as_the_same_instant(at: datetime) -> None:
    dialect = sa.create_engine("sqlite://").dialect
    kept = Instant().process_bind_param(at, dialect)
    found = Instant().process_result_value(kept, dialect)
    assert found == at
    assert found is not None
    assert found.tzinfo is UTC


def test_a_time_without_zone_is_refused(store: Store) -> None:
    row = {"at": datetime(2026, 1, 1), "what": "x"}  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError), store.begin() as tx:
        tx.execute(sa.insert(history), [row])


def test_the_two_newest_tokens_of_an_endpoint_are_valid(store: Store) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    tokens = []
    for hour in range(3):
        with store.begin() as tx:
            tokens.append(endpoints.new_token(tx, "lulea", now + timedelta(hours=hour)))
    with store.read() as tx:
        found = [endpoints.endpoint_of_token(tx, token) for token in (*tokens, "guess")]
    assert found == ["", "lulea", "lulea", ""]


def test_a_store_that_cannot_be_reached_is_a_transient_error() -> None:
    lost = Store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(TransientError, match="store-unavailable"), lost.begin() as tx:
        tx.connection.exec_driver_sql("select 1")
    lost.close()


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.begin() as tx:
            endpoints.register(tx, ["lulea"])
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with store.read() as tx:
        assert registered(tx) == set()


def test_a_reader_sees_one_picture_whatever_is_written_meanwhile(store: Store) -> None:
    with store.read() as tx:
        before = registered(tx)
        with store.begin() as other:
            endpoints.register(other, ["lulea"])
        assert registered(tx) == before
    with store.read() as tx:
        assert "lulea" in registered(tx)


@pytest.mark.servers
def test_more_threads_than_connections_wait_and_then_give_up_for_now(postgres_url: str) -> None:
    small = Store(postgres_url, most=2, patience=0.1)
    with ExitStack() as held:
        for _ in range(2):
            held.enter_context(small.read())
        with pytest.raises(TransientError, match="store-unavailable"), small.begin():
            pass
        with (
            pytest.raises(TransientError, match="store-unavailable"),
            exclusive_lock(small, ["lulea"]),
        ):
            pass
    small.close()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.sets(TEXTS, max_size=6), st.sets(TEXTS, max_size=6))
@pytest.mark.stored
def test_many_values_are_one_parameter(kept: set[str], asked: set[str]) -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        assert among_these(connection, kept, asked) == kept & asked


@pytest.mark.servers
def test_many_values_are_one_parameter_on_postgresql(postgres_url: str) -> None:
    found = Store(postgres_url)
    with found.engine.connect() as connection:
        values = {"a", "å", "'", '"', "{", "}", ",", "\\", "", " ", "NULL", "[1]"}
        assert among_these(connection, values, values | {"b"}) == values
        assert among_these(connection, {"c"}, set()) == set()
    found.close()


def among_these(connection: sa.Connection, kept: set[str], asked: set[str]) -> set[str]:
    """Those of the rows of a table that are asked for."""
    table = sa.Table("x", sa.MetaData(), sa.Column("name", sa.Text))
    table.create(connection)
    if kept:
        connection.execute(sa.insert(table), [{"name": name} for name in kept])
    query = sa.select(table.c.name).where(among(table.c.name, "names"))
    found = set(connection.execute(query, {"names": asked}).scalars())
    table.drop(connection)
    return found


@pytest.mark.servers
def test_a_connection_that_ended_while_it_rested_is_not_used(postgres_url: str) -> None:
    store, other = Store(postgres_url), Store(postgres_url)
    own_process = sa.text("select pg_backend_pid()")
    ending = sa.text("select pg_terminate_backend(:process)")
    running = sa.text("select count(*) from pg_stat_activity where pid = :process")
    with store.read() as tx:
        process = tx.execute(own_process).scalar_one()

    def processes() -> int:
        with other.read() as tx:
            return int(tx.execute(running, {"process": process}).scalar_one())

    with other.begin() as tx:
        tx.execute(ending, {"process": process})
    wait_for("end of the server's process", processes, (0).__eq__)
    time.sleep(0.3)  # the store tests only a connection that has rested for 0.2 s
    with store.read() as tx:
        assert tx.execute(own_process).scalar_one() != process
    store.close()
    other.close()


@pytest.mark.servers
def test_reading_leaves_what_is_prepared(postgres_url: str) -> None:
    found = Store(postgres_url)
    query = sa.text("select count(*) from pg_prepared_statements")
    for _ in range(10):
        with found.read() as tx:
            prepared = tx.execute(query).scalar_one()
    assert prepared >= 1
    found.close()


def test_a_store_in_memory_needs_no_lock_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with exclusive_lock(Store("sqlite://"), ["lulea"]) as locked:
        assert locked == ["lulea"]
    assert list(tmp_path.iterdir()) == []
