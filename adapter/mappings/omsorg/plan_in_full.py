"""Plan of omsorg/2: a CarePlan with all that a SIP holds.

The law asks for four heads (HSL 16 kap. 4 §, SoL 2025:400 10 kap. 8–9 §§): the efforts, who answers
for each, what others do, and who has the overall responsibility.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapter.core.errors import FatalError
from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg import plan
from adapter.mappings.omsorg.care_contact import CARE_CONTACT
from adapter.mappings.omsorg.code_tables import ACTIVITY_STATUS, PLAN_STATUS
from adapter.mappings.omsorg.code_tables_2 import (
    ACHIEVEMENT,
    ATTENDANCE,
    GOAL_STATUS,
    GOAL_TERM,
    PRINCIPAL,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.linked_resources import (
    Anchored,
    Pointers,
    Refers,
    Unit,
    WhenPatient,
    refers_to,
)
from adapter.mappings.omsorg.one_of import OneOf
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.question_form import FORM
from adapter.mappings.omsorg.shapes import (
    Alternative,
    Attribute,
    Child,
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
    NOTE,
    OWN_WORDS,
    RELATIVE,
    RISK,
    Coded,
    Track,
    may_be_shown,
)
from adapter.mappings.omsorg.take_fields import part, parts
from adapter.mappings.omsorg.values import NUMBER, TIME, coded
from adapter.mappings.omsorg.xml_elements import Element, children

_GOAL_ACHIEVEMENT = "http://terminology.hl7.org/CodeSystem/goal-achievement"
_CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_PRINCIPAL = coded(PRINCIPAL, "extension('principal').value")


@dataclass(frozen=True, slots=True)
class AsInOne:
    """The elements of a list that omsorg/1 has too."""

    name: str
    key: str
    write_item: Callable[[Resource], Element | None]
    read_item: Callable[[Element], Resource]

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        node.extend([n for n in map(self.write_item, parts(source, self.key)) if n is not None])

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        target[self.key] = [self.read_item(n) for n in children(node, self.name)]


@dataclass(frozen=True, slots=True)
class OnlyDetails:
    """An effort is a detail with a status: one that another resource describes is not written."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        if "status" not in part(source, "detail"):
            raise FatalError("not-written", "CarePlan.activity is no detail with status")

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        """Say nothing."""


