"""A transaction writes what waits before anything else is seen, and undoes one attempt alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.store import RowRefusedError, Store, cases, history
from adapter.store.tables import case
from adapter.store.tables import history as lines
from adapter.store.transaction import Transaction
from tests.kit.examples import scaled
from tests.kit.new_store import new_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def written(tx: Transaction) -> list[str]:
    """The history, which reading makes complete."""
    return list(tx.execute(sa.select(lines.c.what).order_by(lines.c.seq)).scalars())


def test_what_waits_is_written_before_it_is_read(store: Store) -> None:
    with store.begin() as tx:
        history.note(tx, NOW, "one")
        assert written(tx) == ["one"]


def test_what_waits_is_written_at_the_commit(store: Store) -> None:
    with store.begin() as tx:
        history.note(tx, NOW, "one")
    with store.read() as tx:
        assert written(tx) == ["one"]


def test_an_error_undoes_everything(store: Store) -> None:
    with suppress(ZeroDivisionError), store.begin() as tx:
        history.note(tx, NOW, "one")
        raise ZeroDivisionError
    with store.read() as tx:
        assert written(tx) == []


@pytest.mark.parametrize("reads", [True, False])
def test_an_attempt_that_fails_undoes_itself_alone(store: Store, reads: bool) -> None:
    with store.begin() as tx:
        history.note(tx, NOW, "before")
        opened = cases.open_case(tx, ["A/1"], "", NOW)
        with suppress(ZeroDivisionError), tx.attempt():
            cases.save(tx, opened.id, orders=7)
            history.note(tx, NOW, "undone")
            assert not reads or written(tx) == ["before", "undone"]
            raise ZeroDivisionError
        with tx.attempt():
            history.note(tx, NOW, "after")
        assert cases.lock(tx, opened.id).orders == 0
    with store.read() as tx:
        assert written(tx) == ["before", "after"]
        assert tx.execute(sa.select(case.c.orders)).scalar_one() == 0


def test_a_new_row_is_changed_after_it_is_written(store: Store) -> None:
    """Even where the same change of another row was asked for before."""
    with store.begin() as tx:
        first = cases.open_case(tx, ["A/1"], "", NOW)
        cases.save(tx, first.id, orders=1)
        second = cases.open_case(tx, ["A/2"], "", NOW)
        cases.save(tx, second.id, orders=2)
        cases.save(tx, first.id, orders=3)
    with store.read() as tx:
        found = tx.execute(sa.select(case.c.orders).order_by(case.c.name)).scalars()
        assert list(found) == [3, 2]


def test_a_key_that_somebody_else_wrote_first_is_refused(store: Store) -> None:
    with store.begin() as tx:
        cases.open_case(tx, ["A/1"], "", NOW)
    with pytest.raises(RowRefusedError):
        opened_unseen(store)
    with store.read() as tx:
        assert written(tx) == []
        assert tx.execute(sa.select(sa.func.count()).select_from(case)).scalar_one() == 1


def opened_unseen(store: Store) -> None:
    """As one who had looked before the other wrote."""
    with store.begin() as tx:
        history.note(tx, NOW, "undone too")
        cases.open_case(tx, ["A/1"], "", NOW)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for many examples."""
    found = new_store(f"sqlite:///{tmp_path_factory.mktemp('attempts')}/adapter.db")
    yield found
    found.close()


@settings(deadline=None, max_examples=scaled(50))
@given(steps=st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), max_size=8))
def test_attempts_come_to_what_savepoints_would(
    kept: Store, steps: list[tuple[bool, bool, int]]
) -> None:
    """Whatever fails, whatever reads in between: only what succeeded is there, in its order."""
    with kept.begin() as tx:
        tx.execute(sa.delete(lines))
        for fails, reads, number in steps:
            with suppress(ZeroDivisionError):
                attempt(tx, fails, reads, str(number))
        assert written(tx) == [str(number) for fails, _, number in steps if not fails]


def attempt(tx: Transaction, fails: bool, reads: bool, what: str) -> None:
    with tx.attempt():
        history.note(tx, NOW, what)
        assert not reads or written(tx)[-1] == what
        if fails:
            raise ZeroDivisionError
