"""Underlag, Overforing, Framsteg and Aterkallelse."""

from __future__ import annotations

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.mappings.omsorg.care_contact import CARE_CONTACT
from adapter.mappings.omsorg.code_tables import ACTIVITY_STATUS, PLAN_STATUS, TEXT_STATUS
from adapter.mappings.omsorg.code_tables_2 import (
    ASKED,
    BASIS_KIND,
    BASIS_STATUS,
    RECALL,
)
from adapter.mappings.omsorg.linked_resources import (
    Earlier,
    Refers,
    Sender,
    names_unit,
    refers_to,
)
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.plan_in_full import PLAN_NAMES
from adapter.mappings.omsorg.question_form import FORM
from adapter.mappings.omsorg.shapes import (
    Alternative,
    Attribute,
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
    FOLLOW_UP,
    NOTE,
    OWN_WORDS,
    RELATIVE,
    Coded,
    Track,
    may_be_shown,
)
from adapter.mappings.omsorg.take_fields import parts
from adapter.mappings.omsorg.values import MESSAGE, NUMBER, TIME, coded


def _has_text(item: Resource, outgoing: OutgoingMessage) -> bool:
    return "contentString" in item


def _is_section(code: str) -> Condition:
    def condition(item: Resource, outgoing: OutgoingMessage) -> bool:
        return _has_text(item, outgoing) and code in {
            extension.get("valueCode") for extension in parts(item, "extension")
        }

    return condition


_ATTACHED = Alternative(
    "Bilaga",
    [Refers(ATTACHMENT.type, ATTACHMENT.fields, "contentReference")],
    refers_to("contentReference", "DocumentReference"),
)
_CONCERNED = [
    Alternative("Samtycke", [CONSENT_REFERENCE], refers_to("", "Consent")),
    Alternative("Narstaende", [RELATIVE], refers_to("", "RelatedPerson")),
]
_STATUS = Attribute("status", "status", coded(TEXT_STATUS, "Communication.status"))
BASIS: Fields = [
    _STATUS,
    Coded("slag", "category[].coding[]", f"{BASE}/basis-kind", BASIS_KIND),
    Attribute(
        "underlagsstatus", "@basis-status.valueCode", coded(BASIS_STATUS, "Communication.extension")
    ),
    Earlier("besvarar", "inResponseTo[].identifier"),
    Attribute("skickad", "sent", TIME),
    Person("subject"),
    Sender("sender"),
    many("Orsak", "reasonCode", [Own("text")]),
    Track(),
    Many(
        "payload",
        [
            Alternative("Innehall", [Own("contentString")], _has_text),
            Alternative(
                "Formular",
                [Refers("QuestionnaireResponse", FORM, "contentReference")],
                refers_to("contentReference", "QuestionnaireResponse"),
            ),
            _ATTACHED,
        ],
    ),
    Many("about", _CONCERNED),
]
SECTIONS = {
    "Sammanfattning": "summary",
    "Lakemedel": "medication",
    "Hjalpmedel": "aids",
    "Risk": "risk",
    "UppfoljningText": "follow-up",
    "AnsvarigLakare": "responsible-physician",
}
TRANSFER: Fields = [
    _STATUS,
    Implied("category[].coding[].system", f"{BASE}/communication-kind"),
    Implied("category[].coding[].code", "information-transfer"),
    Unsaid("category[].coding[].display", "Information transfer"),
    Unsaid("category[].coding[].display", "Utskrivningsinformation"),
    Attribute("utskriven", "@discharged.valueDateTime", TIME),
    Attribute("skickad", "sent", TIME),
    Person("subject"),
    Sender("sender"),
    Many(
        "payload",
        [
            *(
                Alternative(
                    name,
                    [Implied("@section.valueCode", code), Own("contentString")],
                    _is_section(code),
                )
                for name, code in SECTIONS.items()
            ),
            Alternative(
                "FastKontakt",
                [Refers("CareTeam", CARE_CONTACT, "contentReference")],
                refers_to("contentReference", "CareTeam"),
            ),
            _ATTACHED,
        ],
    ),
    FOLLOW_UP,
    many(
        "PlanId",
        "about",
        [Attribute("system", "identifier.system"), Own("identifier.value")],
        names_unit(""),
    ),
]
PROGRESS: Fields = [
    Attribute("planversion", "@version.valuePositiveInt", NUMBER),
    Attribute("planstatus", "status", coded(PLAN_STATUS, "CarePlan.status")),
    Implied("intent", "plan"),
    Attribute("insats", "activity[].id"),
    Attribute("status", "activity[].detail.status", coded(ACTIVITY_STATUS, "CarePlan.activity")),
    Person("subject"),
    *PLAN_NAMES,
    Leaf("Titel", "title"),
    Leaf("Beskrivning", "activity[].detail.description"),
    Many(
        "activity[].progress",
        [
            Alternative("EgnaOrd", OWN_WORDS, refers_to("authorReference", "Patient")),
            Alternative("Anteckning", NOTE, may_be_shown),
        ],
    ),
    many("Utfall", "activity[].outcomeCodeableConcept", [Own("text")]),
]
RECALLED: Fields = [
    Implied("status", "entered-in-error"),
    Coded("slag", "statusReason.coding[]", f"{BASE}/recall", RECALL),
    Attribute("begard", "@asked.valueCode", coded(ASKED, "Communication.extension")),
    Earlier("ersattAv", "@replaced-by.valueIdentifier"),
    Attribute("tid", "sent", TIME),
    Person("subject"),
    Sender("sender"),
    Leaf("Orsak", "statusReason.text"),
    many(
        "Avser",
        "about",
        [
            Unsaid("type", "Appointment"),  # the adapter's own word for a journal
            Implied("identifier.system", MESSAGE_ID),
            Own("identifier.value", MESSAGE),
        ],
    ),
]