PLAN_NAMES: Fields = [
    AsInOne("PlanId", "identifier", plan.write_identifier, plan.read_identifier),
    AsInOne("Kategori", "category", plan.write_category, plan.read_category),
]
_NEED = Refers(
    "Condition",
    [
        Person("subject"),
        Unsaid("clinicalStatus.coding[].system", _CLINICAL),
        Unsaid("clinicalStatus.coding[].code", "active"),
        Own("code.text"),
    ],
)
_GOAL = Refers(
    "Goal",
    [
        Attribute("status", "lifecycleStatus", coded(GOAL_STATUS, "Goal.lifecycleStatus")),
        Coded("tid", "category[].coding[]", f"{BASE}/goal-term", GOAL_TERM),
        Coded("uppfyllelse", "achievementStatus.coding[]", _GOAL_ACHIEVEMENT, ACHIEVEMENT),
        Attribute("start", "startDate", TIME),
        Attribute("senast", "target[].dueDate", TIME),
        WhenPatient("uttrycktAv", "den-enskilde", "expressedBy"),
        Pointers("behov", "addresses"),
        Person("subject"),
        Own("description.text"),
    ],
)
_SELF: Fields = [WhenPatient("gor", "sjalv"), Person("")]  # the element alone says it
_PERSON_OR_UNIT = [
    Alternative("AnsvarigPerson", [EMPLOYMENT], refers_to("", "PractitionerRole")),
    Alternative("DenEnskilde", _SELF, refers_to("", "Patient")),
    Alternative("Narstaende", [RELATIVE], refers_to("", "RelatedPerson")),
    Alternative("Ansvarig", [Unit("HealthcareService")]),
]
_EFFORT: Fields = [
    OnlyDetails(),
    Attribute("id", "id"),
    Attribute("huvudman", "detail.@principal.valueCode", _PRINCIPAL),
    Attribute("status", "detail.status", coded(ACTIVITY_STATUS, "CarePlan.activity.detail.status")),
    Attribute("fran", "detail.scheduledPeriod.start", TIME),
    Attribute("till", "detail.scheduledPeriod.end", TIME),
    Attribute("nar", "detail.scheduledString"),
    Pointers("mal", "detail.goal"),
    Unsaid("detail.doNotPerform", value=False),
    Leaf("Beskrivning", "detail.description"),
    Leaf("Slag", "detail.code.text"),
    Leaf("Skal", "detail.statusReason.text"),
    Many("detail.performer", _PERSON_OR_UNIT),
    Leaf("Kontakt", "detail.@contact.valueString"),
    many("Utfall", "outcomeCodeableConcept", [Own("text")]),
    Many(
        "progress",
        [
            Alternative("EgnaOrd", OWN_WORDS, refers_to("authorReference", "Patient")),
            Alternative("Anteckning", NOTE, may_be_shown),
        ],
    ),
]
_PARTICIPANT: Fields = [
    Attribute("narvaro", "#attendance.valueCode", coded(ATTENDANCE, "CarePlan.extension")),
    Child(
        "Vem",
        "#actor.valueReference",
        [
            OneOf(
                [
                    WhenPatient("slag", "den-enskilde"),
                    Child("Person", "", [EMPLOYMENT]),
                    Child("Narstaende", "", [RELATIVE]),
                    Child("Enhet", "", [Unit("HealthcareService")]),
                ]
            ),
        ],
    ),
]
PLAN: Fields = [
    Attribute("version", "@version.valuePositiveInt", NUMBER),
    Attribute("status", "status", coded(PLAN_STATUS, "CarePlan.status")),
    Implied("intent", "plan"),
    Person("subject"),
    Attribute("upprattad", "created", TIME),
    Attribute("fran", "period.start", TIME),
    Attribute("till", "period.end", TIME),
    *PLAN_NAMES,
    Leaf("Titel", "title"),
    Leaf("Nulage", "description"),
    many("Behov", "addresses", [Anchored(_NEED, "b")], refers_to("", "Condition")),
    many("Mal", "goal", [Anchored(_GOAL, "m")], refers_to("", "Goal")),
    many("Insats", "activity", _EFFORT),
    Child(
        "OvergripandeAnsvar",
        "",
        [Attribute("huvudman", "@main-responsible.valueCode", _PRINCIPAL)],
    ),
    Child(
        "Samordnare",
        "author",
        [OneOf([Child("Person", "", [EMPLOYMENT]), Child("Enhet", "", [Unit("Organization")])])],
    ),
    many("FastKontakt", "careTeam", [Refers("CareTeam", CARE_CONTACT)], refers_to("", "CareTeam")),
    many("Deltagare", "@meeting-participant", _PARTICIPANT),
    Many(
        "supportingInfo",
        [
            Alternative("Samtycke", [CONSENT_REFERENCE], refers_to("", "Consent")),
            Alternative("Risk", [RISK], refers_to("", "Flag")),
            Alternative("Narstaende", [RELATIVE], refers_to("", "RelatedPerson")),
            Alternative(
                "Formular",
                [Refers("QuestionnaireResponse", FORM)],
                refers_to("", "QuestionnaireResponse"),
            ),
            Alternative("Bilaga", [ATTACHMENT], refers_to("", "DocumentReference")),
        ],
    ),
    Track(),
    FOLLOW_UP,
    Leaf("Utvardering", "@evaluation.valueString"),
    Leaf("Avslut", "@end-reason.valueString"),
    Many(
        "note",
        [
            Alternative("EgnaOrd", OWN_WORDS, refers_to("authorReference", "Patient")),
            Alternative("Anteckning", NOTE, may_be_shown),
        ],
    ),
]
