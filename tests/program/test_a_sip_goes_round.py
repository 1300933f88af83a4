"""A SIP with every heading goes from the planning service to a municipality and back, unharmed.

Through the doors of `adapter serve`: one unit of the municipality speaks omsorg/2, the other FHIR.
Each changes its own effort in a version of its own, and the planning service ends the plan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from fhirpathpy import evaluate
from fhirpathpy.models import models
from lxml import etree

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles
from adapter.fhir.builders import Party, extension
from adapter.fhir.canonical import MESSAGE_ID
from docs.omsorg_vendor import NAMESPACE, NS, Vendor
from tests.kit.omsorg_2 import SCHEMA, read
from tests.kit.places import FIXTURES
from tests.kit.same_meaning import meaning
from tests.kit.site import fixture
from tests.kit.two_units import OMSORG, PARTIES, TwoUnits, two_units

HEADINGS = json.loads((FIXTURES / "vendor" / "headings-of-a-sip.json").read_text("utf-8"))
"""Where each heading of a SIP stands in FHIR (FHIRPath), and in Plan of omsorg/2 (XPath)."""


def _covering(plan: Bundle, *units: Party) -> Bundle:
    """The plan with a consent that covers these units too."""
    covered: Bundle = deepcopy(plan)
    [actors] = [
        entry["resource"]["provision"]["actor"]
        for entry in covered["entry"]
        if entry["resource"]["resourceType"] == "Consent"
        and entry["resource"]["status"] == "active"
    ]
    for unit in units:
        identifier = actors[0]["reference"]["identifier"] | {"value": unit.organization}
        actors.append(actors[0] | {"reference": {"type": "Organization", "identifier": identifier}})
    return covered


SIP = _covering(
    fixture("care-plan/sip-every-heading"), PARTIES["astad-hsv"], PARTIES["vardcentral-7"]
)
PLANNERS = ("plan", "vardcentral-7", "astad-hsv", OMSORG)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _plan(bundle: Bundle) -> dict[str, Any]:
    plan = bundles.focus(bundle)
    assert plan is not None
    return plan


def _effort(bundle: Bundle, id_: str) -> dict[str, Any]:
    """An effort of the plan, to be changed."""
    [effort] = [each for each in _plan(bundle)["activity"] if each["id"] == id_]
    found: dict[str, Any] = effort
    return found


def _said(bundle: Bundle) -> Any:
    """All that a message says of the plan and the person's identity; not its envelope."""
    said = meaning(bundle)
    return said["header"]["focus"], [person["identifier"] for person in said["patient"]]


def _next_version(read_: Bundle, writer: Party) -> Bundle:
    """The plan once more, by another writer: one version newer, and as yet not changed."""
    plan = deepcopy(_plan(read_))
    for each in plan["extension"]:
        if each["url"].endswith("/version"):
            each["valuePositiveInt"] += 1
    earlier = {"system": MESSAGE_ID, "value": bundles.content_id(read_)}
    envelope = ("MessageHeader", "CarePlan", "Organization", "Provenance")
    others = [r for r in bundles.resources(read_) if r["resourceType"] not in envelope]
    return builders.message(
        Event.CARE_PLAN,
        content=str(uuid4()),
        sender=writer,
        receivers=[PARTIES[name] for name in PLANNERS if PARTIES[name] != writer],
        focus=plan,
        others=deepcopy(others),
        cases=bundles.case_ids(read_),
        recorded=datetime.now(UTC),
        extensions=[extension("concerns", "Identifier", earlier)],
    )


def _changed_by_home_care(plan: Bundle) -> Bundle:
    changed = _next_version(plan, PARTIES["astad-hsv"])
    effort = _effort(changed, "insats-5")
    effort["detail"] |= {"status": "completed", "scheduledString": "Två gånger i veckan"}
    effort["outcomeCodeableConcept"].append({"text": "Såret är läkt"})
    return changed


