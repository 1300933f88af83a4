"""Stories of the issue: protection of a person, and what a view never shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapter.core.endpoint import Endpoint, Sharing
from adapter.core.protection import Protection, ProtectionLevel, ProtectionPolicy
from adapter.fhir import bundles, canonical, labels
from adapter.operate import protection as operation
from adapter.settings.network import Network
from tests.kit.county import (
    EVA,
    PITEA,
    SETTINGS,
    SOCIAL_AND_CARE,
    County,
    Person,
    Visit,
    centre,
    event,
    text,
)

SECRETS = ("Psykiatrisk akutavdelning", "PSYK-9", "4711-LOKAL", "F200", "Schizofreni", "Anhörig")


def told(county: County, visit: Visit) -> Visit:
    """Let a stay be told to Luleå and the planning service."""
    county.adt("A01", visit, county.assessed())
    assert "lulea" in county.hears()
    return visit


@pytest.mark.parametrize("trigger", ["A31", "A08"])
def test_a_label_reaches_those_who_were_told_at_once_and_the_rest_is_held(
    county: County, trigger: str
) -> None:
    visit = told(county, Visit())
    visit.protected = "Y"
    county.adt(trigger, visit)
    [label] = county.takes()["lulea"]
    assert (event(label), labels.protection(label)) == ("admission-updated", "sekretessmarkering")
    visit.planned = "20260401"
    county.adt("A08", visit)
    county.adt("A16", visit)
    assert county.hears() == {}
    assert set(county.stands()) == {"protected-identity"}


def test_what_waits_when_the_label_comes_is_held(county: County) -> None:
    visit = Visit()
    county.down |= {"lulea"}
    county.adt("A01", visit, county.assessed())
    county.adt("A16", visit)
    visit.protected = "Y"
    county.adt("A31", visit)
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    mail = county.takes("lulea").get("lulea", [])
    assert EVA.number not in text(mail)
    assert "protected-identity" in county.stands()


def test_a_label_holds_in_the_patients_other_case_too(county: County) -> None:
    first, second = told(county, Visit()), told(county, Visit(number="Y3"))
    first.protected = "Y"
    county.adt("A08", first)
    mail = county.takes()["lulea"]
    assert [labels.protection(b) for b in mail] == ["sekretessmarkering"] * 2
    assert len({name for b in mail for name in bundles.case_ids(b)}) == 2
    second.planned = "20260401"
    county.adt("A08", second)
    assert county.hears() == {}


def test_a_label_of_another_hospital_holds_too(county: County) -> None:
    visit = told(county, Visit())
    feed = county.network.endpoint("feed")
    other = replace(feed, name="kiruna", organization="SE2321000001-KIRUNA", return_to="")
    county.with_settings(endpoints=(*SETTINGS.endpoints, other))
    county.register(["kiruna"])
    body = county.bytes_of("A01", Visit(number="K1", protected="Y"))
    county.accept("kiruna", body)
    county.turn()
    [label] = county.takes()["lulea"]
    assert labels.protection(label) == "sekretessmarkering"
    visit.planned = "20260401"
    county.adt("A08", visit)
    assert county.hears() == {}


def test_silence_never_weakens_and_a_lifting_word_waits_for_a_person(county: County) -> None:
    visit = told(county, Visit(protected=""))
    visit.protected = "Y"
    county.adt("A08", visit)
    county.hears()
    for word in ("", "N", ""):
        visit.protected, visit.planned = word, f"202604{10 + len(county.messages())}"
        county.adt("A08", visit)
        assert county.hears() == {}
    assert "protection-lifted" in county.stands()


def test_a_weaker_label_does_not_replace_a_stronger(county: County) -> None:
    visit = told(county, Visit())
    visit.protected = "F"
    county.adt("A31", visit)
    [label] = county.takes()["lulea"]
    assert labels.protection(label) == "skyddadFolkbokforing"
    visit.protected = "Y"
    county.adt("A31", visit)
    assert county.hears() == {}


def test_a_masked_notice_has_no_line_and_says_that_the_address_is_withheld(
    county: County,
) -> None:
    masked = Protection(level=ProtectionLevel.MARKED, policy=ProtectionPolicy.MASKED)
    county.with_settings(protection=(masked,))
    visit = Visit(protected="Y", person=Person(street="Hemliga stigen 3"))
    county.adt("A01", visit, county.assessed())
    visit.planned = "20260401"
    county.adt("A08", visit)
    county.adt("A16", visit)
    mail = county.takes()
    assert [event(b) for b in mail["lulea"]] == [
        "admission-notice",
        "admission-updated",
        "discharge-ready",
    ]
    assert "Hemliga stigen" not in text(mail)
    assert "2580" not in text([bundles.patient(b) for b in mail["lulea"]])


# What a view never shows


def secret_stay(county: County) -> tuple[Visit, list[str]]:
    """A stay whose every message says things that a notice must not."""
    visit = Visit(listed=f"^^^^^^^^^^^^^{centre(2)}")
    visit.ward = "Psykiatrisk akutavdelning^12^2^SE2321000001&PSYK-9"
    number = f"{EVA.number}^^^^NNSWE~4711-LOKAL^^^COSMIC^MR"
    visit.person = replace(EVA, number=number)
    now = county.bytes_of("A01", visit).split(b"\r")[1].decode()
    evn = now.replace("||||", "||99^Schizofreni||", 1)
    return visit, [evn, "DG1|1||F200^Schizofreni", "NK1|1|Anhörig^Åke|SPO"]


def omsorg(network: Network) -> tuple[Endpoint, ...]:
    """The endpoints, with Piteå's social services on omsorg."""
    return tuple(
        replace(e, system="omsorg") if e.name == PITEA else e for e in network.settings.endpoints
    )


