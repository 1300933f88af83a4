"""Stories of recalls, and of answers that are neither yes nor no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from adapter.core.model import Bundle
from adapter.fhir import builders, bundles
from adapter.fhir.canonical import BASE
from tests.kit import drafts
from tests.kit.drafts import UMEA, Party
from tests.kit.invitation_words import calls
from tests.kit.plan_words import codes
from tests.kit.recall_words import UNKNOWN, note, recall, recalls
from tests.kit.statute_county import (
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
    yield county
    county.store.close()


# Who may


@pytest.mark.parametrize("stranger", [NURSING, UMEA], ids=lambda p: p.endpoint)
def test_a_recall_by_another_is_refused_in_the_same_words_as_of_nothing(
    ward: StatuteCounty, stranger: Party
) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE, NURSING))
    ward.told()
    answers = [recalls(ward, stranger, id_) for id_ in (sent, UNKNOWN)]
    assert answers == [["recall-unknown"], ["recall-unknown"]]
    assert ward.told() == {}


def test_a_recall_is_not_recalled(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    first = recall(SOCIAL, sent)
    ward.tells("social", first)
    ward.told()
    [text] = recalls(ward, SOCIAL, bundles.content_id(first))
    assert text.startswith("recall-unknown")
    assert ward.told() == {}


def test_a_former_party_recalls_what_it_has_sent(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    ward.reports("A08", Judged(nursing="Y", centre="Y"))
    ward.told()
    recalls(ward, SOCIAL, sent)
    assert ward.words() == {"centre": ["recall"]}


# Where it goes


def test_a_recall_goes_to_exactly_those_that_have_the_message(ward: StatuteCounty) -> None:
    ward.down |= {"nursing"}
    sent = ward.tells("social", note(SOCIAL, CENTRE, NURSING))
    told = recalls(ward, SOCIAL, sent)
    assert told == ["recalled centre: may have it", "recalled nursing: has it not"]
    assert ward.words() == {"centre": ["message", "recall"]}
    ward.down.clear()
    ward.later(hours=2)
    assert ward.words() == {}
    [lapsed] = ward.deliveries(endpoint="nursing", event="message")
    assert lapsed["state"] == "no-longer-due"
    assert "recalled by its sender" in [h["detail"] for h in ward.history("no-longer-due")]


def test_a_recall_says_which_of_its_messages_is_an_appointment(ward: StatuteCounty) -> None:
    called = calls(ward, SOCIAL)
    told = ward.tells("centre", note(CENTRE, SOCIAL))
    ward.told()
    recalls(ward, CENTRE, called, told)
    [recalled] = ward.told()["social"]
    about = (bundles.focus(recalled) or {})["about"]
    assert [reference.get("type") for reference in about] == ["Appointment", None]


def test_a_message_that_may_have_arrived_is_followed_by_its_recall(ward: StatuteCounty) -> None:
    ward.hangs_up |= {"centre"}
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    assert recalls(ward, SOCIAL, sent) == ["recalled centre: may have it"]
    ward.hangs_up.clear()
    ward.later(minutes=10)
    assert ward.words() == {"centre": ["recall"]}


def test_a_recall_of_what_nobody_has_tells_nobody(ward: StatuteCounty) -> None:
    ward.down |= {"centre"}
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    assert recalls(ward, SOCIAL, sent) == ["recalled centre: has it not"]
    ward.down.clear()
    ward.later(hours=2)
    assert ward.words() == {}
    assert ward.messages()[-1]["note"] == "not-forwarded: nobody has what is recalled"


def test_a_dead_message_is_not_replayed_after_its_recall(ward: StatuteCounty) -> None:
    ward.down |= {"centre"}
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.turn(after=timedelta(days=4))
    assert "dead" in {d["state"] for d in ward.deliveries(event="message")}
    recalls(ward, SOCIAL, sent)
    assert {d["state"] for d in ward.deliveries(event="message")} == {"no-longer-due"}


def test_a_receiver_answers_that_it_has_done_what_was_asked(ward: StatuteCounty) -> None:
    sent = ward.tells("social", note(SOCIAL, CENTRE))
    ward.told()
    recalls(ward, SOCIAL, sent, kind="wrong-content")
    [got] = ward.told()["centre"]
    ward.tells("centre", drafts.answer(bundles.content_id(got), CENTRE, "completed"))
    assert ward.words() == {"social": ["answer"]}


# Before its message


def test_a_message_that_comes_after_its_recall_is_void_and_before_a_person(
    ward: StatuteCounty,
) -> None:
    assert recalls(ward, SOCIAL, UNKNOWN) == ["recall-unknown"]
    ward.tells("social", note(SOCIAL, CENTRE, content=UNKNOWN))
    assert codes(ward, "social") == ["recalled"]
    assert ward.words() == {}
    assert ward.standing() == [("recalled", "social")]
    assert ward.messages()[-1]["note"].startswith("not-forwarded: recalled by m-")


def test_nobody_makes_anothers_message_void(ward: StatuteCounty) -> None:
    recalls(ward, NURSING, UNKNOWN)
    ward.tells("social", note(SOCIAL, CENTRE, content=UNKNOWN))
    assert ward.words() == {"centre": ["message"]}
    assert [bundles.content_id(b) for b in ward.told().values() for b in b] == []


# Neither yes nor no


def with_kind(bundle: Bundle, kind: str, *units: Party) -> Bundle:
    """An answer of this kind."""
    task = bundles.focus(bundle) or {}
    task["businessStatus"] = {
        "coding": [{"system": f"{BASE}/CodeSystem/answer-kind", "code": kind}]
    }
    if units:
        task["extension"] = [
            builders.extension("forwarded-to", "Reference", builders.logical(each.organization))
            for each in units
        ]
    return bundle


@pytest.fixture
def notice(store_url: str) -> Iterator[tuple[StatuteCounty, str]]:
    """A stay that social services has got a notice of, and the id of the notice."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y"))
    [bundle] = county.told()["social"]
    yield county, bundles.content_id(bundle)
    county.store.close()


def test_not_known_goes_to_the_hospital_and_the_need_stands(
    notice: tuple[StatuteCounty, str],
) -> None:
    county, content = notice
    county.tells("social", with_kind(drafts.answer(content, SOCIAL), "not-known"))
    [answer] = county.told()["hospital"]
    assert "not-known" in str(bundles.focus(answer))
    assert county.standing() == []
    [line] = county.history("not-known")
    assert line["detail"] == "social"
    county.later(minutes=1)
    county.reports("A08", Judged(social="Y", planned="20260401"))
    assert county.words()["social"] == ["admission-updated"]


def test_forwarded_keeps_its_chain_in_the_history(notice: tuple[StatuteCounty, str]) -> None:
    county, content = notice
    answer = with_kind(drafts.answer(content, SOCIAL), "forwarded", NURSING, UMEA)
    county.tells("social", answer)
    assert "hospital" in county.told()
    [line] = county.history("forwarded")
    assert line["detail"] == f"social > {NURSING.organization} > {UMEA.organization}"
