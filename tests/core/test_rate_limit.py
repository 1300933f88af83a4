"""So many a second, and no more: whoever asks, and however often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.rate_limit import RateLimit

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("rate", "burst"), [(0.1, 1), (1, 1), (2.5, 2), (10, 10)])
def test_a_burst_is_a_seconds_worth_and_one_at_least(rate: float, burst: int) -> None:
    assert RateLimit(rate=rate).allowed(None, NOW) == burst
    assert RateLimit(rate=rate).allowed(NOW - timedelta(days=1), NOW) == burst


def test_who_has_sent_the_burst_waits_for_one_interval() -> None:
    pace = RateLimit(rate=4)
    next_at = pace.after(None, 4, NOW)
    assert pace.allowed(next_at, NOW) == 0
    assert pace.allowed(next_at, NOW + SECOND / 4) == 1
    assert pace.allowed(next_at, NOW + SECOND) == 4


def test_who_asked_for_one_in_ten_seconds_gets_one_in_ten_seconds() -> None:
    pace = RateLimit(rate=0.1)
    next_at = pace.after(None, 1, NOW)
    assert pace.allowed(next_at, NOW + 9 * SECOND) == 0
    assert pace.allowed(next_at, NOW + 10 * SECOND) == 1


def test_a_third_of_a_second_is_not_rounded_in_our_favour() -> None:
    assert RateLimit(rate=3).interval * 3 >= SECOND


@given(
    rate=st.floats(0.01, 500),
    waits=st.lists(st.floats(0, 5), min_size=1, max_size=60),
    wanted=st.integers(1, 50),
)
def test_no_stretch_of_time_ever_gets_more_than_its_share_and_a_burst(
    rate: float, waits: list[float], wanted: int
) -> None:
    pace, next_at, now = RateLimit(rate=rate), None, NOW
    sent: list[tuple[datetime, int]] = []
    for wait in waits:
        now += timedelta(seconds=wait)
        some = min(wanted, pace.allowed(next_at, now))
        next_at = pace.after(next_at, some, now)
        sent.append((now, some))
    for i, (begin, _) in enumerate(sent):
        for j in range(i, len(sent)):
            within = sum(some for _, some in sent[i : j + 1])
            assert within <= pace.burst + (sent[j][0] - begin) / pace.interval


@given(rate=st.floats(0.5, 100), seconds=st.integers(2, 30))
def test_who_asks_all_the_time_gets_all_of_it(rate: float, seconds: int) -> None:
    pace, next_at, sent = RateLimit(rate=rate), None, 0
    for tick in range(seconds * 200):
        now = NOW + tick * SECOND / 200
        some = pace.allowed(next_at, now)
        next_at = pace.after(next_at, some, now)
        sent += some
    assert sent >= int(rate * (seconds - 1))
