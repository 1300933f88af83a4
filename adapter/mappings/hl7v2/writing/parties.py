"""Units and persons to XCN, CE and XTN (HL7 v2.5.1 chapter 2A)."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.mappings.hl7v2.writing.er7 import Field, components
from adapter.mappings.hl7v2.writing.header import number, organisation, unit
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage

HSA_TABLE = "99HSA"  # names the HSA catalogue as the table of a unit's code
_HSA = ("", "1.2.752.29.4.19", "ISO")
_EQUIPMENT = {"phone": "PH", "fax": "FX", "sms": "CP", "email": "Internet"}  # HL7 table 0202


def words(first: str, *rest: str) -> str:
    """Return a text, with what is said about it in brackets."""
    said = ", ".join(text for text in rest if text)
    return f"{first} ({said})" if first and said else first or said


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who takes part: a unit, or a person with the unit that he or she works at."""

    hsa: str = ""
    family: str = ""
    given: tuple[str, ...] = ()
    unit: str = ""
    title: str = ""
    telecoms: tuple[Node, ...] = ()

    def person(self) -> Field:
        """Return XCN: HSA-id, name, title, authority and the unit (XCN.14)."""
        first, rest = "".join(self.given[:1]), " ".join(self.given[1:])
        place = (self.unit,) if self.unit else ""
        authority = _HSA if self.hsa else ""
        return components(
            self.hsa, self.family, first, rest, "", self.title, "", "", authority, "", "", "", "",
            place,
        )  # fmt: skip

    def in_words(self, *more: str) -> str:
        """Return the name, with HSA-id, title, unit and what more is said in brackets."""
        name = " ".join(part for part in (*self.given, self.family) if part)
        return words(name, self.hsa, self.title, self.unit, *more)

    def phone(self) -> Field:
        """Take the first way to reach the person or unit; further ones are losses."""
        return telecom(self.telecoms[0]) if self.telecoms else Field("")

    def resource(self) -> Field:
        """Return CE: a unit's HSA-id and name."""
        return components(self.hsa, self.family, HSA_TABLE if self.hsa else "")


def actor(reference: Node, outgoing: OutgoingMessage) -> Actor:
    """Take a reference to a unit or a person; what the resource says beyond is a loss."""
    role = outgoing.take_referenced(reference, "PractitionerRole")
    if role is not None:
        reference.take("display")
        return _in_role(role, outgoing)
    human = outgoing.take_referenced(reference, "Practitioner", "RelatedPerson", "Patient")
    if human is not None:
        return _human(human, reference)
    hsa, name = organisation(reference, outgoing)
    return Actor(hsa=hsa, family=name)


def _in_role(role: Node, outgoing: OutgoingMessage) -> Actor:
    """Return a person in an employment: his or her unit is the HSA-id, else the name."""
    role.take_implied("active", True)  # noqa: FBT003 - the value of the element
    reference = role.part("practitioner")
    resource = outgoing.take_referenced(reference, "Practitioner")
    human = _human(resource, reference) if resource else _named(reference)
    titles = (code.take("text") for code in role.parts("code")[:1])
    return Actor(
        hsa=human.hsa,
        family=human.family,
        given=human.given,
        unit=unit(role.part("organization"), outgoing),
        title="".join(titles),
        telecoms=(*role.parts("telecom"), *human.telecoms),
    )


def _named(reference: Node) -> Actor:
    reference.take_implied("type", "Practitioner")
    return Actor(hsa=number(reference.part("identifier")), family=reference.take("display"))


def _human(resource: Node, reference: Node) -> Actor:
    """Return a Practitioner or RelatedPerson by HSA-id and first name; a patient by name alone."""
    reference.take("display")
    hsa = "" if _is_patient(resource) else _first_number(resource)
    name = next(iter(resource.parts("name")), resource)
    given, family = name.take_all("given"), name.take("family")
    text = str(name.peek("text") or "")
    if text and (not (given or family) or text == " ".join([*given, family])):
        name.mark("text")
    telecoms = () if _is_patient(resource) else tuple(resource.parts("telecom"))
    return Actor(
        hsa=hsa, family=family or ("" if given else text), given=tuple(given), telecoms=telecoms
    )


def _is_patient(resource: Node) -> bool:
    return bool(resource.peek("resourceType") == "Patient")


def _first_number(resource: Node) -> str:
    return next((number(i) for i in resource.parts("identifier")[:1]), "")


def telecom(contact: Node) -> Field:
    """Return a ContactPoint as XTN; "" for one that has no place there."""
    kind = _EQUIPMENT.get(str(contact.peek("system") or "phone"), "")
    if not kind or contact.peek("use") == "old":
        return Field("")
    contact.mark("system")
    value = contact.take("value")
    return components("", "", kind, value) if kind == "Internet" else components(value, "", kind)
