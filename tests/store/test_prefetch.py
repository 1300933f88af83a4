"""A transaction keeps what it has read ahead until a write could make it false."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeAlias

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.store import Store
from adapter.store.bulk_write import Update
from adapter.store.dialects import among
from adapter.store.prefetch import Memory, Prefetch
from adapter.store.tables import endpoint, sender
from adapter.store.transaction import Transaction
from tests.kit.examples import scaled

PAUSERS = Prefetch[str, str](table=endpoint, keys=lambda row: [row["name"]], parameter="names_")
LETTERS = Prefetch[str, str](table=endpoint, keys=lambda row: row["name"])
"""Kept by letter: a row concerns each letter of its name, and no statement names its keys."""
_PAUSE = Update(endpoint, ("name",))
_THESE = sa.update(endpoint).where(among(endpoint.c.name, "names_")).values(paused_by="Ann")
_NAMED = endpoint.c.name == sa.bindparam("names_")
_THIS = sa.update(endpoint).where(_NAMED).values(paused_by="Ann")
_ALL = sa.update(endpoint).values(paused_by="Ann")
_ANOTHER_TABLE = sa.delete(sender)


@pytest.fixture
def tx(store: Store) -> Iterator[Transaction]:
    """A transaction that keeps one value each of three endpoints."""
    with store.begin() as tx:
        for name in ("a", "b", "c"):
            tx.kept(PAUSERS)[name] = f"{name} before"
        yield tx


def kept(tx: Transaction) -> list[str]:
    """Return the endpoints of which a value is kept."""
    return [name for name in ("a", "b", "c", "d") if name in tx.kept(PAUSERS)]


def test_a_value_is_kept_until_the_transaction_ends(store: Store, tx: Transaction) -> None:
    assert tx.kept(PAUSERS)["a"] == "a before"
    with store.read() as other:
        assert other.kept(PAUSERS).get("a") is None


def test_a_later_write_of_its_row_makes_the_value_forgotten_at_once(tx: Transaction) -> None:
    tx.later(_PAUSE, {"name": "b", "paused_by": "Ann"})
    assert kept(tx) == ["a", "c"]


def test_a_value_that_is_kept_after_the_write_stays(tx: Transaction) -> None:
    """The writer knows the new value, and keeps it: the flush must not drop it again."""
    tx.later(_PAUSE, {"name": "b", "paused_by": "Ann"})
    tx.kept(PAUSERS)["b"] = "Ann"
    tx.flush()
    assert tx.kept(PAUSERS)["b"] == "Ann"


def test_a_statement_makes_the_values_that_it_names_forgotten(tx: Transaction) -> None:
    tx.execute(_THESE, {"names_": ["a", "c", "unknown"]})
    assert kept(tx) == ["b"]


def test_a_statement_may_name_one_value_as_a_text(tx: Transaction) -> None:
    tx.execute(_THIS, {"names_": "a"})
    assert kept(tx) == ["b", "c"]


def test_a_statement_that_names_no_values_makes_all_forgotten(tx: Transaction) -> None:
    tx.execute(_ALL)
    assert kept(tx) == []


def test_a_kind_without_a_parameter_forgets_all_whatever_is_named(tx: Transaction) -> None:
    tx.kept(LETTERS)["x"] = "kept"
    tx.execute(_THESE, {"names_": ["a"]})
    assert tx.kept(LETTERS).get("x") is None


def test_a_row_that_concerns_several_keys_makes_each_of_them_forgotten(tx: Transaction) -> None:
    for letter in "abc":
        tx.kept(LETTERS)[letter] = "kept"
    tx.later(_PAUSE, {"name": "ab", "paused_by": "Ann"})
    assert [letter for letter in "abc" if letter in tx.kept(LETTERS)] == ["c"]


@pytest.mark.parametrize("statement", [_ANOTHER_TABLE, sa.select(endpoint), sa.text("select 1")])
def test_what_writes_no_row_of_the_table_makes_nothing_forgotten(
    tx: Transaction, statement: sa.Executable
) -> None:
    tx.execute(statement)
    assert kept(tx) == ["a", "b", "c"]


def test_an_attempt_that_fails_leaves_what_was_kept_and_drops_what_it_read(
    tx: Transaction,
) -> None:
    with suppress(ZeroDivisionError), tx.attempt():
        tx.later(_PAUSE, {"name": "a", "paused_by": "Ann"})
        tx.kept(PAUSERS)["b"] = "changed"
        tx.kept(PAUSERS)["d"] = "read"
        tx.kept(LETTERS)["x"] = "read, the first of its kind"
        raise ZeroDivisionError
    assert kept(tx) == ["a", "b", "c"]
    assert tx.kept(PAUSERS)["b"] == "b before"
    assert "x" not in tx.kept(LETTERS)


def test_an_attempt_that_succeeds_leaves_what_it_made_of_it(tx: Transaction) -> None:
    with tx.attempt():
        tx.later(_PAUSE, {"name": "a", "paused_by": "Ann"})
        tx.kept(PAUSERS)["b"] = "changed"
        tx.kept(PAUSERS)["d"] = "read"
    with suppress(ZeroDivisionError), tx.attempt():
        raise ZeroDivisionError
    assert kept(tx) == ["b", "c", "d"]
    assert tx.kept(PAUSERS)["b"] == "changed"


# Against a plain dictionary

KINDS = (PAUSERS, LETTERS)
NAMES = "abcd"


class Model:
    """What must be kept: a plain dictionary, of which an attempt takes a copy."""

    def __init__(self) -> None:
        self.values: dict[tuple[Prefetch[str, str], str], str] = {}

    def drop(self, kind: Prefetch[str, str], names: Iterable[str]) -> None:
        """Keep no value of these."""
        for name in names:
            self.values.pop((kind, name), None)


Step: TypeAlias = Callable[[Memory, Model], None]


def keep(kind: Prefetch[str, str], name: str, value: str) -> Step:
    """Keep a value."""

    def step(memory: Memory, model: Model) -> None:
        memory.of(kind)[name] = value
        model.values[kind, name] = value

    return step


def write_later(name: str) -> Step:
    """Write a row later."""

    def step(memory: Memory, model: Model) -> None:
        memory.written(endpoint, {"name": name})
        model.drop(PAUSERS, [name])
        model.drop(LETTERS, name)

    return step


def execute_for(names: list[str]) -> Step:
    """Execute a statement that names rows; of the kind without parameter it may change any."""

    def step(memory: Memory, model: Model) -> None:
        memory.executed(_THESE, {"names_": names})
        model.drop(PAUSERS, names)
        model.drop(LETTERS, NAMES)

    return step


def execute_for_all(memory: Memory, model: Model) -> None:
    """Execute a statement that names no rows."""
    memory.executed(_ALL, None)
    model.values.clear()


def write_another_table(memory: Memory, _model: Model) -> None:
    """Write rows of a table of which nothing is kept."""
    memory.written(sender, {"name": "a"})
    memory.executed(_ANOTHER_TABLE, None)


names = st.sampled_from(NAMES)
steps_ = st.one_of(
    st.builds(keep, st.sampled_from(KINDS), names, st.sampled_from(["old", "new"])),
    st.builds(write_later, st.sampled_from(["a", "b", "bc", "abd"])),
    st.builds(execute_for, st.lists(names, max_size=3)),
    st.sampled_from([execute_for_all, write_another_table]),
)
rounds = st.sampled_from(["no attempt", "succeeds", "fails"])


@settings(max_examples=scaled(200))
@given(plan=st.lists(st.tuples(rounds, st.lists(steps_, max_size=6)), max_size=5))
def test_what_is_kept_is_what_a_plain_dictionary_would_hold(
    plan: list[tuple[str, list[Step]]],
) -> None:
    memory, model = Memory(), Model()
    for outcome, steps in plan:
        before = dict(model.values)
        if outcome != "no attempt":
            memory.begin()
        for step in steps:
            step(memory, model)
            assert all_kept(memory) == model.values
        if outcome == "fails":
            memory.undo()
            model.values = before
        elif outcome == "succeeds":
            memory.end()
        assert all_kept(memory) == model.values


def all_kept(memory: Memory) -> dict[tuple[Prefetch[str, str], str], str]:
    """Return every kept value; a kind that nothing was asked of is not begun by this look."""
    return {
        (kind, name): kept.values[name]
        for kind, kept in memory.kinds.items()
        for name in kept.values
    }
