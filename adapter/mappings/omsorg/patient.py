"""Patient: who it is about, where they are registered, and whether they are protected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import PERSONNUMMER, RESERVNUMMER, SAMORDNINGSNUMMER, identity
from adapter.fhir.builders import extension as our_extension
from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MUNICIPALITY, SECURITY
from adapter.mappings import Context
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.code_tables import (
    ADDRESS_TYPE,
    ADDRESS_USE,
    GENDER,
    IDENTIFIER_USE,
    NAME_USE,
    PROTECTION,
    code,
    word,
)
from adapter.mappings.omsorg.take_fields import (
    extension,
    fixed,
    part,
    parts,
    take,
    take_all,
    take_when,
)
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    kind,
    leaf,
    leaves,
    present,
    prose,
    token,
)

_SYSTEMS = {
    "Personnummer": PERSONNUMMER,
    "Samordningsnummer": SAMORDNINGSNUMMER,
    "Reservnummer": RESERVNUMMER,
}
_FORMS = {  # as the schema has them
    PERSONNUMMER: ("Personnummer", re.compile(r"(18|19|20)[0-9]{10}")),
    SAMORDNINGSNUMMER: ("Samordningsnummer", re.compile(r"(18|19|20)[0-9]{4}[6-9][0-9]{5}")),
    RESERVNUMMER: ("Reservnummer", re.compile(r"[0-9]{8}[A-Z]{2}[A-Z0-9][0-9]")),
}


def write(patient: Resource, marked: Iterable[Resource], on: date) -> Element:
    """The Patient of a message, protected by any label of what is `marked`.

    `on` decides the century of a number of ten digits.
    """
    found = [
        *(_write_identifier(i, on) for i in parts(patient, "identifier")),
        *(_write_name(name) for name in parts(patient, "name")),
        *(_write_address(address) for address in parts(patient, "address")),
        leaf("Avliden", _write_dead(patient)),
    ]
    return element(
        "Patient",
        found,
        skydd=" ".join(dict.fromkeys(_write_labels([patient, *marked]))),
        fodd=take_fields.take_birth(patient, "birthDate"),
        kon=word(GENDER, take(patient, "gender"), "Patient.gender"),
    )


def _write_labels(marked: Iterable[Resource]) -> Iterable[str]:
    labels = (label for one in marked for label in parts(part(one, "meta"), "security"))
    for label in labels:
        if label.get("code") in PROTECTION:
            fixed(label, "system", SECURITY)
            yield PROTECTION[take(label, "code")]


def _write_identifier(identifier: Resource, on: date) -> Element | None:
    value, system = (str(identifier.get(key, "")) for key in ("value", "system"))
    found = identity(value, on=on, system=system) if value and system else None
    if found and found.system in _FORMS:
        name, form = _FORMS[found.system]
        if form.fullmatch(found.value):
            del identifier["value"], identifier["system"]
            return element(name, text=found.value, bruk=_identifier_use(identifier))
    return _write_other(identifier)


def _write_other(identifier: Resource) -> Element | None:
    value = take(identifier, "value", take_fields.TOKEN)
    if not value:
        return None
    system = take(identifier, "system", take_fields.URI)
    return element("AnnatId", text=value, system=system, bruk=_identifier_use(identifier))


def _identifier_use(identifier: Resource) -> str:
    return word(IDENTIFIER_USE, take(identifier, "use"), "Patient.identifier.use")


def _write_name(name: Resource) -> Element:
    found = [
        *leaves("Fornamn", take_all(name, "given")),
        leaf("Efternamn", take(name, "family")),
        leaf("HelaNamnet", take(name, "text")),
    ]
    return element("Namn", found, bruk=word(NAME_USE, take(name, "use"), "Patient.name.use"))


def _write_address(address: Resource) -> Element:
    found = [
        *leaves("Rad", take_all(address, "line")),
        leaf("Postnummer", take(address, "postalCode")),
        leaf("Postort", take(address, "city")),
        leaf("Land", take(address, "country")),
    ]
    coding = part(extension(address, "municipality"), "valueCoding")
    fixed(coding, "system", MUNICIPALITY)
    return element(
        "Adress",
        found,
        bruk=word(ADDRESS_USE, take(address, "use"), "Patient.address.use"),
        slag=word(ADDRESS_TYPE, take(address, "type"), "Patient.address.type"),
        kommun=take(coding, "code", take_fields.MUNICIPALITY),
    )


def _write_dead(patient: Resource) -> str:
    return take_when(patient, "deceasedDateTime") or take_fields.take_flag(
        patient, "deceasedBoolean"
    )


def read(node: Element, content: str, context: Context) -> Resource:
    """The Patient resource; odd numbers are warned of, or refused where the endpoint is strict."""
    dead = token(child(node, "Avliden"))
    flag = {"true": True, "false": False}.get(dead)
    return present(
        {
            "resourceType": "Patient",
            "id": new_id(content, "patient"),
            "meta": present({"security": _read_labels(node)}),
            "identifier": [_read_identifier(i, context) for i in children(node, *_IDENTIFIERS)],
            "name": [_read_name(name) for name in children(node, "Namn")],
            "gender": code(GENDER, attribute(node, "kon")),
            "birthDate": attribute(node, "fodd"),
            "deceasedBoolean": flag,
            "deceasedDateTime": dead if flag is None else "",
            "address": [_read_address(address) for address in children(node, "Adress")],
        }
    )


_IDENTIFIERS = (*_SYSTEMS, "AnnatId")


def _read_labels(node: Element) -> list[Resource]:
    words = attribute(node, "skydd").split()
    return [{"system": SECURITY, "code": code(PROTECTION, label)} for label in words]


def _read_identifier(node: Element, context: Context) -> Resource:
    name = kind(node)
    system = _SYSTEMS.get(name) or attribute(node, "system")
    found = identity(token(node), on=context.recorded.date(), system=system) if system else None
    if found and found.problems:
        _tell(f"/Meddelande/Patient/{name}", ", ".join(found.problems), context)
    use = code(IDENTIFIER_USE, attribute(node, "bruk"))
    form: dict[str, Any] = {"use": use, "system": found.system if found else ""}
    return present(form | {"value": found.value if found else token(node)})


def _tell(path: str, detail: str, context: Context) -> None:
    if context.sender.strict_identifiers:
        issue = Issue(code="bad-identifier", expression=path, detail=detail)
        raise FatalError("bad-identifier", detail, [issue])
    context.warn("bad-identifier", path, detail)


def _read_name(node: Element) -> Resource:
    return present(
        {
            "use": code(NAME_USE, attribute(node, "bruk")),
            "text": prose(child(node, "HelaNamnet")),
            "family": prose(child(node, "Efternamn")),
            "given": [prose(n) for n in children(node, "Fornamn")],
        }
    )


def _read_address(node: Element) -> Resource:
    municipality = attribute(node, "kommun")
    coding = {"system": MUNICIPALITY, "code": municipality}
    return present(
        {
            "extension": [our_extension("municipality", "Coding", coding)] if municipality else [],
            "use": code(ADDRESS_USE, attribute(node, "bruk")),
            "type": code(ADDRESS_TYPE, attribute(node, "slag")),
            "line": [prose(n) for n in children(node, "Rad")],
            "city": prose(child(node, "Postort")),
            "postalCode": prose(child(node, "Postnummer")),
            "country": prose(child(node, "Land")),
        }
    )
