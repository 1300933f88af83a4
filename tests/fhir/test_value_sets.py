"""Value sets: each has exactly the codes that the adapter knows, and no binding lacks its own."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from adapter.core import planning_codes
from adapter.core.catalogue import CATALOGUE
from adapter.core.endpoint import ActCode, Disposition
from adapter.core.model import Event, Need
from adapter.fhir import canonical, consents, profiles, r4_types
from adapter.fhir.canonical import BASE
from adapter.mappings.omsorg import code_tables
from adapter.policy.stay_elements import DELETED
from tests.kit.places import ROOT

KNOWN: dict[str, Iterable[str]] = {
    "activity": ["translated"],
    "asked": planning_codes.Asked,
    "attachment-type": planning_codes.ATTACHMENT_TYPES,
    "attendance": planning_codes.Attendance,
    "basis-answer": planning_codes.BasisAnswer,
    "basis-kind": planning_codes.BasisKind,
    "basis-status": planning_codes.BasisStatus,
    "care-contact-role": planning_codes.ContactRole,
    "answer-kind": planning_codes.AnswerKind,
    "answer-status": code_tables.ANSWER_STATUS,
    "care-plan-type": code_tables.PLAN_CATEGORY,
    "care-team-type": ["fast-kontakt"],
    "communication-kind": planning_codes.CommunicationKind,
    "consent-form": planning_codes.ConsentForm,
    "consent": [consents.PLANNING, consents.SECRECY],
    "deleted": [*DELETED, "name", "address"],  # of which nothing is deleted
    "disposition": Disposition,
    "encounter-class": ActCode,
    "ended": code_tables.ENDED,
    "error": CATALOGUE,
    "event": Event,
    "goal-term": planning_codes.GoalTerm,
    "meeting-form": planning_codes.MeetingForm,
    "need": Need,
    "participant-role": planning_codes.ParticipantRole,
    "principal": planning_codes.Principal,
    "protection": ["none"],
    "protection-label": [*canonical.PROTECTED, "none"],
    "recall": planning_codes.RecallReason,
    "section": planning_codes.Section,
    "track": planning_codes.Track,
    "v2-protection": ["Y", "N", "F", "K"],
}


def of_r4(type_: str) -> frozenset[str]:
    """Return the codes that R4 has for the status of a resource."""
    return r4_types.shape(type_).elements["status"].codes


PART_OF = {
    "care-contact-status": of_r4("CareTeam"),
    "care-plan-status": code_tables.PLAN_STATUS,
    "cancelled-invitation-status": of_r4("Appointment"),
    "changed-invitation-status": of_r4("Appointment"),
    "information-status": of_r4("Communication"),
    "invitation-answer-status": r4_types.shape("AppointmentResponse")
    .elements["participantStatus"]
    .codes,
    "invitation-status": of_r4("Appointment"),
    "open-stay-status": code_tables.ENCOUNTER_STATUS,
    "returned-status": code_tables.ENCOUNTER_STATUS,
    "stay-status": code_tables.ENCOUNTER_STATUS,
}
"""What a profile allows of R4's own codes, and the table of all of these."""


def codes(id_: str) -> set[str]:
    """Return the codes of a published value set."""
    return set(profiles.load().definitions.codes(f"{BASE}/ValueSet/{id_}").plain)


@pytest.mark.parametrize("id_", KNOWN)
def test_a_value_set_has_the_codes_that_the_adapter_knows_and_no_other(id_: str) -> None:
    assert codes(id_) == {str(code) for code in KNOWN[id_]}


@pytest.mark.parametrize("id_", PART_OF)
def test_a_value_set_of_a_status_has_codes_that_r4_has(id_: str) -> None:
    assert codes(id_)
    assert codes(id_) < set(PART_OF[id_])


def test_each_value_set_is_compared() -> None:
    ids = {v["id"] for v in profiles.load().definitions.of_type("ValueSet")}
    assert ids == set(KNOWN) | set(PART_OF)


def test_each_code_system_of_ours_has_a_value_set_of_all_its_codes() -> None:
    for path in (ROOT / "profiles").glob("CodeSystem-*.json"):
        system = json.loads(path.read_text(encoding="utf-8"))
        all_ = {concept["code"] for concept in system["concept"]}
        assert codes(system["valueSet"].rpartition("/")[2]) == all_
        assert system["count"] == len(all_)
