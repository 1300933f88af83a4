"""FastKontakt, Underlag, Overforing, Framsteg and Aterkallelse."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.fhir.readable import words
from adapter.mappings.omsorg.code_tables import ACTIVITY_STATUS, PLAN_STATUS, TEXT_STATUS
from adapter.mappings.omsorg.code_tables_2 import (
    ASKED,
    BASIS_ANSWER,
    BASIS_AREA,
    BASIS_KIND,
    BASIS_STATUS,
    CONTACT_KIND,
    CONTACT_STATUS,
    RECALL,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.linked_resources import (
    Earlier,
    Refers,
    Sender,
    Unit,
    names_unit,
    refers_to,
)
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.plan_in_full import PLAN_NAMES
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
    FOLLOW_UP,
    IDENTIFIER,
    NOTE,
    OWN_WORDS,
    RELATIVE,
    TELECOMS,
    Coded,
    Track,
    may_be_shown,
)
from adapter.mappings.omsorg.take_fields import parts
from adapter.mappings.omsorg.values import MESSAGE, NUMBER, TIME, coded
from adapter.mappings.omsorg.xml_elements import Element, text_of

CARE_TEAM = "https://fhir.inera.se/ig/careteam/CodeSystem/typ-av-careteam-cs"
CONTACT = (
    "https://terminologitjansten.inera.se/inera-kodverksforvaltning/kodverk/kv_typ_av_fast_kontakt"
)
_CONTACT_NAMES = tuple(words.CONTACT_KIND.values())  # the texts of the codes 1 to 4

CARE_CONTACT: Fields = [
    Attribute("status", "status", coded(CONTACT_STATUS, "CareTeam.status")),
    Coded("slag", "participant[].role[].coding[]", CONTACT, CONTACT_KIND, _CONTACT_NAMES),
    Attribute("fran", "period.start", TIME),
    Attribute("till", "period.end", TIME),
    Implied("category[].coding[].system", CARE_TEAM),
    Implied("category[].coding[].code", "fast-kontakt"),
    Unsaid("category[].coding[].display", "Fast kontakt"),
    Person("subject"),
    many("KontaktId", "identifier", IDENTIFIER),
    Child("Person", "participant[].member", [EMPLOYMENT]),
    Leaf("Team", "participant[].@team.valueString"),
    many("Vardgivare", "managingOrganization", [Unit("Organization")]),
    TELECOMS,
    many("Kommentar", "note", NOTE, may_be_shown),
]


def _has_text(item: Resource, outgoing: OutgoingMessage) -> bool:
    return "contentString" in item


def _is_section(code: str) -> Condition:
    def condition(item: Resource, outgoing: OutgoingMessage) -> bool:
        return _has_text(item, outgoing) and code in {
            extension.get("valueCode") for extension in parts(item, "extension")
        }

    return condition


def _is_area(item: Resource, outgoing: OutgoingMessage) -> bool:
    return item.get("linkId") in BASIS_AREA


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The text beside the coded answer of an area."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        for answer in parts(source, "answer"):
            if isinstance(answer.get("valueString"), str) and not node.text:
                node.text = answer.pop("valueString")

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        if text_of(node):
            target.setdefault("answer", []).append({"valueString": text_of(node)})


_BASIS_ANSWER = Coded("varde", "answer[].valueCoding", f"{BASE}/basis-answer", BASIS_ANSWER)
_FORM = Refers(
    "QuestionnaireResponse",
    [
        Implied("status", "completed"),
        Person("subject"),
        Attribute("tid", "authored", TIME),
        many(
            "PagaendeInsats",
            "~effort.answer",
            [
                Attribute("lagrum", "~law.answer[].valueString"),
                Attribute("utforare", "~provider.answer[].valueString"),
                Own("valueString"),
            ],
        ),
        Leaf("Boende", "~housing.answer[].valueString"),
        many(
            "Omrade",
            "item",
            [
                Attribute("kod", "linkId", coded(BASIS_AREA, "QuestionnaireResponse.item")),
                _BASIS_ANSWER,
                AnswerText(),
            ],
            _is_area,
        ),
    ],
    "contentReference",
)
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
                "Formular", [_FORM], refers_to("contentReference", "QuestionnaireResponse")
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
        [Implied("identifier.system", MESSAGE_ID), Own("identifier.value", MESSAGE)],
    ),
]
