"""Who: the names, units and telephone numbers of a message, as people read them.

An address is told of the patient only, and never where the identity is protected: then neither
are the telephone numbers of the patient and of relatives. Notes that are internal are not told.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.model import Bundle
from adapter.fhir import bundles, labels, references
from adapter.fhir.bundles import Resource, extension_value
from adapter.fhir.notes import is_internal
from adapter.fhir.readable import words
from adapter.fhir.readable.model import Facts, fact_rows

WITHHELD = "skyddad"
PROTECTED = "Skyddade personuppgifter. Hantera dokumentet enligt enhetens rutin."
_PLAIN = ("phone", "url")  # what they are is seen from the value
_RELATIVES = {
    "CHILD": "barn",
    "DAU": "dotter",
    "SON": "son",
    "SPS": "make eller maka",
    "HUSB": "make",
    "WIFE": "maka",
    "PRN": "förälder",
    "MTH": "mor",
    "FTH": "far",
    "SIB": "syskon",
    "SIS": "syster",
    "BRO": "bror",
    "FRND": "vän",
    "GUARD": "förmyndare",
    "POWATT": "fullmaktshavare",
}


class People:
    """The people and units of one message; each reference is looked up at once.

    `patient_is` is what the document calls the patient where it does not tell the name.
    """

    def __init__(self, bundle: Bundle, patient_is: str = "den enskilde") -> None:
        self._names = references.by_name(bundle) | _contained(bundle)
        self._patient_is = patient_is
        self.patient = bundles.patient(bundle) or {}
        self.is_protected = labels.is_protected(bundle)

    def resource(self, reference: Resource | None) -> Resource:
        """Return the resource that a Reference names in the message, or {}."""
        target = (reference or {}).get("reference")
        return next(iter(self._names.get(target, ())), {}) if target else {}

    def is_patient(self, reference: Resource | None) -> bool:
        """Whether a Reference names the patient."""
        resource = self.resource(reference)
        is_named_so = not resource and (reference or {}).get("type") == "Patient"
        return is_named_so or (bool(resource) and resource is self.patient)

    def is_relative(self, reference: Resource | None) -> bool:
        """Whether a Reference names a relative or another private person near the patient."""
        return self.resource(reference).get("resourceType") == "RelatedPerson"

    def called(self, reference: Resource | None) -> str:
        """As `name`; the patient is not named, but `du själv` or `den enskilde`."""
        return self._patient_is if self.is_patient(reference) else self.name(reference)

    def name(self, reference: Resource | None) -> str:
        """Return who a Reference names: by resource, display or HSA-id; "" for nobody."""
        resource = self.resource(reference)
        given = reference or {}
        named = self.named(resource) if resource else ""
        return named or str(given.get("display") or given.get("identifier", {}).get("value", ""))

    def name_in_words(self, reference: Resource | None) -> str:
        """As `name`, but "" where there is only a number."""
        named, given = self.name(reference), reference or {}
        identifiers = [*self.resource(reference).get("identifier", ()), given.get("identifier", {})]
        return "" if named in [i.get("value") for i in identifiers] else named

    def named(self, resource: Resource) -> str:
        """Return the name of a resource: a person with role and unit, or a unit; or its id."""
        match resource.get("resourceType"):
            case "PractitionerRole":
                return self._role(resource)
            case "RelatedPerson":
                return _with(human_name(resource), relation(resource))
            case "Patient" | "Practitioner":
                return human_name(resource)
            case _:
                identifiers: list[Resource] = resource.get("identifier", [])
                numbers = (i["value"] for i in identifiers if i.get("value"))
                return str(resource.get("name") or next(numbers, ""))

    def _role(self, role: Resource) -> str:
        person = self.name(role.get("practitioner"))
        title = words.concept(next(iter(role.get("code", ())), None))
        unit = self.unit(role)
        return ", ".join(text for text in (person, title, unit) if text)

    def unit(self, role: Resource) -> str:
        """Return the unit of a PractitionerRole; "" for none."""
        services = role.get("healthcareService", ())
        return self.name(role.get("organization")) or self.name(next(iter(services), None))

    def phones(self, reference: Resource | None) -> str:
        """Return the ways to reach who a Reference names, not those of a patient or a relative."""
        resource = self.resource(reference)
        if resource.get("resourceType") in ("Patient", "RelatedPerson"):
            return ""
        own = telecom(resource)
        person = self.resource(resource.get("practitioner"))
        unit = self.resource(resource.get("organization"))
        return own or telecom(person) or telecom(unit)

    def note(self, note: Resource) -> str:
        """Return an Annotation's author and day: `Anna Berg, tisdag 24 november 2026`."""
        author = self.name(note.get("authorReference")) or str(note.get("authorString", ""))
        return ", ".join(text for text in (author, words.day(note.get("time"))) if text)

    def facts(self) -> Facts:
        """Return who the patient is, and where he or she lives."""
        return fact_rows(
            ("Namn", human_name(self.patient)),
            ("Personnummer", ", ".join(_numbers(self.patient))),
            ("Född", words.date_alone(self.patient.get("birthDate"))),
            ("Adress", self._address()),
            ("Telefon", WITHHELD if self.is_protected else telecom(self.patient)),
        )

    def _address(self) -> str:
        if self.is_protected:
            return WITHHELD
        return next((text for a in self.patient.get("address", ()) if (text := address(a))), "")


