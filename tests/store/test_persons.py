"""Protection of a person: it is set and lifted in every case, and never weakened by silence."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.store import Store, persons
from tests.kit.query_plans import statements

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_person_whom_nobody_protected_has_no_level(store: Store) -> None:
    with store.read() as tx:
        assert persons.level(tx, ["a", "b", ""]) == ""
        assert persons.level(tx, []) == ""


def test_the_strongest_level_of_the_identities_holds(store: Store) -> None:
    with store.begin() as tx:
        persons.set_level(tx, ["a"], "sekretessmarkering", "m-1", NOW)
        persons.set_level(tx, ["b"], "kvarskrivning", "m-2", NOW)
    with store.read() as tx:
        assert persons.level(tx, ["a"]) == "sekretessmarkering"
        assert persons.level(tx, ["a", "b"]) == "kvarskrivning"


def test_a_weaker_level_changes_nothing(store: Store) -> None:
    with store.begin() as tx:
        assert persons.set_level(tx, ["a"], "skyddadFolkbokforing", "m-1", NOW)
        assert not persons.set_level(tx, ["a"], "sekretessmarkering", "m-2", NOW)
        assert not persons.set_level(tx, ["a"], "skyddadFolkbokforing", "m-3", NOW)
    with store.read() as tx:
        assert persons.level(tx, ["a"]) == "skyddadFolkbokforing"


def test_a_level_that_nobody_knows_counts_as_the_strongest(store: Store) -> None:
    with store.begin() as tx:
        persons.set_level(tx, ["a"], "kvarskrivning", "m-1", NOW)
        assert persons.set_level(tx, ["a"], "new-level", "m-2", NOW)
        assert persons.level(tx, ["a"]) == "new-level"


def test_a_protection_ends_only_when_it_is_lifted(store: Store) -> None:
    with store.begin() as tx:
        persons.set_level(tx, ["a", "b"], "sekretessmarkering", "m-1", NOW)
    with store.begin() as tx:
        assert persons.lift(tx, ["a", "b"], "Ann", NOW)
        assert not persons.lift(tx, ["a", "b"], "Ann", NOW)
        assert persons.level(tx, ["a", "b"]) == ""
    with store.begin() as tx:
        assert persons.set_level(tx, ["a"], "sekretessmarkering", "m-2", NOW)
    with store.read() as tx:
        assert persons.level(tx, ["a"]) == "sekretessmarkering"


def test_any_number_of_persons_costs_one_query(store: Store) -> None:
    digests = [f"digest {number}" for number in range(50)]
    with statements(store) as sent, store.begin() as tx:
        persons.prefetch(tx, digests)
        assert persons.level(tx, digests) == ""
    assert len(sent) == 1
