"""Items stand before a person: one about the same thing at a time, until it is closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.store import Store, items
from adapter.store.items import Item
from tests.kit.query_plans import statements

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def nobody(**more: Any) -> Item:
    """Nobody to tell of a need for social services."""
    values: dict[str, Any] = {
        "what": "nobody-to-tell",
        "case_id": "c-1",
        "message_id": "m-1",
        "subject": "social-services",
        "endpoint": "hospital",
        "since": NOW,
    }
    return Item(**values | more)


def opened(store: Store, *new: Item) -> list[bool]:
    """Open items, each in its own transaction."""
    results = []
    for each in new:
        with store.begin() as tx:
            results.append(items.open_item(tx, each))
    return results


def test_the_same_item_of_a_case_is_open_once(store: Store) -> None:
    again = nobody(message_id="m-2", detail="again")
    assert opened(store, nobody(), again, nobody(subject="primary-care")) == [True, False, True]
    with store.begin() as tx:
        assert not items.open_item(tx, nobody())
        assert [each.message_id for each in items.of_case(tx, "c-1")] == ["m-1", "m-1"]


def test_an_item_outside_a_case_is_open_once_for_each_message(store: Store) -> None:
    lone = nobody(case_id="", what="identity", subject="")
    assert opened(store, lone, lone, nobody(**{**vars_of(lone), "message_id": "m-2"})) == [
        True,
        False,
        True,
    ]


def vars_of(item: Item) -> dict[str, Any]:
    """The fields of an item that tests change."""
    return {"case_id": item.case_id, "what": item.what, "subject": item.subject}


def test_an_item_that_is_closed_may_be_opened_again_in_the_same_transaction(store: Store) -> None:
    with store.begin() as tx:
        items.open_item(tx, nobody())
        assert items.close(tx, "c-1", "nobody-to-tell", "social-services", "met", NOW + HOUR)
        assert items.of_case(tx, "c-1") == []
        assert not items.close(tx, "c-1", "nobody-to-tell", "social-services", "met", NOW)
        assert items.open_item(tx, nobody(detail="again"))
    with store.read() as tx:
        assert [each.detail for each in items.of_case(tx, "c-1")] == ["again"]


def test_closing_one_item_leaves_the_others(store: Store) -> None:
    opened(store, nobody(), nobody(subject="primary-care"), nobody(case_id="c-2"))
    with store.begin() as tx:
        assert items.close(tx, "c-1", "nobody-to-tell", "social-services", "met", NOW)
        assert [each.subject for each in items.of_case(tx, "c-1")] == ["primary-care"]
        assert len(items.of_case(tx, "c-2")) == 1


def test_a_person_takes_and_closes_an_item_by_its_id(store: Store) -> None:
    opened(store, nobody())
    with store.begin() as tx:
        [item] = items.listing(tx)
        assert item.id.startswith("i-")
        assert items.take(tx, item.id, "Ann") == ""
        assert items.take(tx, item.id, "Bo") == "Ann"
        assert items.close_by_id(tx, item.id, "told by telephone", NOW)
        assert not items.close_by_id(tx, item.id, "twice", NOW)
        closed = items.get(tx, item.id)
        assert closed is not None
        assert (closed.taken_by, closed.closed_why) == ("Bo", "told by telephone")
        assert items.listing(tx) == []
        assert items.get(tx, "i-unknown") is None
        with pytest.raises(sa.exc.NoResultFound):
            items.take(tx, "i-unknown", "Ann")


def test_the_item_that_is_due_first_stands_first(store: Store) -> None:
    opened(
        store,
        nobody(subject="undated"),
        nobody(subject="late", due_at=NOW + 2 * HOUR),
        nobody(subject="soon", due_at=NOW + HOUR),
        nobody(what="late-word", endpoint="other"),
    )
    with store.read() as tx:
        subjects = [each.subject for each in items.listing(tx, endpoint="hospital")]
        assert subjects == ["soon", "late", "undated"]
        assert len(items.listing(tx, what="late-word")) == 1
        assert len(items.listing(tx, limit=2)) == 2


def test_items_are_counted_by_owner_and_kind_and_by_what_is_overdue(store: Store) -> None:
    opened(
        store,
        nobody(due_at=NOW + HOUR),
        nobody(subject="primary-care", due_at=NOW + 2 * HOUR, since=NOW + HOUR),
        nobody(what="late-word"),
    )
    with store.read() as tx:
        counts = items.counts(tx, NOW + HOUR)
    assert [(c.what, c.open, c.overdue, c.oldest) for c in counts] == [
        ("late-word", 1, 0, NOW),
        ("nobody-to-tell", 2, 1, NOW),
    ]


def test_any_number_of_cases_costs_one_query(store: Store) -> None:
    ids = [f"c-{number}" for number in range(50)]
    with statements(store) as sent, store.begin() as tx:
        items.prefetch(tx, ids)
        assert all(items.of_case(tx, id_) == [] for id_ in ids)
        assert all(items.open_item(tx, nobody(case_id=id_)) for id_ in ids)
    assert len(sent) == 2
