"""What a receiver behind a bar of secrecy is told, whatever the course; and that others are too."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.failures import Arrived
from adapter.core.model import Event
from adapter.fhir import rewriting
from adapter.policy.notice import ENDINGS
from adapter.policy.views import MATRIX
from tests.kit import drafts
from tests.kit.county import PITEA, centre
from tests.kit.drafts import LULEA
from tests.kit.examples import scaled
from tests.kit.stay_words import NETWORK, Course, Word, courses

PITEA_SOCIAL = NETWORK.endpoint(PITEA).organization
BARS = st.tuples(
    st.sampled_from([LULEA.organization, LULEA.organization, PITEA_SOCIAL, centre(1)]),
    st.sampled_from(["active", "inactive"]),
)
CONSENTS = st.one_of(
    st.just(()), BARS.map(lambda bar: (drafts.consent("secrecy", bar[1], bar[0]),))
)
COURSES = courses(CONSENTS)
MANY = settings(max_examples=scaled(40), deadline=None)
OF_CHAPTER_3 = ("ready", "leave", "discharge")
EVENTS_OF_CHAPTER_3 = {
    Event.DISCHARGE_READY,
    Event.DISCHARGE_READY_WITHDRAWN,
    Event.DISCHARGED,
    Event.DISCHARGE_CANCELLED,
    Event.LEAVE_STARTED,
    Event.LEAVE_ENDED,
}


@given(COURSES)
@MANY
def test_nobody_behind_a_bar_is_told_anything_of_chapter_three(course: list[Word]) -> None:
    flow = Course()
    for each in course:
        plan = flow.hears(each, Arrived.YES)
        for notice in plan.notices if plan else ():
            if NETWORK.endpoint(notice.endpoint).organization in flow.stay.bars:
                assert notice.event not in EVENTS_OF_CHAPTER_3
                assert not any(name in notice.projection for name in OF_CHAPTER_3)


@given(COURSES)
@MANY
def test_everything_that_a_bar_keeps_back_has_its_receiver_and_a_right(course: list[Word]) -> None:
    flow = Course()
    for each in course:
        plan = flow.hears(each, Arrived.YES)
        for kept_back in plan.left_out if plan else ():
            assert kept_back.endpoint in {row.endpoint for row in flow.open()}
            assert kept_back.endpoint in (plan.barred if plan else ())


@given(COURSES)
@MANY
def test_who_is_behind_no_bar_hears_what_it_hears_without_bars(course: list[Word]) -> None:
    flow, plain = Course(), Course()
    ever = set[str]()
    for each in course:
        flow.hears(each, Arrived.YES)
        plain.hears(_silent(each), Arrived.YES)
        ever |= flow.stay.bars
    for one, other in ((flow, plain), (plain, flow)):
        heard = [_heard(sent) for sent in other.sent]
        for sent in one.sent:
            name = sent.notice.endpoint
            if name != "planning" and NETWORK.endpoint(name).organization not in ever:
                assert _heard(sent) in heard


@given(COURSES)
@MANY
def test_a_bar_stops_no_notice_and_no_ending_of_chapter_two(course: list[Word]) -> None:
    flow, plain = Course(), Course()
    for each in course:
        flow.hears(each, Arrived.YES)
        plain.hears(_silent(each), Arrived.YES)
    wanted = (Event.ADMISSION_NOTICE, Event.DECEASED, *ENDINGS)
    told = [[(s.notice.endpoint, s.notice.event) for s in f.sent] for f in (flow, plain)]
    of_chapter_2 = [sorted(each for each in one if each[1] in wanted) for one in told]
    assert of_chapter_2[0] == of_chapter_2[1]


def test_the_elements_behind_a_bar_are_those_of_chapter_three() -> None:
    hidden = {row.element for row in MATRIX if row.basis.startswith("3:")}
    assert hidden == {"status", *OF_CHAPTER_3}


def _silent(each: Word) -> Word:
    """The same message without its Consents."""
    bundle = each.bundle
    for resource in [e["resource"] for e in bundle["entry"]]:
        if resource["resourceType"] == "Consent":
            bundle = rewriting.with_resource(bundle, resource | {"status": "draft", "category": []})
    return replace(each, bundle=bundle)


def _heard(sent):  # type: ignore[no-untyped-def]
    notice = sent.notice
    return notice.endpoint, notice.event, notice.projection, sent.at
