"""Stories of contacts, planning basis, progress, and information at discharge."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from adapter.core.model import Event
from adapter.fhir import builders
from adapter.fhir.canonical import BASE, HSA
from adapter.store import endpoints
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, UMEA, Party
from tests.kit.news_words import informs, progresses, says
from tests.kit.plan_words import PATIENT, answered, codes, unit, writes
from tests.kit.recall_words import recalls
from tests.kit.statute_county import CASE, CENTRE, NURSING, SOCIAL, Judged, StatuteCounty

CATEGORY = "https://fhir.inera.se/ig/careteam/CodeSystem/typ-av-careteam-cs"
ROLE = (
    "https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt"
)


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """A stay that social services, nursing and the centre take part in."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y", nursing="Y", centre="Y"))
    county.told()
    county.inbox("hospital")
    yield county
    county.store.close()


def appoints(
    county: StatuteCounty,
    sender: Party,
    *to: Party,
    value: str = "FK-1",
    role: str = "1",
    status: str = "active",
) -> str:
    """Let a party name a fixed contact, or end it; return the content id."""
    nurse, practitioner = str(uuid4()), str(uuid4())
    over = {"end": "2026-03-09"} if status == "inactive" else {}
    focus = {
        "resourceType": "CareTeam",
        "identifier": [{"system": "https://centre.example/sid/kontakt", "value": value}],
        "status": status,
        "category": [{"coding": [{"system": CATEGORY, "code": "fast-kontakt"}]}],
        "subject": builders.reference(PATIENT),
        "period": {"start": "2026-03-02"} | over,
        "managingOrganization": [unit(sender) | {"type": "Organization"}],
        "participant": [
            {
                "role": [{"coding": [{"system": ROLE, "code": role}]}],
                "member": builders.reference(nurse),
            }
        ],
    }
    person = {"resourceType": "Practitioner", "id": practitioner, "name": [{"text": "Bo Ek"}]}
    post = {
        "resourceType": "PractitionerRole",
        "id": nurse,
        "practitioner": builders.reference(practitioner),
        "organization": unit(sender) | {"type": "Organization"},
    }
    return says(county, Event.CARE_CONTACT, focus, sender, *to, others=(post, person))


# Contacts


def test_a_contact_goes_to_parties_and_owner_alone(ward: StatuteCounty) -> None:
    appoints(ward, CENTRE, HOSPITAL, SOCIAL, UMEA)
    assert codes(ward, "centre") == ["not-a-party"]
    assert ward.words() == {"hospital": ["care-contact"], "social": ["care-contact"]}


def test_a_patient_has_one_fixed_physician_contact_at_a_time(ward: StatuteCounty) -> None:
    appoints(ward, CENTRE, SOCIAL, role="2")
    ward.told()
    ward.inbox("nursing")
    appoints(ward, NURSING, SOCIAL, value="FK-2", role="2")
    assert codes(ward, "nursing") == ["second-contact"]
    assert ward.words() == {}
    appoints(ward, CENTRE, SOCIAL, role="2", status="inactive")
    appoints(ward, NURSING, SOCIAL, value="FK-2", role="2")
    assert ward.words() == {"social": ["care-contact", "care-contact"]}


def test_the_same_contact_may_be_named_anew(ward: StatuteCounty) -> None:
    appoints(ward, CENTRE, SOCIAL, role="2")
    appoints(ward, CENTRE, SOCIAL, role="2")
    assert ward.words() == {"social": ["care-contact", "care-contact"]}


def test_the_recall_of_a_contact_leaves_another_of_the_same_second(ward: StatuteCounty) -> None:
    moment = ward.now
    appoints(ward, CENTRE, SOCIAL, role="2")
    ward.now = moment
    sent = appoints(ward, CENTRE, SOCIAL, value="FK-2")
    recalls(ward, CENTRE, sent, kind="wrong-content")
    ward.told()
    ward.inbox("nursing")
    appoints(ward, NURSING, SOCIAL, value="FK-3", role="2")
    assert codes(ward, "nursing") == ["second-contact"]


def test_an_older_word_about_a_contact_is_superseded(ward: StatuteCounty) -> None:
    early = ward.now
    ward.later(minutes=5)
    appoints(ward, CENTRE, SOCIAL, status="inactive")
    ward.told()
    ward.now = early
    appoints(ward, CENTRE, SOCIAL)
    assert codes(ward, "centre") == ["superseded"]
    assert ward.words() == {}


# Planning basis


def test_a_municipality_begins_a_case_with_planning_basis(ward: StatuteCounty) -> None:
    focus = {
        "resourceType": "Communication",
        "extension": [builders.extension("basis-status", "Code", "preliminary")],
        "status": "completed",
        "category": [
            {
                "coding": [
                    {"system": f"{BASE}/CodeSystem/basis-kind", "code": "admission-information"}
                ]
            }
        ],
        "subject": builders.reference(PATIENT),
        "sent": ward.now.isoformat(),
        "sender": {
            "type": "Organization",
            "identifier": {"system": HSA, "value": UMEA.organization},
        },
        "payload": [{"contentString": "Bor ensam."}],
    }
    own = (f"{UMEA.organization}/U1",)
    says(ward, Event.PLANNING_BASIS, focus, UMEA, HOSPITAL, cases=own)
    assert ward.words() == {"hospital": ["planning-basis"]}
    says(ward, Event.PLANNING_BASIS, focus, UMEA, HOSPITAL)
    assert "not-entitled" in codes(ward, "umea")


