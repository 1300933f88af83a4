"""No Swedish text says what the trade says otherwise; each word has one name everywhere."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.fhir.event_names import need, swedish
from adapter.fhir.readable import document, stay, words
from tests.kit.places import FIXTURES, ROOT
from tests.kit.swedish_texts import texts

WORDS = tomllib.loads((FIXTURES / "swedish" / "words.toml").read_text("utf-8"))["word"]
TEXTS = texts()


def test_the_texts_are_those_of_every_kind() -> None:
    places = " ".join(TEXTS)
    for part in ("held: ", "readable/plan.py: ", "report_texts.py: ", "down_to_one.py: "):
        assert part in places
    assert "CodeSystem-event.json discharged: Utskriven" in TEXTS
    assert len(TEXTS) > 900


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word["say"])
def test_no_swedish_text_says_a_word_that_the_trade_does_not(word: dict[str, str]) -> None:
    pattern, elsewhere = re.compile(word["not"], re.IGNORECASE), word.get("but_in", "nowhere")
    said = [place for place, text in TEXTS.items() if pattern.search(text)]
    assert [place for place in said if not place.startswith(elsewhere)] == [], word["why"]


@pytest.mark.parametrize("code", ["held", "protected-identity", "adapter-fault"])
def test_what_waits_for_a_person_waits_for_manuell_hantering(code: ErrorCode) -> None:
    assert CATALOGUE[code].sv.endswith("Meddelandet väntar på manuell hantering.")


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_error_is_told_in_whole_sentences(code: ErrorCode) -> None:
    text = CATALOGUE[code].sv
    assert text[0].isupper()
    assert text.endswith(".")
    assert ";" not in text


def test_a_busy_receiver_asks_us_to_wait() -> None:
    assert CATALOGUE["busy"].sv == "Mottagaren ber oss vänta."


def test_a_document_names_a_need_as_the_code_system_does() -> None:
    for code, name in stay._NEEDS.items():
        assert name == need(code)[:1].lower() + need(code)[1:]


def test_a_kind_of_contact_has_the_name_of_the_national_list() -> None:
    path = ROOT / "profiles" / "ValueSet-care-contact-role.json"
    [include] = json.loads(path.read_text("utf-8"))["compose"]["include"]
    assert {c["code"]: c["display"] for c in include["concept"]} == words.CONTACT_KIND


def test_a_document_has_the_name_of_its_event() -> None:
    for event in ("progress", "information-transfer", "care-contact", "sip-invitation-answer"):
        path = next((FIXTURES / "fhir" / event).glob("usual.fhir.json"))
        title = document(json.loads(path.read_text("utf-8"))).title
        assert title.lower() == swedish(event)


def test_a_cancelled_stay_is_makulerat() -> None:
    assert stay._STATUS["cancelled"] == "makulerat"
