"""Stories of invitations to planning: who calls whom, what changes, and who answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from adapter.core.model import Event
from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.county import text
from tests.kit.drafts import HOSPITAL, UMEA
from tests.kit.invitation_words import calls, replies
from tests.kit.plan_words import answered, codes, consent, writes
from tests.kit.statute_county import (
    CASE,
    CENTRE,
    NURSING,
    OTHER_CENTRE,
    SOCIAL,
    Judged,
    StatuteCounty,
)

CHANGED, CANCELLED = Event.SIP_INVITATION_CHANGED, Event.SIP_INVITATION_CANCELLED


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """A stay that social services and the centre take part in; Umeå and others do not."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y", centre="Y"))
    county.told()
    yield county
    county.store.close()


def heard(county: StatuteCounty) -> dict[str, list[str]]:
    """Who got which invitation since the last call."""
    words = {n: [e for e in events if "sip" in e] for n, events in county.words().items()}
    return {name: events for name, events in words.items() if events}


def move(county: StatuteCounty) -> str:
    """Let another mailbox replace Umeå's; return its name."""
    rest = [e for e in county.network.settings.endpoints if e.name != "umea"]
    old, new = county.network.endpoint("umea"), OTHER_CENTRE.endpoint
    county.with_settings(endpoints=(*rest, replace(old, replaced_by=new, serves=())))
    return new


# Who calls whom


