"""Stories of plans and contacts that are recalled: the case knows again what it knew before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit import drafts
from tests.kit.drafts import Party
from tests.kit.news_words import progresses
from tests.kit.plan_words import EFFORTS, answered, codes, plan, plans, writes
from tests.kit.recall_words import recalls
from tests.kit.statute_county import ALL, CENTRE, NURSING, SOCIAL, StatuteCounty

TO_ALL = (SOCIAL, NURSING)
OWN = EFFORTS | {"e-home": (SOCIAL, "Hemtjänst, kväll")}


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """The patient's stay, told to every unit; each inbox is empty."""
    county = StatuteCounty(store_url)
    county.reports("A01", ALL)
    county.told()
    yield county
    county.store.close()


@pytest.fixture
def two(ward: StatuteCounty) -> tuple[StatuteCounty, str, str]:
    """Two versions of a plan by its coordinator, and the ids of their messages."""
    first = writes(ward, CENTRE, *TO_ALL, version=1)
    second = writes(ward, CENTRE, *TO_ALL, version=2, title="SIP 2", read=first)
    ward.told()
    return ward, first, second


def refusals(county: StatuteCounty, party: Party) -> list[str]:
    return [text for text in answered(county, party.endpoint) if not text.startswith("recalled")]


@pytest.mark.parametrize("kind", ["wrong-content", "wrong-receiver"])
@pytest.mark.parametrize("version", [2, 3], ids=["the same number", "the next number"])
def test_a_corrected_version_takes_the_place_of_the_recalled_one(
    two: tuple[StatuteCounty, str, str], kind: str, version: int
) -> None:
    ward, _, second = two
    recalls(ward, CENTRE, second, kind=kind)
    ward.told()
    writes(ward, CENTRE, *TO_ALL, version=version, title="SIP, corrected", read=second)
    assert refusals(ward, CENTRE) == []
    assert set(plans(ward)) == {"social", "nursing"}


def test_the_version_before_a_recalled_one_is_the_newest_again(
    two: tuple[StatuteCounty, str, str],
) -> None:
    ward, first, second = two
    recalls(ward, CENTRE, second, kind="wrong-content")
    ward.told()
    writes(ward, SOCIAL, NURSING, version=2, read=first, efforts=OWN)
    assert codes(ward, "social") == []
    assert set(plans(ward)) == {"nursing"}


def test_an_effort_written_on_a_recalled_version_is_refused(
    two: tuple[StatuteCounty, str, str],
) -> None:
    ward, _, second = two
    recalls(ward, CENTRE, second, kind="wrong-content")
    ward.told()
    writes(ward, SOCIAL, NURSING, version=3, read=second, title="SIP 2", efforts=OWN)
    assert codes(ward, "social") == ["not-own-effort"]
    assert plans(ward) == {}


def test_progress_on_a_recalled_version_is_refused(two: tuple[StatuteCounty, str, str]) -> None:
    ward, first, second = two
    recalls(ward, CENTRE, second, kind="wrong-content")
    ward.told()
    progresses(ward, SOCIAL, CENTRE, version=2)
    [text] = answered(ward, "social")
    assert text.startswith("stale-version progress of version 2; version 1 ")
    recalls(ward, CENTRE, first, kind="wrong-content")
    progresses(ward, SOCIAL, CENTRE, version=1)
    assert codes(ward, "social") == ["plan-unknown"]


def test_after_the_recall_of_every_version_only_the_coordinator_writes(
    two: tuple[StatuteCounty, str, str],
) -> None:
    ward, first, second = two
    recalls(ward, CENTRE, first, second, kind="wrong-content")
    ward.told()
    writes(ward, SOCIAL, NURSING, version=1, author=SOCIAL)
    writes(ward, SOCIAL, NURSING, version=1)
    assert codes(ward, "social") == ["not-own-effort", "not-own-effort"]
    writes(ward, CENTRE, *TO_ALL, version=1, title="SIP, corrected")
    assert refusals(ward, CENTRE) == []
    assert set(plans(ward)) == {"social", "nursing"}


def test_a_recalled_version_beneath_a_newer_one_leaves_that_one(
    two: tuple[StatuteCounty, str, str],
) -> None:
    ward, first, second = two
    recalls(ward, CENTRE, first, kind="wrong-content")
    ward.told()
    writes(ward, SOCIAL, NURSING, version=3, read=second, title="SIP 2", efforts=OWN)
    assert set(plans(ward)) == {"nursing"}


def test_a_version_that_went_to_one_wrong_receiver_stands_for_the_others(
    ward: StatuteCounty,
) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    wrong = writes(ward, CENTRE, NURSING, version=1)
    recalls(ward, CENTRE, wrong)
    ward.told()
    progresses(ward, SOCIAL, CENTRE, version=1)
    assert ward.words() == {"centre": ["progress"]}


