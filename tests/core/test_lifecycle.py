"""The two tables, and when a failure means another try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import FatalError
from adapter.core.lifecycle import (
    OPEN,
    RULINGS,
    TRANSITIONS,
    RetryPolicy,
    Ruling,
    Standing,
    State,
    Step,
    advance,
    in_time,
    rule,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FROM_OUTSIDE = (Step.ACCEPT, Step.ANSWER, Step.CONFIRM, Step.RETRY, Step.GIVE_UP)


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_every_pair_is_either_in_the_table_or_refused(state: State, step: Step) -> None:
    if (state, step) in TRANSITIONS:
        assert advance(state, step) is TRANSITIONS[state, step]
    else:
        with pytest.raises(FatalError, match="illegal-transition"):
            advance(state, step)


@pytest.mark.parametrize(("standing", "ruling"), list(product(Standing, Ruling)))
def test_every_ruling_is_either_in_the_table_or_refused(standing: Standing, ruling: Ruling) -> None:
    if (standing, ruling) in RULINGS:
        assert rule(standing, ruling) is RULINGS[standing, ruling]
    else:
        with pytest.raises(FatalError, match="illegal-transition"):
            rule(standing, ruling)


@pytest.mark.parametrize(("state", "step"), list(product(State, FROM_OUTSIDE)))
def test_the_outside_world_can_never_cause_an_illegal_step(state: State, step: Step) -> None:
    assert (state, step) in TRANSITIONS


@given(st.lists(st.sampled_from(Step)))
def test_nothing_ever_leaves_an_end(steps: list[Step]) -> None:
    for final in (State.CONFIRMED, State.DISCARDED, State.REPLACED, State.NO_LONGER_DUE):
        state = final
        for step in steps:
            if (state, step) in TRANSITIONS:
                state = advance(state, step)
        assert state is final


@given(st.lists(st.sampled_from(FROM_OUTSIDE)))
def test_only_a_person_brings_the_dead_back_to_be_sent(steps: list[Step]) -> None:
    state = State.DEAD
    for step in steps:
        state = advance(state, step)
        assert state not in OPEN


@given(st.integers(min_value=1, max_value=200))
def test_back_off_doubles_up_to_its_ceiling_with_a_tenth_of_jitter(failures: int) -> None:
    policy = RetryPolicy(first=timedelta(seconds=5), ceiling=timedelta(hours=1))
    due = policy.due(failures, None, NOW, None)
    least = min(5 * 2 ** (failures - 1), 3600)
    assert least <= (due - NOW).total_seconds() <= least * 1.1


def test_the_slowest_back_off_that_settings_allow_has_an_end() -> None:
    year = timedelta(days=366)
    policy = RetryPolicy(first=year, ceiling=year)
    assert year <= policy.wait(1000, None) <= year * 1.1


def test_the_far_side_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    policy = RetryPolicy()
    assert policy.wait(1, 600) >= timedelta(seconds=600)
    assert policy.wait(1, 1) >= timedelta(seconds=5)


def test_what_an_outage_holds_up_is_due_with_the_next_probe_unless_it_was_asked_to_wait() -> None:
    probe_at = NOW + timedelta(seconds=30)
    assert RetryPolicy().due(12, None, NOW, probe_at) == probe_at
    assert RetryPolicy().due(0, 600, NOW, probe_at) >= NOW + timedelta(seconds=600)


def test_what_would_come_later_comes_when_the_time_runs_out() -> None:
    late = NOW + timedelta(seconds=4)
    assert in_time(NOW + timedelta(seconds=5), NOW, late) == late
    assert in_time(NOW + timedelta(seconds=3), NOW, late) == NOW + timedelta(seconds=3)


def test_nothing_is_tried_again_once_the_time_is_over() -> None:
    assert in_time(NOW, NOW, NOW) is None
