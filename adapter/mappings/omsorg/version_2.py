"""omsorg/2: every event, and the plan in full (SIP)."""

from __future__ import annotations

from adapter.core.model import Event, Kind
from adapter.mappings.omsorg import schema
from adapter.mappings.omsorg.additions import (
    ANSWER_MORE,
    TEXT_MORE,
    extended,
    of_fields,
    with_contact_ways,
)
from adapter.mappings.omsorg.bodies_of_information import (
    BASIS,
    PROGRESS,
    RECALLED,
    TRANSFER,
)
from adapter.mappings.omsorg.bodies_of_meetings import ANSWER, INVITATION
from adapter.mappings.omsorg.care_contact import CARE_CONTACT
from adapter.mappings.omsorg.code_tables_2 import (
    ATTRIBUTES,
    ELEMENTS,
    EVENT_2,
    NAMESPACE_2,
    WORDS,
)
from adapter.mappings.omsorg.plan_in_full import PLAN
from adapter.mappings.omsorg.shared_shapes import TELECOMS
from adapter.mappings.omsorg.version import Version
from adapter.mappings.omsorg.version_1 import BODIES
from adapter.mappings.omsorg.vocabulary import Vocabulary

_STAYS = {e: with_contact_ways(body) for e, body in BODIES.items() if e.kind is Kind.ENCOUNTER}
_TEXT = extended(BODIES[Event.MESSAGE], TEXT_MORE)
_INVITATION = of_fields("Kallelse", "Appointment", INVITATION)
NEW_BODIES = {
    Event.CARE_CONTACT: of_fields("FastKontakt", "CareTeam", CARE_CONTACT),
    Event.SIP_INVITATION: _INVITATION,
    Event.SIP_INVITATION_CHANGED: _INVITATION,
    Event.SIP_INVITATION_CANCELLED: _INVITATION,
    Event.SIP_INVITATION_ANSWER: of_fields("KallelseSvar", "AppointmentResponse", ANSWER),
    Event.PLANNING_BASIS: of_fields("Underlag", "Communication", BASIS),
    Event.INFORMATION_TRANSFER: of_fields("Overforing", "Communication", TRANSFER),
    Event.PROGRESS: of_fields("Framsteg", "CarePlan", PROGRESS),
    Event.RECALL: of_fields("Aterkallelse", "Communication", RECALLED),
}
VERSION_2 = Version(
    number="2",
    namespace=NAMESPACE_2,
    receipt="Systemkvittens",
    replaces="avser",
    schema=schema.SCHEMA_2,
    events=EVENT_2,
    bodies=BODIES
    | _STAYS
    | NEW_BODIES
    | {
        Event.CARE_PLAN: of_fields("Plan", "CarePlan", PLAN),
        Event.MESSAGE: _TEXT,
        Event.REPLY: _TEXT,
        Event.ANSWER: extended(BODIES[Event.ANSWER], ANSWER_MORE),
    },
    person=(TELECOMS,),
    vocabulary=Vocabulary(
        namespace=NAMESPACE_2, elements=ELEMENTS, attributes=ATTRIBUTES, words=WORDS
    ),
)
