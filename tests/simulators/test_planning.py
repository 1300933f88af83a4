"""The events of planning and omsorg/2, as the parties write and read them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from adapter.core.errors import Severity
from adapter.fhir import bundles, profiles
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import (
    Agreement,
    DischargeInformation,
    Draft,
    Effort,
    Invitation,
    InvitationAnswer,
    Plan,
    Progress,
    Recall,
)
from adapter.simulators.omsorg_format import OmsorgFormat
from adapter.simulators.omsorg_words import TWO
from adapter.simulators.party_system import Behaviour, PartySystem
from adapter.simulators.traffic_log import EntryKind, TrafficLog, has
from tests.kit import omsorg_2, oracle
from tests.kit.samples import CASE, DRAFTS, HOSPITAL, NOW, PERSON, PLANNER, TOWN, draft, message

EFFORT = Effort(
    id="e-1", text="Hemtjänst", principal="municipality", unit=TOWN, contact="000-00 00 01"
)
AGREEMENT = Agreement(
    situation="Bor ensam.",
    own_words="Jag vill bo hemma.",
    need="Hjälp med maten",
    goal="Laga mat själv",
    due=date(2026, 6, 1),
    present=(TOWN,),
    absent=(HOSPITAL,),
    follow_up=date(2026, 4, 1),
    coordinator=PLANNER,
)
SIP = Plan(
    id="p-1", version=4, status="active", title="SIP", efforts=(EFFORT,), agreement=AGREEMENT
)
INVITATION = Invitation(
    id="k-1",
    version=1,
    question="Vilka insatser behövs?",
    start=NOW + timedelta(days=1),
    end=NOW + timedelta(days=1, hours=1),
    place="Rum 3",
    caller=PLANNER,
    invited=(TOWN, HOSPITAL),
)
NO = InvitationAnswer(
    id="k-1",
    version=1,
    code="declined",
    comment="Handläggaren är upptagen.",
    other_start=NOW + timedelta(days=2),
    other_end=NOW + timedelta(days=2, hours=1),
)
PLANNED = {
    "care-plan": draft("care-plan", plan=SIP),
    "sip-invitation": draft("sip-invitation", planning=INVITATION),
    "sip-invitation-changed": draft(
        "sip-invitation-changed", planning=replace(INVITATION, version=2)
    ),
    "sip-invitation-answer": draft("sip-invitation-answer", planning=NO, to=(PLANNER,)),
    "information-transfer": draft(
        "information-transfer",
        planning=DischargeInformation(discharged=NOW, sections={"summary": "Feberfri."}),
    ),
    "progress": draft(
        "progress", planning=Progress(plan=SIP, effort=EFFORT, text="Började i går."), to=(PLANNER,)
    ),
    "recall": draft("recall", planning=Recall(messages=("m-1",), reason="Fel kommun.")),
}
WRITTEN_BY_TOWN = {
    **{event: DRAFTS[event] for event in ("message", "reply", "answer")},
    "sip-invitation-answer": PLANNED["sip-invitation-answer"],
    "progress": PLANNED["progress"],
}
NATIVE = sorted(
    str(path.relative_to(omsorg_2.FIXTURES)).removesuffix(".native.xml")
    for path in omsorg_2.FIXTURES.glob("*/*.native.xml")
    if path.parent.name != "refused"
)


def _in_fhir(event: str) -> bytes:
    """Written by the town, where it goes to the planner."""
    sender = TOWN if PLANNED[event].to == (PLANNER,) else PLANNER
    return FhirFormat(sender).write(PLANNED[event]).body


@pytest.mark.parametrize("event", PLANNED)
def test_the_planning_that_a_party_writes_in_fhir_is_a_valid_message_of_its_event(
    event: str,
) -> None:
    bundle = json.loads(_in_fhir(event))
    assert [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR] == []
    assert bundles.event_code(bundle)[1] == event


@oracle.needs_schemas
@pytest.mark.parametrize("event", PLANNED)
def test_the_planning_that_a_party_writes_follows_the_schemas_of_hl7(event: str) -> None:
    assert oracle.problems(json.loads(_in_fhir(event))) == []


@pytest.mark.parametrize("event", PLANNED)
def test_planning_in_fhir_is_read_by_another_party(event: str) -> None:
    received = FhirFormat(TOWN).read(_in_fhir(event))
    assert (received.event, received.case, received.person) == (event, CASE, PERSON)


@pytest.mark.parametrize("event", WRITTEN_BY_TOWN)
def test_the_omsorg_2_that_a_municipality_writes_is_read_by_the_adapter(event: str) -> None:
    wanted: Draft = WRITTEN_BY_TOWN[event]
    body = OmsorgFormat(TOWN, TWO).write(wanted).body
    assert omsorg_2.faults(body) == []
    bundle = omsorg_2.read(body)
    assert bundles.event_code(bundle)[1] == event
    assert [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR] == []


@pytest.mark.parametrize("event", ["sip-invitation-answer", "progress"])
def test_xml_and_fhir_of_a_municipality_name_the_same_invitation_or_plan(event: str) -> None:
    read = omsorg_2.read(OmsorgFormat(TOWN, TWO).write(PLANNED[event]).body)
    written = json.loads(FhirFormat(TOWN).write(PLANNED[event]).body)
    ours, theirs = bundles.focus(read), bundles.focus(written)
    assert ours is not None
    assert theirs is not None
    assert ours["identifier"] == theirs["identifier"]


@pytest.mark.parametrize("code", ["ok", "transient-error", "fatal-error"])
def test_a_systemkvittens_follows_the_schema_and_names_what_it_answers(code: str) -> None:
    town = OmsorgFormat(TOWN, TWO)
    body = town.receipt(town.read(message(town)), code, NOW).body
    assert omsorg_2.faults(body) == []
    again = town.read(body)
    assert (again.event, again.about, again.code) == ("receipt", "m-1", code)


@pytest.mark.parametrize("name", NATIVE)
def test_a_municipality_on_omsorg_2_reads_every_message_that_the_adapter_writes(
    name: str,
) -> None:
    received = OmsorgFormat(TOWN, TWO).read(omsorg_2.native(name))
    assert received.event == Path(name).parent.name


@pytest.mark.parametrize("message_format", [FhirFormat(TOWN), OmsorgFormat(TOWN, TWO)])
def test_a_recalled_message_is_marked_and_a_person_says_that_it_is_done(
    message_format: FhirFormat | OmsorgFormat,
) -> None:
    bundle = json.loads(FhirFormat(PLANNER).write(PLANNED["recall"]).body)
    in_xml = isinstance(message_format, OmsorgFormat)
    body = omsorg_2.write(bundle) if in_xml else json.dumps(bundle).encode()
    traffic = TrafficLog("town")
    town = PartySystem(message_format, traffic, behaviour=Behaviour(answers_after=0))
    town.receive(body)
    assert has(EntryKind.MARKED, "recall", content_id="m-1")(traffic.entries())
    answer = town.next_outgoing()
    assert answer is not None
    assert (answer.event, answer.code) == ("answer", "completed")


def test_a_municipality_reads_its_own_version_and_no_other() -> None:
    with pytest.raises(ValueError, match=r"^not omsorg/2"):
        OmsorgFormat(TOWN, TWO).read(message(OmsorgFormat(TOWN)))
    with pytest.raises(ValueError, match=r"^not omsorg/1"):
        OmsorgFormat(TOWN).read(message(OmsorgFormat(TOWN, TWO)))
