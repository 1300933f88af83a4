"""Who is told what after each message of a stay: the table of meaning, for any course."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.failures import Arrived
from adapter.core.model import Event
from adapter.core.participant import number_of_right
from adapter.policy.entitled import entitled
from adapter.policy.notice import ENDINGS
from adapter.policy.rights import kept, last_told
from adapter.policy.views import parting
from adapter.policy.window import is_over
from tests.kit.examples import scaled
from tests.kit.stay_words import Course, Word, courses

OUTCOME = st.sampled_from([Arrived.YES, Arrived.YES, Arrived.MAYBE, Arrived.NO])
STEPS = courses().flatmap(
    lambda course: st.tuples(*(st.tuples(st.just(each), OUTCOME) for each in course))
)
MANY = settings(max_examples=scaled(40), deadline=None)
Steps = tuple[tuple[Word, Arrived], ...]


@given(STEPS)
@MANY
def test_who_is_neither_entitled_nor_told_gets_nothing(steps: Steps) -> None:
    course = Course()
    for each, outcome in steps:
        told, rows = course.told(), list(course.rows.values())
        plan = course.hears(each, outcome)
        rights = entitled(course.network, course.stay, each.at.date(), kept(rows))
        allowed = {right.endpoint for right in rights.entitlements}
        allowed |= {name for name, arrived in told.items() if arrived is not Arrived.NO}
        assert {n.endpoint for n in plan.notices} <= allowed if plan else True


@given(STEPS)
@MANY
def test_every_right_that_ends_gives_a_told_receiver_exactly_one_ending(steps: Steps) -> None:
    course = Course()
    for each, outcome in steps:
        told, before = course.told(), {row.endpoint for row in course.open()}
        plan = course.hears(each, outcome)
        if plan is None:
            continue
        over = before - {row.endpoint for row in course.open()}
        silent = {row.endpoint for row in plan.rows if row.ended == "window"}
        endings = Counter(n.endpoint for n in plan.notices if n.event in ENDINGS)
        due = {name for name in over - silent if told.get(name) in (Arrived.YES, Arrived.MAYBE)}
        assert endings == Counter(due)
        assert {n.endpoint for n in plan.notices if n.endpoint in over} == due


@given(STEPS)
@MANY
def test_an_ending_says_what_its_receiver_knew_and_nothing_new(steps: Steps) -> None:
    course = Course()
    for each, outcome in steps:
        told, rows = course.told(), course.open()
        plan = course.hears(each, outcome)
        for notice in plan.notices if plan else ():
            if notice.event in ENDINGS:
                own = [row for row in rows if row.endpoint == notice.endpoint]
                sure = told[notice.endpoint] is Arrived.YES
                known = (last_told(own) or {}) if sure else {}
                said = {k: v for k, v in notice.projection.items() if k != "protection"}
                assert said == parting(known)


@given(STEPS)
@MANY
def test_the_same_input_again_tells_nobody(steps: Steps) -> None:
    """But an end that is taken back or moved after the window is told by the next word."""
    course = Course()
    window = course.network.settings.sharing.window
    for each, outcome in steps:
        was_over = is_over(course.stay, None, window, each.at)
        course.hears(each, outcome)
        if was_over and not is_over(course.stay, None, window, each.at):
            break
        assert course.again(each).notices == ()


@given(STEPS)
@MANY
def test_the_number_of_a_right_rises_with_every_opening_and_end(steps: Steps) -> None:
    course = Course()
    for each, outcome in steps:
        before = dict(course.rows)
        course.hears(each, outcome)
        for key, row in course.rows.items():
            known = before.get(key)
            if known is None or (known.until is None) != (row.until is None):
                assert row.right_no > (known.right_no if known else 0)
            else:
                assert row.right_no == known.right_no


@given(STEPS)
@MANY
def test_a_notice_carries_the_number_of_its_receivers_right_and_an_ending_none(
    steps: Steps,
) -> None:
    course = Course()
    for each, outcome in steps:
        plan = course.hears(each, outcome)
        for notice in plan.notices if plan else ():
            rows = list(course.rows.values())
            number = None if notice.event in ENDINGS else number_of_right(rows, {notice.endpoint})
            assert notice.right_no == number


@given(STEPS)
@MANY
def test_every_receiver_hears_the_admission_first_and_nothing_after_the_end(steps: Steps) -> None:
    course = Course()
    for each, _ in steps:
        course.hears(each, Arrived.YES)
    events: dict[str, list[Event]] = {}
    for sent in course.sent:
        events.setdefault(sent.notice.endpoint, []).append(sent.notice.event)
    for heard in events.values():
        starts = [0, *(i + 1 for i, event in enumerate(heard) if event in ENDINGS)]
        assert all(heard[i] is Event.ADMISSION_NOTICE for i in starts if i < len(heard))


@given(STEPS)
@MANY
def test_an_update_shows_something_else_than_the_notice_before(steps: Steps) -> None:
    course = Course()
    for each, _ in steps:
        known = {row.endpoint: row.queued for row in course.open()}
        plan = course.hears(each, Arrived.YES)
        for notice in plan.notices if plan else ():
            if notice.event is Event.ADMISSION_UPDATED:
                now = {row.endpoint: row.queued for row in course.open()}
                assert now[notice.endpoint] != known[notice.endpoint]


@given(STEPS)
@MANY
def test_a_receiver_that_was_told_knows_at_the_end_what_is_true(steps: Steps) -> None:
    """Whatever the course, the last projection of an open right is that of the Stay now."""
    course = Course()
    for each, _ in steps:
        course.hears(each, Arrived.YES)
    last = {s.notice.endpoint: s.notice for s in course.sent}
    for row in course.open():
        seen = last[row.endpoint].projection
        assert seen["status"] == course.stay.status
        assert seen.get("planned") == course.stay.value("planned")
        assert seen.get("ready") == course.stay.value("ready")
        assert row.need in seen["needs"] or course.stay.ended


@given(STEPS)
@MANY
def test_an_open_right_is_that_of_an_entitled_endpoint(steps: Steps) -> None:
    course = Course()
    for each, outcome in steps:
        rows, was_over = list(course.rows.values()), course.stay.ended
        plan = course.hears(each, outcome)
        if plan is None or course.stay.ended or was_over:
            continue
        rights = entitled(course.network, course.stay, each.at.date(), kept(rows))
        entitlements = {(right.endpoint, str(right.need)) for right in rights.entitlements}
        assert {(row.endpoint, row.need) for row in course.open()} == entitlements
        assert set(plan.missing) == set(rights.missing)
