"""Patching a Stay: newer and older per element, deletions, silence, and the same word again."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.model import Event
from adapter.policy.stay import Stay, load
from adapter.policy.stay_elements import CLEARS, is_same, stated
from tests.kit.stay_words import EVENTS, Word, after, applied, word, words

MINUTES = st.integers(0, 500)
ANY = words(MINUTES)
APART = st.lists(MINUTES, min_size=2, max_size=6, unique=True).flatmap(
    lambda times: st.tuples(*(words(st.just(at)) for at in times))
)


def says(stay: Stay) -> dict[str, Any]:
    """Return what a Stay says of each element; of needs and a death only which and whether."""
    values = {name: fact.value for name, fact in stay.facts.items()}
    judged = values.get("assessment")
    return values | {
        "assessment": judged and (sorted(judged["needs"]), judged["units"]),
        "deceased": bool(values.get("deceased")),
    }


def same(one: Stay, other: Stay) -> bool:
    """Whether two Stays say the same."""
    ours, theirs = says(one), says(other)
    return all(is_same(name, ours.get(name), theirs.get(name)) for name in {*ours, *theirs})


@given(APART, st.randoms())
def test_messages_of_different_times_give_the_same_stay_in_any_order(
    told: tuple[Word, ...], random: Any
) -> None:
    shuffled = random.sample(told, len(told))
    assert same(after(shuffled), after(sorted(told, key=lambda each: each.at)))


@given(st.lists(words(st.just(30)), min_size=2, max_size=4))
def test_of_equal_times_the_later_message_counts(told: list[Word]) -> None:
    stay = after(told)
    for name, value in stated(told[-1].event, told[-1].bundle).items():
        if name not in ("assessment", "deceased"):
            assert is_same(name, stay.value(name), value)


@given(st.lists(ANY, max_size=5), ANY)
def test_the_same_message_twice_changes_nothing_and_is_not_late(
    told: list[Word], each: Word
) -> None:
    first = applied(after(told), each)
    second = applied(first.stay, each)
    assert second.stay == first.stay
    assert (second.changed, second.late) == (frozenset(), first.late)


@given(st.lists(ANY, max_size=5), ANY)
def test_what_a_message_does_not_mention_stays_as_it_was(told: list[Word], each: Word) -> None:
    before = after(told)
    patched = applied(before, each)
    mentioned = set(stated(each.event, each.bundle))
    kept = {name: fact for name, fact in before.facts.items() if name not in mentioned}
    assert kept == {n: f for n, f in patched.stay.facts.items() if n not in mentioned}
    assert patched.changed | patched.late <= mentioned


@given(st.lists(ANY, max_size=5), ANY)
def test_changed_are_the_elements_that_say_something_else(told: list[Word], each: Word) -> None:
    before = after(told)
    patched = applied(before, each)
    for name, fact in patched.stay.facts.items():
        if name not in patched.changed:
            assert is_same(name, before.value(name), fact.value)
    assert not patched.changed & patched.late


@given(st.lists(ANY, min_size=1, max_size=6))
def test_the_time_of_an_element_never_goes_back(told: list[Word]) -> None:
    stays = [after(told[:number]) for number in range(len(told) + 1)]
    for before, now in pairwise(stays):
        for name, fact in before.facts.items():
            known, new = fact.at, now.facts[name].at
            assert known is None or (new is not None and new >= known)


@given(st.lists(ANY, max_size=6))
def test_the_store_keeps_a_stay_as_it_is(told: list[Word]) -> None:
    stay = after(told)
    assert load(stay.dump()) == stay


@given(st.lists(words(st.integers(0, 99)), max_size=4), st.sampled_from(EVENTS))
def test_an_event_clears_its_own_elements_although_it_leaves_them_out(
    told: list[Word], event: Event
) -> None:
    cleared = word(event, 100, needs=())
    stay = applied(after(told), cleared).stay
    assert all(stay.value(name) is None for name in CLEARS.get(event, ()) if name != "deceased")


@given(st.lists(words(st.integers(0, 99)), max_size=4), st.lists(words(st.integers(0, 99))))
def test_what_was_deleted_later_is_not_restored_by_older_messages(
    told: list[Word], older: list[Word]
) -> None:
    deletion = word(Event.ADMISSION_UPDATED, 100, needs=(), deletes=("planned-discharge",))
    stay = after([*told, deletion, *older])
    assert stay.value("planned") is None


@given(words(st.just(50)), st.timedeltas(timedelta(minutes=1), timedelta(days=400)))
def test_a_legal_element_is_never_set_aside_in_silence(each: Word, newer: timedelta) -> None:
    ready = word(Event.DISCHARGE_READY, 50 + int(newer.total_seconds() // 60), needs=())
    withdrawn = word(Event.DISCHARGE_READY_WITHDRAWN, 40, needs=())
    assert applied(after([each, ready]), withdrawn).late_legal == {"ready"}


@pytest.mark.parametrize("text", ["", "{}"])
def test_a_stay_that_nobody_has_told_says_nothing(text: str) -> None:
    stay = load(text)
    assert (stay.facts, stay.needs, stay.is_inpatient, stay.ended) == ({}, {}, False, None)
