"""Stories of messages of the planning that should not have been sent: who is told, who is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.drafts import UMEA, Party
from tests.kit.invitation_words import calls, invitation, replies
from tests.kit.news_words import informs, progresses
from tests.kit.plan_words import EFFORTS, codes, consent, plan, writes
from tests.kit.recall_words import UNKNOWN, note, recall, recalls
from tests.kit.statute_county import (
    CASE,
    CENTRE,
    NURSING,
    SOCIAL,
    Judged,
    StatuteCounty,
)


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """A stay that social services, nursing and the centre take part in."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y", nursing="Y", centre="Y"))
    county.told()
    for name in ("hospital", "centre", "social", "nursing"):
        county.inbox(name)
    yield county
    county.store.close()


def refused(county: StatuteCounty, sender: Party, bundle: Bundle) -> list[str]:
    """Codes of the receipt for a message that reaches nobody and changes no party."""
    county.tells(sender.endpoint, bundle)
    answer = codes(county, sender.endpoint)
    assert county.words() == {}
    assert county.messages()[-1]["standing"] == "refused"
    return answer


# Invitations


def untimed(county: StatuteCounty, status: str) -> Bundle:
    """An invitation without a time."""
    bundle = invitation(county, CENTRE, SOCIAL, consents=(consent(),))
    focus = bundles.focus(bundle) or {}
    focus |= {"status": status}
    del focus["start"], focus["end"]
    return bundle


def test_an_invitation_without_a_time_that_is_not_proposed_reaches_nobody(
    ward: StatuteCounty,
) -> None:
    assert refused(ward, CENTRE, untimed(ward, "booked")) == ["invariant"]
    replies(ward)
    assert codes(ward, "social") == ["not-entitled"]  # there is none to answer


def test_a_proposed_invitation_needs_no_time(ward: StatuteCounty) -> None:
    ward.tells("centre", untimed(ward, "proposed"))
    assert ward.words() == {"social": ["sip-invitation"]}


def test_an_invitation_whose_consent_ended_yesterday_makes_nobody_a_party(
    ward: StatuteCounty,
) -> None:
    calls(ward, SOCIAL, UMEA, consents=(consent("active", "2026-03-01"),))
    assert codes(ward, "centre") == ["not-a-party"]
    assert ward.words() == {"social": ["sip-invitation"]}
    ward.tells("umea", drafts.in_case(drafts.note(sender=UMEA, to=(CENTRE,)), CASE))
    assert codes(ward, "umea") == ["not-entitled"]


def test_a_recalled_invitation_ends_the_part_that_it_gave(ward: StatuteCounty) -> None:
    sent = calls(ward, SOCIAL, UMEA)
    ward.told()
    recalls(ward, CENTRE, sent)
    assert ward.words() == {"social": ["recall"], "umea": ["recall"]}
    writes(ward, CENTRE, UMEA, SOCIAL)
    assert ward.words() == {"social": ["care-plan"]}
    ward.tells("umea", drafts.in_case(drafts.note(sender=UMEA, to=(CENTRE,)), CASE))
    assert codes(ward, "umea") == ["not-entitled"]


def test_what_waits_under_a_recalled_invitation_never_leaves(ward: StatuteCounty) -> None:
    sent = calls(ward, UMEA)
    ward.told()
    ward.down |= {"umea"}
    writes(ward, CENTRE, UMEA)
    recalls(ward, CENTRE, sent)
    ward.down.clear()
    ward.later(hours=2)
    assert ward.words()["umea"] == ["recall"]


def test_a_recalled_invitation_may_come_again_under_its_version(ward: StatuteCounty) -> None:
    sent = calls(ward, SOCIAL, UMEA)
    recalls(ward, CENTRE, sent)
    ward.told()
    replies(ward)
    assert codes(ward, "social") == ["stale-version"]
    calls(ward, SOCIAL)
    assert ward.words() == {"social": ["sip-invitation"]}
    replies(ward)
    assert ward.words() == {"centre": ["sip-invitation-answer"]}


def test_the_recall_of_an_older_invitation_leaves_the_newer_as_it_is(ward: StatuteCounty) -> None:
    sent = calls(ward, SOCIAL, UMEA)
    calls(ward, SOCIAL, UMEA, event=Event.SIP_INVITATION_CHANGED, version=2)
    ward.told()
    recalls(ward, CENTRE, sent)
    ward.told()
    replies(ward, UMEA, version=2)
    assert ward.words() == {"centre": ["sip-invitation-answer"]}


