"""Stories of a plan that several units write: versions, own efforts, adjustment, end, consent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.core.identifiers import hsa_id
from tests.kit import drafts
from tests.kit.drafts import Party
from tests.kit.plan_words import EFFORTS, answered, codes, consent, plans, writes
from tests.kit.statute_county import ALL, CENTRE, NURSING, SOCIAL, StatuteCounty

TO_ALL = (SOCIAL, NURSING)


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """The patient's stay, told to every unit; each inbox is empty."""
    county = StatuteCounty(store_url)
    county.reports("A01", ALL)
    county.told()
    yield county
    county.store.close()


# Which is newer


def test_the_version_decides_and_not_the_time(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    writes(ward, CENTRE, SOCIAL, version=2, recorded=ward.now - timedelta(hours=3))
    assert plans(ward) == {"social": ["care-plan", "care-plan"]}


def test_an_older_version_of_the_same_writer_that_comes_late_is_superseded(
    ward: StatuteCounty,
) -> None:
    writes(ward, CENTRE, SOCIAL, version=2)
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=1, recorded=ward.now + timedelta(seconds=30))
    assert codes(ward, "centre") == ["superseded"]
    assert plans(ward) == {}
    assert ward.messages()[-1]["note"].startswith("not-forwarded: superseded by m-")


def test_a_plan_without_a_version_is_judged_by_time_as_before(ward: StatuteCounty) -> None:
    early = ward.now
    ward.later(minutes=5)
    writes(ward, CENTRE, SOCIAL, version=None, type_="VP")
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=None, type_="VP", recorded=early)
    assert codes(ward, "centre") == ["superseded"]
    assert plans(ward) == {}


def test_a_plan_that_has_versions_is_not_overwritten_without_one(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1, type_="VP")
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=None, type_="VP")
    assert codes(ward, "centre") == ["stale-version"]
    assert plans(ward) == {}


