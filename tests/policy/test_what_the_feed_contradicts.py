"""The hospital's feed says what cannot be, or says it as a test: what its sender and people see."""

from __future__ import annotations

from dataclasses import replace

from tests.kit.county import EVA, County, Visit, warnings


def death(indicator: str) -> Visit:
    return Visit(person=replace(EVA, dead=f"20260311|{indicator}"))


def test_a_death_that_another_field_denies_stands_before_a_person_once(county: County) -> None:
    county.adt("A01", Visit(), county.assessed())
    county.hears()
    reply = county.adt("A08", death("N"))
    assert "contradiction" in warnings(reply)
    assert county.hears() == {}
    county.adt("A08", death("N"))
    [item] = county.items("contradiction")
    assert (item["subject"], item["endpoint"]) == ("PID-30", "feed")


def test_such_a_discharge_is_told_as_one_and_asked_about(county: County) -> None:
    county.adt("A01", Visit(), county.assessed())
    county.hears()
    county.adt("A03", death("N"))
    assert county.hears()["lulea"] == ["discharged"]
    assert county.stands().count("contradiction") == 1


def test_a_word_about_the_person_asks_too(county: County) -> None:
    county.adt("A01", Visit(), county.assessed())
    county.adt("A31", death("N"))
    assert county.stands().count("contradiction") == 1


def test_a_test_is_answered_AR_and_told_to_nobody(county: County) -> None:  # noqa: N802
    body = county.bytes_of("A01", Visit(), [county.assessed()]).replace(b"|P|", b"|T|")
    reply = county.sent(body)
    assert "\rMSA|AR|" in reply
    assert "ERR||MSH^1^11|202^Unsupported processing id^HL70357|E|test-message" in reply
    assert county.hears() == {}
    assert county.stands() == []


def test_a_municipality_that_does_not_exist_is_nobody_to_tell(county: County) -> None:
    reply = county.adt("A01", Visit(person=replace(EVA, kommun="9999")), county.assessed())
    assert {"nobody-to-tell", "unknown-code"} <= set(warnings(reply))
    assert county.hears() == {}
    assert county.stands() == ["nobody-to-tell"]


def test_an_address_without_or_with_an_unserved_municipality_is_nobody_to_tell(
    county: County,
) -> None:
    for number, kommun in (("A1", ""), ("A2", "2584")):
        visit = Visit(number=number, person=replace(EVA, kommun=kommun))
        assert "nobody-to-tell" in warnings(county.adt("A01", visit, county.assessed()))
    assert county.hears() == {}
    assert county.stands() == ["nobody-to-tell"] * 2


def test_what_a_transfer_does_not_mention_stays_in_the_notice(county: County) -> None:
    county.adt("A01", Visit(), county.assessed())
    county.hears()
    moved = Visit(planned=None, ward="KIR7", person=replace(EVA, family="Nysson"))
    county.adt("A02", moved)
    [update] = county.takes("lulea")["lulea"]
    assert "2026-03-20" in str(update)
    county.adt("A08", Visit(planned='""', person=moved.person))
    [update] = county.takes("lulea")["lulea"]
    assert "2026-03-20" not in str(update)
