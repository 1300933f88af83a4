"""Kvittens: the receipt of a system (systemkvittens), in its own document."""

from __future__ import annotations

from typing import Any

from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.fhir import codec
from adapter.fhir.builders import new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.mappings import Context
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.code_tables import ISSUE_TYPE, RESPONSE, SEVERITY, code, word
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.take_fields import fixed, part, parts, take, take_all, take_id
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    leaves,
    present,
    prose,
    refusal,
)


def write(source: Source, context: Context) -> tuple[list[Element | None], dict[str, str]]:
    """What Kvittens says of the message that it answers: its Fel, and its attributes."""
    response = part(source.header, "response")
    outcome = source.follow(part(response, "details"), "OperationOutcome")
    identifier = take_id(response, "identifier")
    attributes = {
        "avser": _asked(context.source) or identifier,
        "kod": word(RESPONSE, take(response, "code"), "MessageHeader.response.code"),
    }
    return [_write_issue(issue) for issue in parts(outcome or {}, "issue")], attributes


def _asked(body: bytes) -> str:
    """The answered document's own id, which may be all that could be read of it."""
    try:
        document = codec.parse("xml", body)
    except FatalError:
        return ""
    return take_id({"id": attribute(document, "id")}, "id")


def _write_issue(issue: Resource) -> Element:
    details = part(issue, "details")
    coding = next(iter(parts(details, "coding")), {})
    kod, system = _write_code(coding)
    found = [
        leaf("Beskrivning", take(details, "text")),
        leaf("Detalj", take(issue, "diagnostics")),
        *leaves("Plats", take_all(issue, "expression")),
    ]
    return element(
        "Fel",
        found,
        allvar=word(SEVERITY, take(issue, "severity"), "OperationOutcome.issue.severity"),
        kod=kod,
        kodsystem=system,
        typ=_write_type(issue, kod),
    )


def _write_code(coding: Resource) -> tuple[str, str]:
    """The code, and its system where the code does not tell that it is ours."""
    ours = coding.get("system") == ERROR and coding.get("code") in CATALOGUE
    kod = take(coding, "code", take_fields.CODE)
    if ours:
        fixed(coding, "system", ERROR)
        return kod, ""
    return kod, take(coding, "system", take_fields.URI) if kod else ""


def _write_type(issue: Resource, kod: str) -> str:
    type_ = word(ISSUE_TYPE, take(issue, "code"), "OperationOutcome.issue.code")
    return "" if kod in CATALOGUE and CATALOGUE[kod].type == type_ else type_


def read(document: Element, content: str) -> tuple[dict[str, Any], Resource | None]:
    """MessageHeader.response, and the OperationOutcome where there is anything to say."""
    about = attribute(document, "avser")
    if not about:
        raise refusal("required", "/Kvittens/@avser")
    response: dict[str, Any] = {
        "identifier": about,
        "code": code(RESPONSE, attribute(document, "kod")),
    }
    issues = [_read_issue(node) for node in children(document, "Fel")]
    if not issues:
        return response, None
    outcome: Resource = {
        "resourceType": "OperationOutcome",
        "id": new_id(content, "outcome"),
        "issue": issues,
    }
    return response | {"details": reference(outcome["id"])}, outcome


def _read_issue(node: Element) -> Resource:
    kod = attribute(node, "kod")
    type_ = CATALOGUE[kod].type if kod in CATALOGUE else "processing"
    details = {"coding": _read_code(node, kod), "text": prose(child(node, "Beskrivning"))}
    return present(
        {
            "severity": code(SEVERITY, attribute(node, "allvar")),
            "code": attribute(node, "typ") or type_,
            "details": present(details),
            "diagnostics": prose(child(node, "Detalj")),
            "expression": [prose(n) for n in children(node, "Plats")],
        }
    )


def _read_code(node: Element, kod: str) -> list[Resource]:
    system = attribute(node, "kodsystem") or (ERROR if kod in CATALOGUE else "")
    return [present({"system": system, "code": kod})] if kod else []