def test_the_centre_calls_the_units_that_it_names(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    assert heard(ward) == {"social": ["sip-invitation"], "umea": ["sip-invitation"]}


@pytest.mark.parametrize("caller", [SOCIAL, HOSPITAL, OTHER_CENTRE], ids=lambda p: p.endpoint)
def test_in_a_stay_only_a_party_that_serves_primary_care_calls(
    ward: StatuteCounty, caller: drafts.Party
) -> None:
    calls(ward, CENTRE, sender=caller)
    assert codes(ward, caller.endpoint) == ["not-entitled"]
    assert heard(ward) == {}


def test_a_party_that_may_not_call_reads_who_does_and_a_stranger_reads_nothing(
    ward: StatuteCounty,
) -> None:
    calls(ward, CENTRE, sender=SOCIAL)
    (refused,) = answered(ward, "social")
    assert refused.startswith("not-entitled a unit that serves primary care calls")
    calls(ward, CENTRE, sender=UMEA)
    assert answered(ward, "umea") == ["not-entitled"]


def test_a_destination_that_is_not_invited_gets_nothing(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, to=(SOCIAL, HOSPITAL))
    assert heard(ward) == {"social": ["sip-invitation"]}
    assert codes(ward, "centre") == []


def test_the_hospital_gets_the_invitation_only_when_it_is_invited(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, HOSPITAL)
    assert heard(ward) == {"social": ["sip-invitation"], "hospital": ["sip-invitation"]}


@pytest.mark.parametrize("word", [(), (consent("inactive"),)], ids=["none", "withdrawn"])
def test_without_consent_only_those_who_take_part_get_it(
    ward: StatuteCounty, word: tuple[dict[str, object], ...]
) -> None:
    ward.inbox("centre")
    calls(ward, SOCIAL, UMEA, consents=word)
    assert codes(ward, "centre") == ["not-a-party"]
    assert heard(ward) == {"social": ["sip-invitation"]}


def test_a_unit_without_a_connection_is_a_warning(ward: StatuteCounty) -> None:
    school = drafts.Party(organization="SE2120002742-SKOLAN", endpoint="school")
    calls(ward, SOCIAL, school)
    assert codes(ward, "centre") == ["unknown-receiver"]
    assert heard(ward) == {"social": ["sip-invitation"]}


# What an invitation makes of a unit


def test_an_invited_unit_hears_plan_and_messages_and_nothing_of_the_stay(
    ward: StatuteCounty,
) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    writes(ward, CENTRE, UMEA)
    ward.tells("centre", drafts.in_case(drafts.note(sender=CENTRE, to=(UMEA,)), CASE))
    ward.reports("A16")
    assert ward.words() == {
        "umea": ["care-plan", "message"],
        "social": ["discharge-ready"],
        "centre": ["discharge-ready"],
        "planning": ["discharge-ready"],
    }


def test_an_invited_unit_writes_in_the_case(ward: StatuteCounty) -> None:
    calls(ward, UMEA)
    ward.told()
    ward.tells("umea", drafts.in_case(drafts.note(sender=UMEA, to=(CENTRE,)), CASE))
    assert ward.words() == {"centre": ["message"]}


def test_a_unit_that_is_invited_and_then_judged_gets_its_notice_once(ward: StatuteCounty) -> None:
    calls(ward, NURSING)
    ward.told()
    ward.reports("A08", Judged(social="Y", nursing="Y", centre="Y"))
    assert ward.words()["nursing"] == ["admission-notice"]
    assert ward.history("no-longer-due") == []


def test_a_withdrawn_consent_ends_the_part_by_invitation_alone(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    word = drafts.stay(
        Event.ADMISSION_UPDATED,
        needs=(),
        minutes=90,
        consents=(drafts.consent("planning", "inactive"),),
    )
    ward.tells("hospital", drafts.in_case(word, CASE))
    ward.told()
    note = drafts.note(sender=CENTRE, to=(SOCIAL, UMEA))
    ward.tells("centre", drafts.in_case(note, CASE))
    assert ward.words() == {"social": ["message"]}
    ward.tells("umea", drafts.in_case(drafts.note(sender=UMEA, to=(CENTRE,)), CASE))
    assert codes(ward, "umea") == ["not-entitled"]


# Changes


def test_a_change_tells_the_added_and_the_removed_unit_what_it_is_to_them(
    ward: StatuteCounty,
) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    calls(ward, SOCIAL, NURSING, event=CHANGED, version=2, day=11)
    mail = ward.told()
    assert {name: [bundles.event_code(b)[1] for b in got] for name, got in mail.items()} == {
        "social": ["sip-invitation-changed"],
        "nursing": ["sip-invitation"],
        "umea": ["sip-invitation-cancelled"],
    }
    [cancelled] = mail["umea"]
    assert "2026-03-11" not in text(cancelled)
    assert NURSING.organization not in text(cancelled)
    assert (bundles.focus(cancelled) or {})["cancelationReason"]["text"]


@pytest.mark.parametrize(
    ("event", "told"),
    [(CHANGED, ["sip-invitation-changed"]), (CANCELLED, ["sip-invitation-cancelled"])],
)
def test_a_mailbox_that_has_replaced_another_has_its_invitation(
    ward: StatuteCounty, event: Event, told: list[str]
) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    new = move(ward)
    calls(ward, SOCIAL, UMEA, event=event, version=2)
    assert heard(ward) == {"social": told, new: told}


@pytest.mark.parametrize("last", [CHANGED, CANCELLED])
def test_a_unit_whose_mailbox_was_replaced_is_removed_like_any_other(
    ward: StatuteCounty, last: Event
) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    new = move(ward)
    calls(ward, SOCIAL, UMEA, event=CHANGED, version=2)
    calls(ward, SOCIAL, event=last, version=3)
    assert heard(ward)[new] == ["sip-invitation-changed", "sip-invitation-cancelled"]
    ward.inbox("centre")
    writes(ward, CENTRE, UMEA)
    assert codes(ward, "centre") == ["not-a-party"]


def test_a_removed_unit_takes_no_part_any_more(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    calls(ward, SOCIAL, event=CHANGED, version=2)
    ward.told()
    ward.inbox("centre")
    writes(ward, CENTRE, UMEA)
    assert codes(ward, "centre") == ["not-a-party"]
    ward.tells("umea", drafts.in_case(drafts.note(sender=UMEA, to=(CENTRE,)), CASE))
    assert codes(ward, "umea") == ["not-entitled"]


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_version_after_a_newer_is_superseded(ward: StatuteCounty, version: int) -> None:
    calls(ward, SOCIAL, event=CHANGED, version=2)
    ward.told()
    ward.inbox("centre")
    calls(ward, SOCIAL, version=version)
    assert codes(ward, "centre") == ["superseded"]
    assert heard(ward) == {}


# Cancelled


def test_a_cancellation_goes_to_those_that_have_the_invitation(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    calls(ward, SOCIAL, event=CANCELLED, version=2)
    assert heard(ward) == {
        "social": ["sip-invitation-cancelled"],
        "umea": ["sip-invitation-cancelled"],
    }
    writes(ward, CENTRE, UMEA)
    assert ward.words() == {}


def test_a_cancellation_before_its_invitation_is_refused(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, event=CANCELLED)
    assert codes(ward, "centre") == ["invitation-unknown"]
    assert heard(ward) == {}


def test_an_invitation_that_waits_for_a_unit_that_is_removed_never_leaves(
    ward: StatuteCounty,
) -> None:
    ward.down |= {"umea"}
    calls(ward, SOCIAL, UMEA)
    calls(ward, SOCIAL, event=CHANGED, version=2)
    ward.down.clear()
    ward.later(hours=2)
    assert "sip-invitation" not in heard(ward).get("umea", [])


# Answers


def test_an_answer_goes_to_the_caller_alone(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    replies(ward, UMEA, status="declined")
    assert heard(ward) == {"centre": ["sip-invitation-answer"]}


@pytest.mark.parametrize("stranger", [NURSING, OTHER_CENTRE], ids=lambda p: p.endpoint)
def test_only_those_that_the_invitation_was_sent_to_answer(
    ward: StatuteCounty, stranger: drafts.Party
) -> None:
    calls(ward, SOCIAL)
    ward.told()
    replies(ward, stranger)
    assert codes(ward, stranger.endpoint) == ["not-entitled"]
    assert heard(ward) == {}


def test_nobody_answers_in_the_name_of_another_unit(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    replies(ward, SOCIAL, unit_=UMEA)
    assert codes(ward, "social") == ["wrong-sender"]
    assert ward.words() == {}


def test_an_answer_to_an_old_version_is_refused(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL)
    calls(ward, SOCIAL, event=CHANGED, version=2)
    ward.told()
    replies(ward, version=1)
    assert codes(ward, "social") == ["stale-version"]
    assert heard(ward) == {}
    replies(ward, version=2)
    assert heard(ward) == {"centre": ["sip-invitation-answer"]}


def test_a_later_answer_replaces_the_earlier(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL)
    ward.told()
    replies(ward)
    replies(ward, status="declined")
    assert heard(ward) == {"centre": ["sip-invitation-answer", "sip-invitation-answer"]}


def test_a_unit_that_was_removed_may_still_say_so(ward: StatuteCounty) -> None:
    calls(ward, SOCIAL, UMEA)
    ward.told()
    calls(ward, SOCIAL, event=CHANGED, version=2)
    ward.told()
    replies(ward, UMEA, version=2, status="declined")
    assert heard(ward) == {"centre": ["sip-invitation-answer"]}