def test_social_services_see_nothing_of_ward_diagnosis_kin_or_anothers_need(
    county: County,
) -> None:
    visit, more = secret_stay(county)
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE), *more)
    county.adt("A16", visit, *more[1:])
    mail = county.takes()
    assert {"lulea", "vc-2", "planning"} == set(mail)
    for secret in SECRETS:
        assert secret not in text(mail)


def test_omsorg_documents_show_nothing_of_it_either(county: County) -> None:
    county.with_settings(endpoints=omsorg(county.network))
    visit, more = secret_stay(county)
    visit.person = replace(visit.person, kommun="2581")
    county.adt("A01", visit, county.assessed(SOCIAL_AND_CARE), *more)
    [row] = county.deliveries(endpoint=PITEA)
    body = bytes(row["body"]).decode()
    assert "omsorg" in body
    for secret in (*SECRETS, "HSV", "municipal", "hemsjukvard", "primarvard"):
        assert secret.casefold() not in body.casefold()


def test_a_region_that_tells_wards_tells_them_of_all_wards_and_nothing_else(
    county: County,
) -> None:
    county.with_settings(sharing=Sharing(wards=True))
    visit, more = secret_stay(county)
    county.adt("A01", visit, county.assessed(), *more)
    [notice] = county.takes("lulea")["lulea"]
    assert "Psykiatrisk akutavdelning" in text(notice)
    for secret in SECRETS[2:]:
        assert secret not in text(notice)
    county.adt("A01", Visit(number="Y3"), county.assessed())
    [other] = county.takes("lulea")["lulea"]
    assert "MED3" in text(other)


def test_those_who_have_the_label_hear_that_it_is_lifted(county: County) -> None:
    visit = told(county, Visit())
    visit.protected = "Y"
    county.adt("A08", visit)
    [label] = county.takes("lulea")["lulea"]
    assert labels.protection(label) == "sekretessmarkering"
    [case] = county.cases()
    with county.store.begin() as tx:
        operation.lift(
            tx, county.network, case["id"], who="Ann", reason="Skatteverket", now=county.now
        )
    county.turn()
    [lifted] = county.takes("lulea")["lulea"]
    assert event(lifted) == "admission-updated"
    patient = bundles.patient(lifted) or {}
    assert patient["meta"]["security"] == [{"system": canonical.PROTECTION, "code": "none"}]
    assert patient["name"] == (bundles.patient(label) or {})["name"]


def test_nobody_hears_of_the_end_of_a_label_that_it_never_got(county: County) -> None:
    county.adt("A01", Visit(protected="Y"), county.assessed())
    [case] = county.cases()
    with county.store.begin() as tx:
        operation.lift(tx, county.network, case["id"], who="Ann", reason="x", now=county.now)
    assert county.hears() == {}
