"""The element Patient, to and from FHIR: numbers, names, addresses and protected identity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from adapter.core.identifiers import PERSONNUMMER, RESERVNUMMER, SAMORDNINGSNUMMER, identity
from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MUNICIPALITY, PROTECTED, SECURITY
from adapter.fhir.canonical import PROTECTION as LIFTED
from adapter.fhir.codings import is_assumed
from adapter.fhir.parts import (
    assumed_municipality,
    municipality_extension,
    present,
    protection_lifted,
    security_labels,
)
from adapter.fhir.validity import is_over
from adapter.mappings import Context
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import (
    ADDRESS_TYPE,
    ADDRESS_USE,
    GENDER,
    IDENTIFIER_USE,
    NAME_USE,
    PROTECTION,
    code_of,
    word_of,
)
from adapter.mappings.omsorg.parties import logical_reference, write_reference
from adapter.mappings.omsorg.take_fields import (
    part,
    parts,
    take,
    take_all,
    take_birth_date,
    take_boolean,
    take_date_or_time,
    take_extension,
    take_implied,
    take_unknown,
)
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    leaves,
    local_name,
    text_of,
    token_of,
)

_SYSTEMS = {
    "Personnummer": PERSONNUMMER,
    "Samordningsnummer": SAMORDNINGSNUMMER,
    "Reservnummer": RESERVNUMMER,
}
_IDENTIFIERS = (*_SYSTEMS, "AnnatId")
_FORMS = {  # as in the schema
    PERSONNUMMER: ("Personnummer", re.compile(r"(18|19|20)[0-9]{10}")),
    SAMORDNINGSNUMMER: ("Samordningsnummer", re.compile(r"(18|19|20)[0-9]{4}[6-9][0-9]{5}")),
    RESERVNUMMER: ("Reservnummer", re.compile(r"[0-9]{8}[A-Z]{2}[A-Z0-9][0-9]")),
}


def write(patient: Resource, labelled: Iterable[Resource], on: date) -> Element:
    """Return the Patient; a label of any `labelled` resource protects it.

    `on` decides the century of a number of ten digits, and which values no longer hold.
    """
    take_implied(patient, "active", value=True)
    nodes = [
        *(_write_identifier(i, on) for i in parts(patient, "identifier")),
        *(_write_name(name, on) for name in parts(patient, "name") if not take_unknown(name)),
        *(_write_address(a, on) for a in parts(patient, "address") if not take_unknown(a)),
        leaf("Avliden", _write_death(patient)),
        *(write_reference("Vardcentral", r) for r in parts(patient, "generalPractitioner")),
    ]
    return element(
        "Patient",
        nodes,
        skydd=" ".join(
            dict.fromkeys([*_write_lifted(patient), *_write_labels([patient, *labelled])])
        ),
        fodd=take_birth_date(patient, "birthDate"),
        kon=word_of(GENDER, take(patient, "gender"), "Patient.gender"),
    )


def _write_labels(labelled: Iterable[Resource]) -> Iterable[str]:
    labels = (label for node in labelled for label in parts(part(node, "meta"), "security"))
    for label in labels:
        if label.get("code") in PROTECTED:
            take_implied(label, "system", SECURITY)
            yield PROTECTION[take(label, "code")]


def _write_lifted(patient: Resource) -> Iterable[str]:
    for label in parts(part(patient, "meta"), "security"):
        if label.get("system") == LIFTED and label.get("code") == "none":
            del label["system"]
            yield PROTECTION[take(label, "code")]


def _write_identifier(identifier: Resource, on: date) -> Element | None:
    value, system = (str(identifier.get(key, "")) for key in ("value", "system"))
    number = identity(value, on=on, system=system) if value and system else None
    if number and number.system in _FORMS:
        name, form = _FORMS[number.system]
        if form.fullmatch(number.value):
            del identifier["value"], identifier["system"]
            return element(name, text=number.value, bruk=_identifier_use(identifier, on))
    return _write_other(identifier, on)


def _write_other(identifier: Resource, on: date) -> Element | None:
    value = take(identifier, "value", forms.TOKEN)
    if not value:
        return None
    system = take(identifier, "system", forms.URI)
    return element("AnnatId", text=value, system=system, bruk=_identifier_use(identifier, on))


def _identifier_use(identifier: Resource, on: date) -> str:
    return word_of(IDENTIFIER_USE, _use(identifier, on), "Patient.identifier.use")


def _use(value: Resource, on: date) -> str:
    """Take `use`; one whose period is past is old, as omsorg has no place for the period."""
    if is_over(value, on) and value.get("use") != "old":
        return "old"  # another `use` remains, as a loss
    return take(value, "use")


def _write_name(name: Resource, on: date) -> Element:
    nodes = [
        *leaves("Fornamn", take_all(name, "given")),
        leaf("Efternamn", take(name, "family")),
        leaf("HelaNamnet", take(name, "text")),
    ]
    return element("Namn", nodes, bruk=word_of(NAME_USE, _use(name, on), "Patient.name.use"))


def _write_address(address: Resource, on: date) -> Element:
    nodes = [
        *leaves("Rad", take_all(address, "line")),
        leaf("Postnummer", take(address, "postalCode")),
        leaf("Postort", take(address, "city")),
        leaf("Land", take(address, "country")),
        leaf("HelaAdressen", take(address, "text")),
    ]
    coding = part(take_extension(address, "municipality"), "valueCoding")
    take_implied(coding, "system", MUNICIPALITY)
    return element(
        "Adress",
        nodes,
        bruk=word_of(ADDRESS_USE, _use(address, on), "Patient.address.use"),
        slag=word_of(ADDRESS_TYPE, take(address, "type"), "Patient.address.type"),
        kommun=take(coding, "code", forms.MUNICIPALITY),
        kommunAntagen=_write_assumed(coding),
    )


def _write_assumed(coding: Resource) -> str:
    """`true` where no source stated the municipality (R4, Coding.userSelected)."""
    return "true" if is_assumed(coding) and take_boolean(coding, "userSelected") else ""


def _write_death(patient: Resource) -> str:
    return take_date_or_time(patient, "deceasedDateTime") or take_boolean(
        patient, "deceasedBoolean"
    )


def read(node: Element, content: str, context: Context) -> Resource:
    """Return the Patient resource; a wrong number is a warning, or an error for a strict sender."""
    dead = token_of(child(node, "Avliden"))
    flag = {"true": True, "false": False}.get(dead)
    return present(
        {
            "resourceType": "Patient",
            "id": new_id(content, "patient"),
            "meta": present({"security": _read_labels(node)}),
            "identifier": [_read_identifier(i, context) for i in children(node, *_IDENTIFIERS)],
            "name": [_read_name(name) for name in children(node, "Namn")],
            "gender": code_of(GENDER, attribute(node, "kon")),
            "birthDate": attribute(node, "fodd"),
            "deceasedBoolean": flag,
            "deceasedDateTime": dead if flag is None else "",
            "address": [_read_address(address) for address in children(node, "Adress")],
            "generalPractitioner": [logical_reference(n) for n in children(node, "Vardcentral")],
        }
    )


def _read_labels(node: Element) -> list[Resource]:
    codes = [code_of(PROTECTION, word) for word in attribute(node, "skydd").split()]
    lifted = protection_lifted() if "none" in codes else []
    return [*lifted, *security_labels(code for code in codes if code != "none")]


def _read_identifier(node: Element, context: Context) -> Resource:
    name = local_name(node)
    system = _SYSTEMS.get(name) or attribute(node, "system")
    number = identity(token_of(node), on=context.recorded.date(), system=system) if system else None
    if number and number.problems:
        context.bad_identifier(f"/Meddelande/Patient/{name}", ", ".join(number.problems))
    use = code_of(IDENTIFIER_USE, attribute(node, "bruk"))
    system, value = (number.system, number.value) if number else ("", token_of(node))
    return present({"use": use, "system": system, "value": value})


def _read_name(node: Element) -> Resource:
    return present(
        {
            "use": code_of(NAME_USE, attribute(node, "bruk")),
            "text": text_of(child(node, "HelaNamnet")),
            "family": text_of(child(node, "Efternamn")),
            "given": [text_of(n) for n in children(node, "Fornamn")],
        }
    )


def _read_address(node: Element) -> Resource:
    return present(
        {
            "extension": _read_municipality(node),
            "use": code_of(ADDRESS_USE, attribute(node, "bruk")),
            "type": code_of(ADDRESS_TYPE, attribute(node, "slag")),
            "text": text_of(child(node, "HelaAdressen")),
            "line": [text_of(n) for n in children(node, "Rad")],
            "city": text_of(child(node, "Postort")),
            "postalCode": text_of(child(node, "Postnummer")),
            "country": text_of(child(node, "Land")),
        }
    )


def _read_municipality(node: Element) -> list[Resource]:
    code, is_assumed_ = attribute(node, "kommun"), attribute(node, "kommunAntagen") == "true"
    write = assumed_municipality if is_assumed_ else municipality_extension
    return [write(code)] if code else []