def test_the_same_version_may_be_sent_to_another_unit(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    writes(ward, CENTRE, NURSING, version=1)
    assert plans(ward) == {"social": ["care-plan"], "nursing": ["care-plan"]}


# Written on an old version


def test_two_units_that_wrote_on_one_version_are_never_merged(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    writes(
        ward,
        SOCIAL,
        CENTRE,
        version=2,
        read=first,
        efforts=EFFORTS | {"e-home": (SOCIAL, "Hemtjänst, kväll")},
    )
    assert set(plans(ward)) == {"centre"}
    ward.inbox("nursing")
    writes(
        ward,
        NURSING,
        CENTRE,
        version=2,
        read=first,
        efforts=EFFORTS | {"e-wound": (NURSING, "Omläggning varannan dag")},
    )
    [text] = answered(ward, "nursing")
    assert text.startswith("stale-version ")
    for part in (SOCIAL.organization, NURSING.organization, "version 2", "2026-03-02T"):
        assert part in text
    assert "Tolvan" not in text
    assert plans(ward) == {}


def test_a_later_version_that_was_written_on_an_old_one_is_refused(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, SOCIAL, version=1)
    writes(ward, CENTRE, SOCIAL, version=2, title="SIP 2", read=first)
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=3, title="SIP 3", read=first)
    assert codes(ward, "centre") == ["stale-version"]
    assert plans(ward) == {}


def test_other_content_under_the_same_version_is_refused(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=1, title="Another plan")
    assert codes(ward, "centre") == ["stale-version"]
    assert plans(ward) == {}


def test_the_versions_of_two_authors_are_two_plans(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=4)
    writes(ward, NURSING, SOCIAL, version=1, author=NURSING, value="sip-8")
    assert plans(ward) == {"social": ["care-plan", "care-plan"]}


# Who may change what


def test_a_unit_changes_its_own_effort(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    own = EFFORTS | {"e-home": (SOCIAL, "Hemtjänst, kväll"), "e-alarm": (SOCIAL, "Trygghetslarm")}
    writes(ward, SOCIAL, CENTRE, NURSING, version=2, read=first, efforts=own)
    assert set(plans(ward)) == {"centre", "nursing"}


@pytest.mark.parametrize(
    "parts",
    [
        {"efforts": EFFORTS | {"e-wound": (NURSING, "Ingen omläggning")}},
        {"efforts": {"e-home": EFFORTS["e-home"]}},
        {"efforts": EFFORTS | {"e-wound": (SOCIAL, "Omläggning")}},
        {"efforts": EFFORTS | {"e-new": (NURSING, "Läkemedel")}},
        {"title": "Another title"},
        {"status": "completed"},
        {"status": "revoked"},
    ],
    ids=["changes", "removes", "takes over", "gives", "rewrites", "completes", "revokes"],
)
def test_a_unit_changes_nothing_else(ward: StatuteCounty, parts: dict[str, object]) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    ward.told()
    writes(ward, SOCIAL, CENTRE, NURSING, version=2, read=first, **parts)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


def test_only_the_coordinator_makes_a_draft_active(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, *TO_ALL, version=1, status="draft")
    ward.told()
    writes(ward, SOCIAL, CENTRE, version=2, read=first, status="active")
    assert codes(ward, "social") == ["not-own-effort"]
    writes(ward, CENTRE, SOCIAL, version=2, read=first, status="active")
    assert set(plans(ward)) == {"social"}


def test_nobody_makes_an_active_plan_in_anothers_name(ward: StatuteCounty) -> None:
    writes(ward, SOCIAL, NURSING, version=1, author=CENTRE)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


# The end


@pytest.mark.parametrize("status", ["completed", "revoked"])
def test_an_ended_plan_is_read_only(ward: StatuteCounty, status: str) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    ended = writes(ward, CENTRE, SOCIAL, version=2, status=status)
    assert plans(ward) == {"social": ["care-plan", "care-plan"]}
    writes(ward, CENTRE, SOCIAL, version=3, read=ended)
    assert codes(ward, "centre") == ["plan-ended"]
    assert plans(ward) == {}


def test_the_end_may_come_under_the_version_that_it_ends(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    writes(ward, CENTRE, SOCIAL, version=1, status="completed")
    assert plans(ward) == {"social": ["care-plan", "care-plan"]}


# Adjustment under LPT


def draft(county: StatuteCounty, version: int = 1, **parts: object) -> str:
    return writes(
        county, CENTRE, *TO_ALL, version=version, status="draft", type_="SPLPTLRV", **parts
    )


def accepts(county: StatuteCounty, content: str, *parties: Party) -> None:
    for party in parties:
        county.tells(party.endpoint, drafts.answer(content, party, "accepted"))
    county.told()


def activates(county: StatuteCounty, version: int = 1, title: str = "SIP") -> list[str]:
    county.inbox("centre")
    writes(county, CENTRE, *TO_ALL, version=version, type_="SPLPTLRV", title=title)
    return answered(county, "centre")


def test_a_plan_under_lpt_is_active_when_every_unit_has_adjusted_it(ward: StatuteCounty) -> None:
    content = draft(ward)
    ward.told()
    accepts(ward, content, SOCIAL)
    [text] = activates(ward)
    assert text == f"not-adjusted version 1: {hsa_id(NURSING.organization)}"
    assert plans(ward) == {}
    accepts(ward, content, NURSING)
    assert activates(ward) == []
    assert set(plans(ward)) == {"social", "nursing"}


def test_a_new_version_voids_the_adjustments_of_the_old_one(ward: StatuteCounty) -> None:
    content = draft(ward)
    ward.told()
    accepts(ward, content, SOCIAL, NURSING)
    draft(ward, 2, title="SIP 2", read=content)
    ward.told()
    [text] = activates(ward, 2, "SIP 2")
    assert text.startswith("not-adjusted version 2: ")
    accepts(ward, content, SOCIAL, NURSING)  # once more, and still of the old version
    assert [t.split()[0] for t in activates(ward, 2, "SIP 2")] == ["not-adjusted"]


def test_a_plan_under_lpt_needs_its_units_whatever_type_its_next_version_says(
    ward: StatuteCounty,
) -> None:
    content = draft(ward)
    ward.told()
    ward.inbox("centre")
    writes(ward, CENTRE, *TO_ALL, version=2, type_="SIP", read=content)
    assert [text.split()[0] for text in answered(ward, "centre")] == ["not-adjusted"]
    assert plans(ward) == {}


def test_a_rejection_adjusts_nothing(ward: StatuteCounty) -> None:
    content = draft(ward)
    ward.told()
    accepts(ward, content, SOCIAL, NURSING)
    ward.tells("social", drafts.answer(content, SOCIAL, "rejected"))
    ward.told()
    [text] = activates(ward)
    assert text == f"not-adjusted version 1: {hsa_id(SOCIAL.organization)}"


# Consent in the plan


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (consent("inactive"), "consent-withdrawn"),
        (consent("active", "2026-03-01"), "consent-ended"),
    ],
    ids=["withdrawn", "ended"],
)
def test_a_plan_whose_own_consent_is_over_is_kept_and_not_sent(
    ward: StatuteCounty, word: dict[str, object], code: str
) -> None:
    writes(ward, CENTRE, SOCIAL, version=1, consents=(word,))
    assert codes(ward, "centre") == [code]
    assert plans(ward) == {}
    assert ward.messages()[-1]["standing"] == "processed"


@pytest.mark.parametrize("until", ["", "2026-03-02", "2026-12"])
def test_a_plan_goes_while_its_consent_lasts(ward: StatuteCounty, until: str) -> None:
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("active", until),))
    assert plans(ward) == {"social": ["care-plan"]}


def test_a_plan_that_was_kept_goes_when_the_consent_is_given_again(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("inactive"),))
    writes(ward, CENTRE, SOCIAL, version=1, consents=(consent("active"),))
    assert plans(ward) == {"social": ["care-plan"]}
