"""Stories of the issue: a party that reaches into another's case, through each door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles
from adapter.fhir.builders import Party
from tests.kit import drafts
from tests.kit.county import PITEA, County, Visit
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING
from tests.kit.sip_heads import heads

PITEA_SOC = Party(organization="SE2120000004-SOC", endpoint=PITEA)
CASE, UNKNOWN = (f"{HOSPITAL.organization}/{number}" for number in ("Y2", "Y-of-nobody"))
OVERREACH = (
    Event.ADMISSION_UPDATED,
    Event.PROCESS_ENDED,
    Event.DECEASED,
    Event.DISCHARGED,
    Event.ADMISSION_CANCELLED,
)
_STATUS = {
    Event.DECEASED: "finished",
    Event.DISCHARGED: "finished",
    Event.ADMISSION_CANCELLED: "entered-in-error",
}
_SIP = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"


@pytest.fixture
def told(county: County) -> County:
    """Eva's stay Y2 is told to Luleå and the planning service, and every inbox is empty."""
    county.adt("A01", Visit(), county.assessed())
    county.hears()
    county.inbox("hospital")
    return county


def stay(
    county: County, event: Event, sender: Party, cases: Sequence[str], number: str = "195009072553"
) -> Bundle:
    """Return a message about the stay, as a party that is not the hospital would send it."""
    person = drafts.patient()
    person["identifier"] = [{"system": drafts.PERSONNUMMER, "value": number}]
    if event is Event.DECEASED:
        person["deceasedBoolean"] = True
    over = {"start": drafts.T0.isoformat(), "end": county.now.isoformat()}
    period = {"period": over} if _STATUS.get(event) == "finished" else {}
    status = _STATUS.get(event, "in-progress")
    needs = () if event in _STATUS else ("municipal-health-care",)
    template = drafts.stay(
        event, sender=sender, person=person, visit="", status=status, needs=needs, **period
    )
    return as_sent(county.now, event, sender, cases, template)


def as_sent(
    at: datetime, event: Event, sender: Party, cases: Sequence[str], template: Bundle
) -> Bundle:
    """Return the parts of a message under other names of its case."""
    extra: dict[str, Any] = (
        {"reason": {"text": "x"}} if "reason" in bundles.header(template) else {}
    )
    return drafts.enveloped(
        builders.message(
            event,
            content=str(uuid4()),
            sender=sender,
            focus=bundles.focus(template),
            others=[bundles.patient(template) or {}],
            cases=cases,
            recorded=at,
            extra=extra,
        )
    )


def plan(county: County, sender: Party, cases: Sequence[str], value: str = "SIP-1") -> Bundle:
    """Return a care plan (SIP) for the hospital and Luleå."""
    focus = {
        "resourceType": "CarePlan",
        "id": str(uuid4()),
        "identifier": [{"system": "https://plan.example/sid", "value": value}],
        "status": "active",
        "intent": "plan",
        "category": [{"coding": [{"system": _SIP, "code": "SIP"}]}],
        "title": f"Plan {value}",
        "subject": builders.reference(drafts.patient()["id"]),
        **heads(),
    }
    return drafts.enveloped(
        builders.message(
            Event.CARE_PLAN,
            content=str(uuid4()),
            sender=sender,
            receivers=[HOSPITAL, LULEA],
            focus=focus,
            others=[drafts.patient()],
            cases=cases,
            recorded=county.now,
        )
    )


def refused(county: County, name: str, bundle: Bundle) -> list[tuple[str, str]]:
    """Let a party send a message; return what its receipt says: severity, codes and text."""
    before = county.stay(), county.inbox(name)[:0]
    content = county.tells(name, bundle)
    [receipt] = [b for b in county.inbox(name) if bundles.header(b).get("response")]
    response = bundles.header(receipt)["response"]
    assert (response["identifier"], response["code"]) == (content, "fatal-error")
    assert (county.stay(), county.inbox(name)) == before
    assert county.hears() == {}
    assert county.inbox("hospital") == []
    outcome: Any = bundles.of_type(receipt, "OperationOutcome")
    return [
        (coding["code"], issue["details"]["text"] + issue.get("diagnostics", ""))
        for issue in outcome["issue"]
        for coding in issue["details"]["coding"]
    ]


def codes(issues: list[tuple[str, str]]) -> list[str]:
    """Return the codes of a receipt's issues."""
    return [code for code, _ in issues]