def test_a_unit_that_passed_a_version_on_does_not_take_it_back(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL, version=1)
    passed = writes(ward, SOCIAL, NURSING, version=1)
    recalls(ward, SOCIAL, passed, kind="wrong-content")
    ward.told()
    progresses(ward, SOCIAL, CENTRE, version=1)
    assert ward.words() == {"centre": ["progress"]}


def test_a_unit_takes_its_own_version_back(two: tuple[StatuteCounty, str, str]) -> None:
    ward, _, second = two
    third = writes(ward, SOCIAL, NURSING, version=3, title="SIP 2", read=second, efforts=OWN)
    recalls(ward, SOCIAL, third, kind="wrong-content")
    ward.told()
    again = OWN | {"e-home": (SOCIAL, "Hemtjänst, morgon")}
    writes(ward, SOCIAL, NURSING, version=4, title="SIP 2", read=second, efforts=again)
    assert set(plans(ward)) == {"nursing"}


def test_adjustments_follow_the_version_that_is_left(ward: StatuteCounty) -> None:
    lpt = {"status": "draft", "type_": "SPLPTLRV"}
    first = writes(ward, CENTRE, *TO_ALL, version=1, **lpt)
    ward.told()
    ward.tells("social", drafts.answer(first, SOCIAL, "accepted"))
    second = writes(ward, CENTRE, *TO_ALL, version=2, title="SIP 2", read=first, **lpt)
    ward.told()
    ward.tells("nursing", drafts.answer(first, NURSING, "accepted"))
    ward.tells("nursing", drafts.answer(second, NURSING, "accepted"))
    recalls(ward, CENTRE, second, kind="wrong-content")
    ward.told()
    writes(ward, CENTRE, *TO_ALL, version=1, type_="SPLPTLRV")
    assert refusals(ward, CENTRE) == []
    assert set(plans(ward)) == {"social", "nursing"}


def test_a_plan_given_to_another_coordinator_by_mistake_is_taken_back(
    two: tuple[StatuteCounty, str, str],
) -> None:
    ward, _, second = two
    given = writes(ward, CENTRE, *TO_ALL, version=3, title="SIP 2", read=second, author=NURSING)
    recalls(ward, CENTRE, given, kind="wrong-content")
    ward.told()
    writes(ward, NURSING, SOCIAL, version=3, title="Ours", author=NURSING)
    assert codes(ward, "nursing") == ["not-own-effort"]
    writes(ward, CENTRE, *TO_ALL, version=3, title="SIP 3")
    assert set(plans(ward)) == {"social", "nursing"}


def test_an_older_plan_without_a_version_goes_again_after_the_recall(ward: StatuteCounty) -> None:
    early = ward.now
    ward.later(minutes=5)
    wrong = writes(ward, CENTRE, SOCIAL, version=None, type_="VP")
    recalls(ward, CENTRE, wrong, kind="wrong-content")
    ward.told()
    writes(ward, CENTRE, SOCIAL, version=None, type_="VP", recorded=early)
    assert refusals(ward, CENTRE) == []
    assert plans(ward) == {"social": ["care-plan"]}


def test_a_version_whose_recall_came_first_is_no_version(ward: StatuteCounty) -> None:
    bundle = plan(ward, CENTRE, *TO_ALL, version=1)
    recalls(ward, CENTRE, str(bundle["entry"][0]["resource"]["id"]))
    ward.tells("centre", bundle)
    assert plans(ward) == {}
    ward.later(minutes=1)
    writes(ward, CENTRE, *TO_ALL, version=1, title="SIP, corrected")
    assert set(plans(ward)) == {"social", "nursing"}


# The same recall again


def test_the_same_recall_twice_goes_once(two: tuple[StatuteCounty, str, str]) -> None:
    ward, _, second = two
    recalls(ward, CENTRE, second, kind="wrong-content")
    assert ward.words() == {"social": ["recall"], "nursing": ["recall"]}
    ward.later(minutes=1)
    told = recalls(ward, CENTRE, second, kind="wrong-content")
    assert told == ["recalled it was recalled before, in the same words"]
    assert ward.words() == {}
    assert ward.messages()[-1]["note"] == "not-forwarded: recalled before"


def test_a_recall_for_another_reason_goes_too(two: tuple[StatuteCounty, str, str]) -> None:
    ward, _, second = two
    recalls(ward, CENTRE, second)
    ward.told()
    recalls(ward, CENTRE, second, kind="wrong-content")
    assert ward.words() == {"social": ["recall"], "nursing": ["recall"]}


def test_a_recall_of_another_unit_is_not_a_recall_again(ward: StatuteCounty) -> None:
    content = "0f0f0f0f-1111-4222-8333-000000000001"
    for party, to in ((SOCIAL, CENTRE), (NURSING, CENTRE)):
        note = drafts.note("SECRET", sender=party, to=(to,), content=content)
        ward.tells(party.endpoint, drafts.in_case(note, "SE2321000001-SUNDBY/7100231"))
    ward.told()
    ward.later(minutes=1)
    for party in (SOCIAL, NURSING):
        recalls(ward, party, content)
    assert ward.words() == {"centre": ["recall", "recall"]}
