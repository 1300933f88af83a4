"""Kallelse and KallelseSvar: the invitation to a SIP meeting, and an answer to it.

The rules of Appointment.participant are in docs/message.md.
"""

from __future__ import annotations

from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg.code_tables_2 import (
    INVITATION_STATUS,
    MEETING_FORM,
    PARTICIPATION,
    PRINCIPAL,
    REQUIRED,
)
from adapter.mappings.omsorg.linked_resources import Refers, Same, Unit, names_unit, refers_to
from adapter.mappings.omsorg.one_of import OneOf
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.places import at
from adapter.mappings.omsorg.shapes import (
    Alternative,
    Attribute,
    Child,
    Condition,
    Fields,
    Implied,
    Leaf,
    Many,
    Own,
    Person,
    Unsaid,
    many,
)
from adapter.mappings.omsorg.shared_shapes import (
    ATTACHMENT,
    BASE,
    CONSENT_REFERENCE,
    EMPLOYMENT,
    IDENTIFIER,
    PARTICIPATION_TYPE,
    RELATIVE,
    TELECOMS,
)
from adapter.mappings.omsorg.values import NUMBER, TIME, coded

_ROLES = f"{BASE}/participant-role"


def _has_role(code: str) -> Condition:
    return lambda item, _: at(item, "type[].coding[]").get("code") == code


def _is_called(item: Resource, outgoing: OutgoingMessage) -> bool:
    return _is_invited(item, outgoing) and item.get("required") == "required"


_is_invited = names_unit("actor")
_TAKES_PART = Attribute("deltar", "status", coded(PARTICIPATION, "Appointment.participant.status"))
_MUST = Attribute("narvaro", "required", coded(REQUIRED, "Appointment.participant.required"))
_UNIT: Fields = [
    Attribute("huvudman", "@principal.valueCode", coded(PRINCIPAL, "Appointment.participant")),
    _TAKES_PART,
    Attribute("roll", "type[].text"),
    Unit("HealthcareService", "actor"),
]
_CALLER: Fields = [
    _TAKES_PART,
    _MUST,
    Implied("type[].coding[].system", PARTICIPATION_TYPE),
    Implied("type[].coding[].code", "PPRF"),
    Unsaid("type[].coding[].display", "primary performer"),
    OneOf(
        [
            Child("Person", "actor", [EMPLOYMENT]),
            Child("Enhet", "actor", [Unit("HealthcareService")]),
        ]
    ),
]
_INTERPRETER: Fields = [
    _TAKES_PART,
    _MUST,
    Implied("type[].coding[].system", _ROLES),
    Implied("type[].coding[].code", "interpreter"),
    Unsaid("type[].coding[].display", "Interpreter"),
    Attribute("sprak", "type[].text"),
    Own("actor.display"),
]
_PLACE: Fields = [
    _TAKES_PART,
    _MUST,
    Refers("Location", [Leaf("Namn", "name"), Leaf("Adress", "address.text"), TELECOMS], "actor"),
]
_PARTICIPANTS = Many(
    "participant",
    [
        Alternative("Kallande", _CALLER, _has_role("PPRF")),
        Alternative("Tolk", _INTERPRETER, _has_role("interpreter")),
        Alternative("Kallad", [*_UNIT, Implied("required", "required")], _is_called),
        Alternative("Inbjuden", [*_UNIT, Implied("required", "optional")], _is_invited),
        Alternative(
            "Enskild", [_TAKES_PART, _MUST, Person("actor")], refers_to("actor", "Patient")
        ),
        Alternative(
            "Narstaende",
            [_TAKES_PART, _MUST, Child("Person", "actor", [RELATIVE])],
            refers_to("actor", "RelatedPerson"),
        ),
        Alternative("Plats", _PLACE, refers_to("actor", "Location")),
    ],
)
SUPPORT = [
    Alternative("Samtycke", [CONSENT_REFERENCE], refers_to("", "Consent")),
    Alternative("Bilaga", [ATTACHMENT], refers_to("", "DocumentReference")),
]
INVITATION: Fields = [
    Attribute("version", "@version.valuePositiveInt", NUMBER),
    Attribute("status", "status", coded(INVITATION_STATUS, "Appointment.status")),
    Attribute("form", "@meeting-form.valueCode", coded(MEETING_FORM, "Appointment.extension")),
    Attribute("svaraSenast", "@answer-by.valueDateTime", TIME),
    Attribute("fran", "start", TIME),
    Attribute("till", "end", TIME),
    Attribute("upprattad", "created", TIME),
    many("KallelseId", "identifier", IDENTIFIER),
    Leaf("Fragestallning", "description"),
    many("YtterligareFraga", "reasonCode", [Own("text")]),
    _PARTICIPANTS,
    Leaf("Kommentar", "comment"),
    Leaf("Skal", "cancelationReason.text"),
    Many("supportingInformation", SUPPORT),
]
ANSWER: Fields = [
    Attribute("version", "@version.valuePositiveInt", NUMBER),
    Attribute(
        "svar", "participantStatus", coded(PARTICIPATION, "AppointmentResponse.participantStatus")
    ),
    Attribute("fran", "start", TIME),
    Attribute("till", "end", TIME),
    many("KallelseId", "identifier", IDENTIFIER),
    Same("KallelseId", "appointment", "Appointment"),
    Child("Enhet", "actor", [Unit("HealthcareService")]),
    many("Deltagare", "@attendee", [Own("valueString")]),
    many(
        "AnnanTid",
        "@other-time",
        [
            Attribute("fran", "valuePeriod.start", TIME),
            Attribute("till", "valuePeriod.end", TIME),
        ],
    ),
    Leaf("Kommentar", "comment"),
]