def _changed_by_social_services(document: bytes) -> Any:
    """A document of omsorg/2 by a program that the adapter's code has no part in."""
    received = etree.fromstring(document)
    vendor = Vendor(str(SCHEMA), "", "", PARTIES[OMSORG].organization)
    ours = vendor.message(received, "plan", avser=received.get("id"))
    for place, name in enumerate(each for each in PLANNERS if each != OMSORG):
        ours.insert(place, etree.Element(_tag("Mottagare"), hsaId=PARTIES[name].organization))
    ours.append(deepcopy(received.find("o:Plan", NS)))
    plan = ours.find("o:Plan", NS)
    plan.set("version", str(int(plan.get("version")) + 1))
    [effort] = plan.xpath("o:Insats[@id='insats-1']", namespaces=NS)
    effort.set("status", "vilande")
    effort.find("o:Utfall", NS).text = "Klarar kvällen själv"
    vendor.schema.assertValid(ours)
    return ours


def _ended(plan: Bundle) -> Bundle:
    ended = _next_version(plan, PARTIES["plan"])
    focus = _plan(ended)
    focus["status"], focus["period"] = "completed", {"start": "2026-11-24", "end": "2027-05-31"}
    focus["extension"].append(extension("end-reason", "String", "Målen är nådda."))
    return ended


def _of_fhir(bundle: Bundle, headings: dict[str, list[str]]) -> list[str]:
    """The headings that a FHIR message lacks."""
    return [h for h, (path, _) in headings.items() if not evaluate(bundle, path, {}, models["r4"])]


def _of_omsorg(document: bytes, headings: dict[str, list[str]]) -> list[str]:
    """The headings that a document lacks. Names without a prefix are those of omsorg/2."""
    plan = etree.fromstring(document).find("o:Plan", NS)
    bare = deepcopy(plan)
    for node in bare.iter():
        node.tag = etree.QName(node).localname
    return [heading for heading, (_, path) in headings.items() if not bare.xpath(path)]


def _arrives(region: TwoUnits, sent: Bundle, *parties: str) -> None:
    """The same plan comes to the parties that speak FHIR, and to the one of omsorg/2."""
    id_ = bundles.content_id(sent)
    for name in parties:
        assert _said(region.message_at(name, id_)) == _said(sent)
    assert _said(read(region.at(OMSORG, id_))) == _said(sent)


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoUnits]:
    """The hospital has told of the person, so that both units are parties of the case."""
    with two_units(tmp_path_factory.mktemp("units")) as made:
        made.takes("sundby-journal", fixture("admission-notice/usual"))
        yield made


def test_nothing_of_a_sip_is_lost_on_its_way_round(region: TwoUnits) -> None:
    region.takes("plan", SIP)
    _arrives(region, SIP, "astad-hsv", "vardcentral-7")
    home_care = _changed_by_home_care(region.message_at("astad-hsv", bundles.content_id(SIP)))
    region.takes("astad-hsv", home_care)
    _arrives(region, home_care, "plan", "vardcentral-7")

    document = _changed_by_social_services(region.at(OMSORG, bundles.content_id(home_care)))
    region.takes(OMSORG, etree.tostring(document))
    expected = _next_version(home_care, PARTIES[OMSORG])
    effort = _effort(expected, "insats-1")
    effort["detail"]["status"] = "on-hold"
    effort["outcomeCodeableConcept"] = [{"text": "Klarar kvällen själv"}]
    for name in ("plan", "astad-hsv", "vardcentral-7"):
        assert _said(region.message_at(name, document.get("id"))) == _said(expected)

    ended = _ended(region.message_at("plan", document.get("id")))
    region.takes("plan", ended)
    _arrives(region, ended, "astad-hsv", "vardcentral-7")
    headings = HEADINGS["always"] | HEADINGS["at the end"]
    assert _of_fhir(ended, headings) == []
    assert _of_omsorg(region.at(OMSORG, bundles.content_id(ended)), headings) == []


def test_the_plan_of_the_fixtures_has_every_heading() -> None:
    assert _of_fhir(SIP, HEADINGS["always"]) == []
    assert _of_fhir(SIP, HEADINGS["at the end"]) == list(HEADINGS["at the end"])
