"""Stays and participants of a case: many are read in one query, and each is written once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapter.store import Store, participants, stays
from adapter.store.participants import Participant
from adapter.store.tables import stay
from tests.kit.query_plans import statements

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def lulea(**more: Any) -> Participant:
    """Luleå, by the assessment of a need for social services."""
    values: dict[str, Any] = {
        "case_id": "c-1",
        "endpoint": "lulea",
        "need": "social-services",
        "basis": "assessment",
        "ground": "2580",
        "since": NOW,
        "right_no": 1,
    }
    return Participant(**values | more)


def test_a_case_without_a_stay_has_an_empty_one(store: Store) -> None:
    with store.read() as tx:
        assert stays.get(tx, "c-1") == ""


def test_a_stay_is_the_text_that_was_saved_last(store: Store) -> None:
    for text in ('{"patient": "Åsa"}', '{"patient": "Örjan"}'):
        with store.begin() as tx:
            stays.save(tx, "c-1", text, NOW)
            assert stays.get(tx, "c-1") == text
    with store.read() as tx:
        assert stays.get(tx, "c-1") == '{"patient": "Örjan"}'


def test_a_stay_that_is_purged_is_empty(store: Store) -> None:
    with store.begin() as tx:
        stays.save(tx, "c-1", "{}", NOW)
        tx.execute(sa.update(stay).values(body=None))
        assert stays.get(tx, "c-1") == ""


def test_a_stay_of_an_attempt_that_failed_is_as_before(store: Store) -> None:
    with store.begin() as tx:
        stays.save(tx, "c-1", "before", NOW)
        with suppress(ZeroDivisionError), tx.attempt():
            stays.save(tx, "c-1", "after", NOW)
            raise ZeroDivisionError
        assert stays.get(tx, "c-1") == "before"


def test_any_number_of_cases_costs_one_query_for_each_kind(store: Store) -> None:
    ids = [f"c-{number}" for number in range(50)]
    with store.begin() as tx:
        stays.save(tx, "c-7", "seven", NOW)
        participants.save(tx, lulea(case_id="c-7"))
    with statements(store) as sent, store.begin() as tx:
        stays.prefetch(tx, ids)
        participants.prefetch(tx, ids)
        assert [stays.get(tx, id_) for id_ in ids].count("seven") == 1
        assert sum(len(participants.of_case(tx, id_)) for id_ in ids) == 1
    assert len(sent) == 2


def test_a_participant_is_read_as_it_was_saved(store: Store) -> None:
    row = lulea(told='{"name": "Åsa"}', queued="{}")
    ended = replace(row, until=LATER, ended="withdrawn", right_no=2)
    for saved in (row, ended):
        with store.begin() as tx:
            participants.save(tx, saved)
            assert participants.of_case(tx, "c-1") == [saved]
        with store.read() as tx:
            assert participants.of_case(tx, "c-1") == [saved]


def test_what_a_participant_got_can_be_forgotten(store: Store) -> None:
    with store.begin() as tx:
        participants.save(tx, lulea(told="{}", queued="{}"))
    with store.begin() as tx:
        participants.save(tx, lulea())
    with store.read() as tx:
        assert participants.of_case(tx, "c-1") == [lulea()]


def test_a_new_participant_may_be_changed_in_the_same_transaction(store: Store) -> None:
    with store.begin() as tx:
        participants.save(tx, lulea())
        participants.save(tx, lulea(until=LATER))
        participants.save(tx, lulea(need="primary-care"))
    with store.read() as tx:
        rows = participants.of_case(tx, "c-1")
    assert rows == [lulea(need="primary-care"), lulea(until=LATER)]


def test_the_number_of_a_right_is_the_sum_of_its_needs(store: Store) -> None:
    with store.begin() as tx:
        participants.save(tx, lulea(right_no=2))
        participants.save(tx, lulea(need="municipal-health-care", right_no=3))
        participants.save(tx, lulea(endpoint="umea", right_no=7))
        assert participants.right_no(tx, "c-1", {"lulea"}) == 5
        assert participants.right_no(tx, "c-1", {"planning"}) == 0


def test_a_successor_inherits_the_rows_and_the_number_of_the_right(store: Store) -> None:
    with store.begin() as tx:
        participants.save(tx, lulea(told="{}"))
        participants.save(tx, lulea(need="primary-care", right_no=2))
        participants.save(tx, lulea(endpoint="new", until=NOW, ended="moved", right_no=3))
    with store.begin() as tx:
        assert participants.inherit(tx, "c-1", "lulea", "new")
        assert not participants.inherit(tx, "c-1", "lulea", "new")
    with store.read() as tx:
        rows = participants.of_case(tx, "c-1")
        assert participants.right_no(tx, "c-1", {"new"}) == 6
    assert [(row.endpoint, row.need, row.until) for row in rows] == [
        ("new", "primary-care", None),
        ("new", "social-services", None),
    ]
    assert (rows[1].told, rows[1].ended) == ("{}", "")
