"""The generator is seeded, and contains what meaning.md asks for."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.generator import story
from stories.truth import Deed, Weather

CONTAINS = (
    "withdrawal",
    "late-receipt-after-the-end",
    "shared-mailbox",
    "seven-centres-with-listing",
    "address-blanked",
    "address-flapping",
    "address-future-dated",
    "address-expired",
    "transfer",
    "discharge-before-admission",
    "reused-visit-number",
    "mother-and-child",
    "pnr-to-pnr",
    "kvarskrivning",
    "lma-number",
    "out-of-county",
    "psychiatric-provider",
    "lpt-leave",
    "two-hospitals",
    "foreign-death",
    "settings-in-mid-case",
    "successor-in-mid-case",
    "upgrade-in-mid-case",
    "replay-in-mid-case",
    "edit-in-mid-case",
    "broker-wipe-in-mid-case",
    "fhir-and-hl7",
    "assessment-after-discharge",
    "assessment-outpatient",
    "clocks-minutes",
    "clocks-hours",
    "clocks-year",
    "clocks-autumn-night",
    "overreach-by-name",
    "overreach-by-number",
    "overreach-by-own-case",
    "overreach-by-alias",
    "overreach-by-hospital",
    "reused-visit-with-planning-alias",
    "care-contact",
    "sip-invitation",
    "sip-invitation-changed",
    "sip-invitation-cancelled",
    "sip-invitation-answer",
    "invitation-to-no-party",
    "planning-basis",
    "information-transfer",
    "progress",
    "recall",
    "recall-by-another",
    "recall-of-recall",
    "recall-of-nothing",
    "cancelled-before-invitation",
    "answer-to-old-version",
    "progress-of-unknown-plan",
    "invitation-without-time",
    "effort-of-no-principal",
    "consent-ended-yesterday",
    "overreach-sip-invitation",
    "overreach-recall",
    *(f"withdrawn-during-{weather}" for weather in Weather),
    *(f"operation-{deed}" for deed in Deed),
)
"""The generator's list of meaning.md 6, and the events of planning."""


@pytest.fixture(scope="module")
def contained() -> Counter[str]:
    """What three thousand stories contain."""
    found: Counter[str] = Counter()
    for number in range(3000):
        found.update(set(story("contents", number).ingredients))
    return found


@pytest.mark.slow
def test_the_stories_contain_everything_on_the_list(contained: Counter[str]) -> None:
    assert [name for name in CONTAINS if not contained[name]] == []


@given(seed=st.text(max_size=6), number=st.integers(0, 10**6))
def test_a_story_follows_from_its_seed_and_number(seed: str, number: int) -> None:
    assert story(seed, number) == story(seed, number)


@given(number=st.integers(0, 10**6))
def test_a_senders_feed_is_in_order(number: int) -> None:
    told = story("order", number)
    for sender in {word.sender for word in told.words}:
        times = [w.at for w in told.words if w.sender == sender and w.control]
        assert times == sorted(times)


@given(number=st.integers(0, 10**6))
def test_no_word_comes_before_it_was_made(number: int) -> None:
    assert all(word.made <= word.at for word in story("time", number).words)


@given(number=st.integers(0, 10**6))
def test_every_word_holds_the_facts_of_its_person(number: int) -> None:
    told = story("facts", number)
    for word in told.words:
        person = told.people.get(word.person)
        if person is not None:
            text = word.body.decode()
            assert any(n.value in text for p in told.people.values() for n in p.numbers)
