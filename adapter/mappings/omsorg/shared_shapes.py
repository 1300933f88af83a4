"""The shapes that several bodies of omsorg/2 have: people, consents, attachments, follow-ups."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.identifiers import HSA, hsa_id
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import CONSENT
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import NAME_USE, code_of, word_of
from adapter.mappings.omsorg.code_tables_2 import (
    ATTACHMENT_STATUS,
    CONSENT_FORM,
    CONSENT_STATUS,
    DOCUMENT_STATUS,
    RISK_STATUS,
    TELECOM_SYSTEM,
    TELECOM_USE,
    TRACK,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.linked_resources import Author, Refers, Unit, WhenPatient, take_hsa
from adapter.mappings.omsorg.one_of import OneOf
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.places import at, made
from adapter.mappings.omsorg.shapes import (
    Attribute,
    Child,
    Fields,
    Implied,
    Leaf,
    Own,
    Person,
    Strings,
    Unsaid,
    many,
    read_fields,
    read_resource,
    write_fields,
)
from adapter.mappings.omsorg.take_fields import part, parts, take, take_implied
from adapter.mappings.omsorg.values import BOOLEAN, NUMBER, TEXT, TIME, TOKEN, URI, coded
from adapter.mappings.omsorg.xml_elements import Element, attribute, children, element

BASE = "https://careplan-adapter.example/fhir/CodeSystem"
PARTICIPATION_TYPE = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"


@dataclass(frozen=True, slots=True)
class Coded:
    """An attribute with the word of a coding of one system; a coding of another is a loss."""

    name: str
    path: str
    system: str
    table: dict[str, str]
    displays: tuple[str, ...] = ()

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        coding = at(source, self.path)
        if coding.get("system") != self.system:
            return
        take_implied(coding, "system", self.system)
        code = take(coding, "code")
        for display in (code.replace("-", " ").capitalize(), *self.displays):
            take_implied(coding, "display", display)
        node.set(self.name, word_of(self.table, code, f"{self.system}#code"))

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        code = code_of(self.table, attribute(node, self.name))
        if code:
            made(target, self.path).update({"system": self.system, "code": code})


@dataclass(frozen=True, slots=True)
class Employee:
    """The Practitioner of a PractitionerRole: a resource with a name, or only named."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        reference = part(source, "practitioner")
        resource = outgoing.take_inlined(reference, "Practitioner")
        if resource is not None:
            hsa = next((h for h in map(take_hsa, parts(resource, "identifier")) if h), "")
            write_fields([NAMES], node, resource, outgoing)
        else:
            hsa = "" if "reference" in reference else take_hsa(part(reference, "identifier"))
            name = take(reference, "display")
            node.attrib.update({"namn": name} if name else {})
        node.attrib.update({"hsaId": hsa} if hsa else {})

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        hsa, name = hsa_id(attribute(node, "hsaId")), str(node.get("namn", ""))
        identifier = {"system": HSA, "value": hsa} if hsa else {}
        if children(node, "Namn"):
            resource = read_resource("Practitioner", [NAMES], node, incoming)
            numbered = resource | ({"identifier": [identifier]} if hsa else {})
            target["practitioner"] = incoming.add(numbered)
        elif hsa or name:
            target["practitioner"] = {"identifier": identifier, "display": name}


@dataclass(frozen=True, slots=True)
class Relationship:
    """`relationskod`: a code of HL7's RoleCode, such as DAU for a daughter."""

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        coding = at(source, "relationship[].coding[]")
        if coding.get("system") == ROLE_CODE and (code := take(coding, "code", forms.CODE)):
            del coding["system"]
            node.set("relationskod", code)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        code = attribute(node, "relationskod")
        if code:
            made(target, "relationship[].coding[]").update({"system": ROLE_CODE, "code": code})