def test_the_recall_of_an_invitation_leaves_another_of_the_same_second(
    ward: StatuteCounty,
) -> None:
    first = invitation(ward, CENTRE, SOCIAL, UMEA, consents=(consent(),))
    other = invitation(ward, CENTRE, SOCIAL, consents=(consent(),), value="K-32")
    assert bundles.recorded(first) == bundles.recorded(other)
    ward.tells("centre", first)
    sent = ward.tells("centre", other)
    ward.later(minutes=1)
    recalls(ward, CENTRE, sent)
    ward.told()
    replies(ward, UMEA)
    assert ward.words() == {"centre": ["sip-invitation-answer"]}


def test_the_recall_of_an_invitation_that_left_under_another_id_counts(
    ward: StatuteCounty,
) -> None:
    sent = invitation(ward, CENTRE, SOCIAL, UMEA, consents=(consent(),))
    taken = drafts.note(sender=UMEA, to=(CENTRE,), content=bundles.content_id(sent))
    ward.tells("umea", taken)
    ward.tells("centre", sent)
    ward.later(minutes=1)
    recalls(ward, CENTRE, bundles.content_id(sent))
    ward.told()
    replies(ward, SOCIAL)
    assert codes(ward, "social") == ["stale-version"]


# Plans


def test_a_plan_with_an_effort_of_no_huvudman_reaches_nobody(ward: StatuteCounty) -> None:
    bundle = plan(ward, CENTRE, SOCIAL, NURSING)
    [home, _] = (bundles.focus(bundle) or {})["activity"]
    del home["detail"]["extension"]
    assert refused(ward, CENTRE, bundle) == ["required"]
    progresses(ward, SOCIAL, CENTRE)
    assert codes(ward, "social") == ["plan-unknown"]


@pytest.mark.parametrize("version", [None, 1])
def test_a_plan_under_lpt_is_never_active_without_its_units(
    ward: StatuteCounty, version: int | None
) -> None:
    bundle = plan(ward, CENTRE, SOCIAL, NURSING, type_="SPLPTLRV", version=version)
    [code] = refused(ward, CENTRE, bundle)
    assert code == ("not-adjusted" if version else "required")


# Progress


def test_a_unit_reports_progress_of_its_own_efforts_only(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, NURSING)
    ward.told()
    progresses(ward, NURSING, CENTRE)  # of the home help
    assert codes(ward, "nursing") == ["not-own-effort"]
    assert ward.words() == {}
    progresses(ward, CENTRE, CENTRE)  # the coordinator may
    assert codes(ward, "centre") == []


def test_progress_of_an_effort_that_the_plan_has_not_is_refused(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, NURSING, efforts={"e-wound": EFFORTS["e-wound"]})
    ward.told()
    progresses(ward, SOCIAL, CENTRE)
    assert codes(ward, "social") == ["not-own-effort"]
    assert ward.words() == {}


# Recalls


def test_who_had_read_it_is_told_though_its_part_has_ended(ward: StatuteCounty) -> None:
    sent = ward.tells("centre", note(CENTRE, SOCIAL))
    ward.told()
    ward.reports("A08", Judged(nursing="Y", centre="Y"))
    ward.told()
    ward.inbox("centre")
    assert recalls(ward, CENTRE, sent) == ["recalled social: may have it"]
    assert ward.words() == {"social": ["recall"]}


def test_a_recall_is_not_recalled_before_it_comes_either(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    first = recall(SOCIAL, sent)
    recalls(ward, SOCIAL, bundles.content_id(first))
    ward.tells("social", first)
    assert ward.words() == {"centre": ["recall"]}
    assert ward.standing() == []


def test_who_never_sent_it_and_nobody_had_are_refused_alike(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    assert recalls(ward, UMEA, sent) == recalls(ward, UMEA, UNKNOWN) == ["recall-unknown"]
    assert ward.words() == {}
    assert [d["state"] for d in ward.deliveries(event="message")] == ["confirmed"]


# Information at discharge


def test_late_information_is_flagged_and_blocked_by_nothing(ward: StatuteCounty) -> None:
    informs(ward, NURSING, CENTRE, discharged="2026-02-20T12:00:00+01:00")
    assert codes(ward, "hospital") == ["late"]
    assert set(ward.words()) == {"nursing", "centre"}
    assert Event.INFORMATION_TRANSFER in {d["event"] for d in ward.deliveries()}