@pytest.mark.parametrize("event", OVERREACH)
@pytest.mark.parametrize("sender", [LULEA, PITEA_SOC, PLANNING], ids=lambda p: p.endpoint)
def test_by_the_name_of_the_case_nothing_changes_and_the_answer_tells_nothing(
    told: County, sender: Party, event: Event
) -> None:
    answers = [
        refused(told, sender.endpoint, stay(told, event, sender, [name]))
        for name in (CASE, UNKNOWN)
    ]
    assert codes(answers[0]) == ["not-entitled"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("event", OVERREACH)
def test_by_the_personnummer_alone_it_is_as_for_a_person_who_does_not_exist(
    told: County, event: Event
) -> None:
    answers = [
        refused(told, "lulea", stay(told, event, LULEA, [], number))
        for number in ("195009072553", "196109732393")
    ]
    assert codes(answers[0])[0] == "not-entitled"
    assert answers[0] == answers[1]


@pytest.mark.parametrize("event", OVERREACH)
def test_by_a_case_of_its_own_beside_the_hospitals(told: County, event: Event) -> None:
    own = f"{LULEA.organization}/L1"
    told.tells("lulea", plan(told, LULEA, [own]))
    told.hears()
    told.inbox("lulea"), told.inbox("hospital")
    answers = [
        refused(told, "lulea", stay(told, event, LULEA, [own, name])) for name in (CASE, UNKNOWN)
    ]
    assert codes(answers[0]) == ["not-entitled"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("event", OVERREACH)
def test_by_an_alias_that_it_planted_before(told: County, event: Event) -> None:
    alias = f"{LULEA.organization}/PLANTED"
    told.tells("lulea", as_party_note(told, [CASE, alias]))
    told.hears()
    told.inbox("lulea"), told.inbox("hospital")
    assert codes(refused(told, "lulea", stay(told, event, LULEA, [alias]))) == ["not-entitled"]


def as_party_note(county: County, cases: Sequence[str]) -> Bundle:
    """Return a general message of Luleå, which is a party of the case, to the hospital."""
    template = drafts.note(sender=LULEA, to=(HOSPITAL,))
    return drafts.enveloped(
        builders.message(
            Event.MESSAGE,
            content=str(uuid4()),
            sender=LULEA,
            receivers=[HOSPITAL],
            focus=bundles.focus(template),
            others=[drafts.patient()],
            cases=cases,
            recorded=county.now,
        )
    )


def test_a_planted_alias_does_not_carry_the_hospitals_next_word_elsewhere(told: County) -> None:
    told.tells("lulea", as_party_note(told, [CASE, f"{LULEA.organization}/PLANTED"]))
    told.hears()
    told.adt("A08", Visit(planned="20260401"))
    assert told.hears() == {"lulea": ["admission-updated"], "planning": ["admission-updated"]}
    assert len(told.cases()) == 1


@pytest.mark.parametrize("name", [CASE, UNKNOWN])
def test_a_plan_in_anothers_case_with_another_plan_id(told: County, name: str) -> None:
    assert codes(refused(told, PITEA, plan(told, PITEA_SOC, [name], "SIP-999"))) == ["not-entitled"]


def test_a_message_about_a_person_alone_opens_a_case_of_the_sender_and_reaches_no_other(
    told: County,
) -> None:
    told.tells(PITEA, plan(told, PITEA_SOC, []))
    assert len(told.cases()) == 2
    [mine] = [case for case in told.cases() if "Y2" not in case["name"]]
    assert mine["name"].startswith(PITEA_SOC.organization)


def test_a_former_party_writes_no_more_but_may_answer_what_it_got(told: County) -> None:
    county = told
    county.tells("hospital", drafts.note(to=(LULEA,), visit="Y2"))
    [note] = county.takes("lulea")["lulea"]
    county.adt("A08", Visit(), f"{county.assessed('N|N|N')}|Y")
    county.hears()
    county.inbox("hospital")
    county.tells("lulea", as_party_note(county, [CASE]))
    assert county.messages()[-1]["code"] == "not-entitled"
    county.tells("lulea", drafts.answer(bundles.content_id(note), LULEA))
    assert county.messages()[-1]["standing"] == "processed"


def test_being_addressed_makes_nobody_a_party(told: County) -> None:
    told.tells("hospital", drafts.note(to=(PITEA_SOC,), visit="Y2"))
    assert PITEA not in told.hears()
    told.adt("A08", Visit(planned="20260401"))
    assert set(told.hears()) == {"lulea", "planning"}