NAME: Fields = [
    Attribute("bruk", "use", coded(NAME_USE, "HumanName.use")),
    Strings("Fornamn", "given"),
    Leaf("Efternamn", "family"),
    Leaf("HelaNamnet", "text"),
]
NAMES = many("Namn", "name", NAME)
TELECOM: Fields = [
    Attribute("slag", "system", coded(TELECOM_SYSTEM, "ContactPoint.system")),
    Attribute("varde", "value"),
    Attribute("bruk", "use", coded(TELECOM_USE, "ContactPoint.use")),
    Attribute("tider", "@available.valueString"),
]
TELECOMS = many("Kontaktvag", "telecom", TELECOM)
EMPLOYMENT = Refers(
    "PractitionerRole",
    [
        Employee(),
        Attribute("befattning", "code[].text"),
        Child("Enhet", "organization", [Unit("Organization")]),
        TELECOMS,
    ],
)
RELATIVE = Refers(
    "RelatedPerson",
    [
        Person("patient"),
        Relationship(),
        Attribute("relation", "relationship[].text"),
        Unsaid("active", value=True),
        NAMES,
        TELECOMS,
    ],
)
CONSENT_FIELDS: Fields = [
    Attribute("status", "status", coded(CONSENT_STATUS, "Consent.status")),
    Implied("scope.coding[].system", CONSENT_SCOPE),
    Implied("scope.coding[].code", "patient-privacy"),
    Implied("category[].coding[].system", CONSENT),
    Implied("category[].coding[].code", "planning"),
    Unsaid("category[].coding[].display", "Planning"),
    Person("patient"),
    Attribute("tid", "dateTime", TIME),
    Attribute("form", "@consent-form.valueCode", coded(CONSENT_FORM, "Consent.extension")),
    Attribute("fran", "provision.period.start", TIME),
    Attribute("till", "provision.period.end", TIME),
    Child(
        "GivetAv",
        "performer[]",
        [
            OneOf([WhenPatient("vem", "den-enskilde"), Child("Narstaende", "", [RELATIVE])]),
            Leaf("Namn", "display"),
        ],
    ),
    Child("Inhamtat", "organization[]", [Unit("Organization")]),
    Leaf("Omfattning", "policyRule.text"),
    Implied("provision.type", "permit"),
    many(
        "Omfattar",
        "provision.actor",
        [
            Implied("role.coding[].system", PARTICIPATION_TYPE),
            Implied("role.coding[].code", "IRCP"),
            Unsaid("role.coding[].display", "information recipient"),
            Unit("Organization", "reference"),
        ],
    ),
    many("Undantag", "@consent-exclusion", [Own("valueString")]),
]
ATTACHMENT_FIELDS: Fields = [
    Attribute("status", "status", coded(ATTACHMENT_STATUS, "DocumentReference.status")),
    Attribute("dokumentstatus", "docStatus", coded(DOCUMENT_STATUS, "DocumentReference.docStatus")),
    Person("subject"),
    Attribute("skapad", "date", TIME),
    Attribute("slag", "type.text"),
    Attribute("mediatyp", "content[].attachment.contentType", TOKEN),
    Attribute("filnamn", "content[].attachment.title"),
    Attribute("storlek", "content[].attachment.size", NUMBER),
    Attribute("kontrollsumma", "content[].attachment.hash", TOKEN),
    Leaf("Titel", "description"),
    Leaf("Data", "content[].attachment.data", TEXT),
]
CONSENT_REFERENCE = Refers("Consent", CONSENT_FIELDS)
ATTACHMENT = Refers("DocumentReference", ATTACHMENT_FIELDS)
RISK = Refers(
    "Flag",
    [
        Attribute("status", "status", coded(RISK_STATUS, "Flag.status")),
        Person("subject"),
        Attribute("fran", "period.start", TIME),
        Attribute("till", "period.end", TIME),
        Own("code.text"),
    ],
)
FOLLOW_UP = many(
    "Uppfoljning",
    "@follow-up",
    [
        Attribute("datum", "#date.valueDateTime", TIME),
        Leaf("Vad", "#text.valueString"),
        Child("Ansvarig", "#responsible.valueReference", [Unit("Organization")]),
        Leaf("Resultat", "#result.valueString"),
    ],
)
IDENTIFIER: Fields = [Attribute("system", "system", URI), Own("value", TOKEN)]
NOTE: Fields = [
    Attribute("tid", "time", TIME),
    Author(),
    Attribute("internt", "@internal.valueBoolean", BOOLEAN),
    Own("text"),
]


def may_be_shown(item: Resource, outgoing: OutgoingMessage) -> bool:
    """The condition that a note is for the receiver; another is a loss."""
    return outgoing.may_show(item)


OWN_WORDS: Fields = [Person("authorReference"), Attribute("tid", "time", TIME), Own("text")]

_TRACK_NAME: Fields = [Own("display")]
_OTHER_TRACK: Fields = [Attribute("system", "system", URI), Attribute("kod", "code"), *_TRACK_NAME]


@dataclass(frozen=True, slots=True)
class Track:
    """The track (spår): one of our colours, or a code of a system that a region has.

    Where a document has both, the colour is read, and the code is a loss (`unread`).
    """

    def write(self, node: Element, source: Resource, outgoing: OutgoingMessage) -> None:
        coding = at(source, "@track.valueCoding")
        track = element("Spar")
        Coded("farg", "", f"{BASE}/track", TRACK).write(track, coding, outgoing)
        write_fields(_OTHER_TRACK, track, coding, outgoing)
        if track.attrib or track.text:
            node.append(track)

    def read(self, node: Element, target: Resource, incoming: IncomingMessage) -> None:
        for track in children(node, "Spar")[:1]:
            coding = made(target, "@track.valueCoding")
            Coded("farg", "", f"{BASE}/track", TRACK).read(track, coding, incoming)
            coloured = bool(attribute(track, "farg"))
            fields = _TRACK_NAME if coloured else _OTHER_TRACK
            read_fields(fields, track, coding, incoming)