def _contained(bundle: Bundle) -> references.Names:
    """Return the resources inside others by `#id`; none where two have the same one."""
    names: references.Names = {}
    for resource in bundles.resources(bundle):
        for inner in resource.get("contained", ()):
            names.setdefault(f"#{inner.get('id')}", []).append(inner)
    return {name: inner for name, inner in names.items() if len(inner) == 1}


def human_name(resource: Resource) -> str:
    """Return the name that is in use of a person; an old one is not told."""
    names = [n for n in resource.get("name", ()) if n.get("use") != "old"]
    for name in names:
        parts = [*name.get("given", ()), name.get("family", "")]
        joined = " ".join(part for part in parts if part)
        if joined or name.get("text"):
            return str(joined or name["text"])
    return ""


def relation(resource: Resource) -> str:
    """Return what a RelatedPerson is to the patient; "" where it is not said."""
    stated = (words.concept(each, _RELATIVES) for each in resource.get("relationship", ()))
    return ", ".join(text for text in stated if text)


def _with(name: str, addition: str) -> str:
    return f"{name} ({addition})" if name and addition else name or addition


def _numbers(patient: Resource) -> Iterator[str]:
    for identifier in patient.get("identifier", ()):
        if identifier.get("value") and identifier.get("use") != "old":
            yield words.personal_number(str(identifier["value"]))


def address(value: Resource) -> str:
    """Return an address in one line; "" for an old one."""
    if value.get("use") == "old":
        return ""
    code = words.postal_code(str(value.get("postalCode", "")))
    place = " ".join(part for part in (code, str(value.get("city", ""))) if part)
    parts = [*value.get("line", ()), place]
    return ", ".join(part for part in parts if part) or str(value.get("text", ""))


def telecom(resource: Resource) -> str:
    """Return telephone numbers and the like, with the hours when somebody answers."""
    return "\n".join(_reached(resource))


def _reached(resource: Resource) -> Iterator[str]:
    for contact in resource.get("telecom", ()):
        if contact.get("value") and contact.get("use") != "old":
            hours = str(extension_value(contact, "available") or "")
            kind = "" if contact.get("system", "phone") in _PLAIN else _kind(contact)
            yield _with(f"{kind}{contact['value']}", hours)


def _kind(contact: Resource) -> str:
    return words.word(words.SYSTEM, contact["system"]) + " "


def open_notes(resource: Resource, element: str = "note") -> list[Resource]:
    """Return the notes that are not internal: those may be shown."""
    notes = resource.get(element, ())
    return [n for n in notes if n.get("text") and not is_internal(n)]