# Information at discharge


def test_the_hospital_informs_those_whose_role_may_read_it(ward: StatuteCounty) -> None:
    informs(ward, NURSING, CENTRE, SOCIAL, UMEA, discharged=ward.now.isoformat())
    assert sorted(codes(ward, "hospital")) == ["not-a-party", "not-for-role"]
    assert ward.words() == {
        "nursing": ["information-transfer"],
        "centre": ["information-transfer"],
    }


def test_information_after_the_day_of_discharge_goes_with_a_warning(ward: StatuteCounty) -> None:
    informs(ward, NURSING, discharged="2026-03-01T23:30:00+01:00")
    assert codes(ward, "hospital") == ["late"]
    assert ward.words() == {"nursing": ["information-transfer"]}
    assert len(ward.history("late")) == 1


def test_only_the_owner_informs(ward: StatuteCounty) -> None:
    ward.inbox("centre")
    informs(ward, NURSING, discharged=ward.now.isoformat(), sender=CENTRE)
    assert codes(ward, "centre") == ["not-entitled"]
    assert ward.words() == {}


def test_a_bar_of_secrecy_stops_it(ward: StatuteCounty) -> None:
    bar = drafts.consent("secrecy", "active", NURSING.organization)
    word = drafts.stay(Event.ADMISSION_UPDATED, needs=(), minutes=90, consents=(bar,))
    ward.tells("hospital", drafts.in_case(word, CASE))
    ward.told()
    ward.inbox("hospital")
    informs(ward, NURSING, CENTRE, discharged=ward.now.isoformat())
    assert answered(ward, "hospital") == ["secrecy-bar nursing"]
    assert ward.words() == {"centre": ["information-transfer"]}


def test_a_bar_that_comes_later_stops_what_waits(ward: StatuteCounty) -> None:
    ward.down |= {"nursing"}
    informs(ward, NURSING, discharged=ward.now.isoformat())
    bar = drafts.consent("secrecy", "active", NURSING.organization)
    word = drafts.stay(Event.ADMISSION_UPDATED, needs=(), minutes=90, consents=(bar,))
    ward.tells("hospital", drafts.in_case(word, CASE))
    ward.down.clear()
    ward.later(hours=2)
    assert "information-transfer" not in ward.words().get("nursing", [])
    [waited] = ward.deliveries(event="information-transfer")
    assert waited["state"] == "no-longer-due"


def test_what_waits_is_held_when_the_person_becomes_protected(ward: StatuteCounty) -> None:
    ward.down |= {"nursing"}
    with ward.store.begin() as tx:
        endpoints.pause(tx, "hospital", "Ann", "moves", ward.now)
    informs(ward, NURSING, discharged=ward.now.isoformat())
    appoints(ward, CENTRE, NURSING, HOSPITAL)
    ward.reports("A31", protected="Y")
    ward.down.clear()
    ward.later(hours=2)
    assert ward.words().get("nursing", []) in ([], ["admission-updated"])
    held = [(d["endpoint"], d["event"]) for d in ward.deliveries(code="protected-identity")]
    assert sorted(held) == [
        ("hospital", "care-contact"),
        ("nursing", "care-contact"),
        ("nursing", "information-transfer"),
    ]


# Progress


def test_progress_goes_to_the_coordinator_alone(ward: StatuteCounty) -> None:
    writes(ward, CENTRE, SOCIAL)
    ward.told()
    progresses(ward, SOCIAL, HOSPITAL, NURSING)
    assert ward.words() == {"centre": ["progress"]}


@pytest.mark.parametrize(
    ("status", "version", "code"),
    [
        ("active", 2, "stale-version"),
        ("revoked", 1, "plan-ended"),
        ("", 1, "plan-unknown"),
    ],
)
def test_progress_of_another_plan_is_refused(
    ward: StatuteCounty, status: str, version: int, code: str
) -> None:
    if status:
        writes(ward, CENTRE, SOCIAL, status=status)
    ward.told()
    progresses(ward, SOCIAL, CENTRE, version=version)
    assert codes(ward, "social") == [code]
    assert ward.words() == {}


def test_progress_never_changes_the_plan(ward: StatuteCounty) -> None:
    first = writes(ward, CENTRE, SOCIAL)
    progresses(ward, SOCIAL, CENTRE)
    writes(ward, CENTRE, SOCIAL, version=2, title="SIP 2", read=first)
    assert ward.words() == {"social": ["care-plan", "care-plan"], "centre": ["progress"]}
