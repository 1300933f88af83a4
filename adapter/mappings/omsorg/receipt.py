"""The content of Kvittens, to and from the response of a receipt message (systemkvittens)."""

from __future__ import annotations

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.fhir import codec
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.fhir.parts import present, receipt_response
from adapter.mappings import Context
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import ISSUE_TYPE, RESPONSE, SEVERITY, code_of, word_of
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.take_fields import part, parts, take, take_all, take_id, take_implied
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    leaves,
    refusal,
    text_of,
)


def write(
    outgoing: OutgoingMessage, context: Context
) -> tuple[list[Element | None], dict[str, str]]:
    """Return the Fel elements of Kvittens, and its attributes."""
    response = part(outgoing.header, "response")
    outcome = outgoing.take_referenced(part(response, "details"), "OperationOutcome")
    identifier = take_id(response, "identifier")
    attributes = {
        "avser": _answered_id(context.source) or identifier,
        "kod": word_of(RESPONSE, take(response, "code"), "MessageHeader.response.code"),
    }
    return [_write_issue(issue) for issue in parts(outcome or {}, "issue")], attributes


def _answered_id(body: bytes) -> str:
    """Return the id in the answered document, which may be all that could be read of it."""
    try:
        document = codec.parse("xml", body)
    except FatalError:
        return ""
    return take_id({"id": attribute(document, "id")}, "id")


def _write_issue(issue: Resource) -> Element:
    details = part(issue, "details")
    coding = next(iter(parts(details, "coding")), {})
    kod, system = _write_code(coding)
    nodes = [
        leaf("Beskrivning", take(details, "text")),
        leaf("Detalj", take(issue, "diagnostics")),
        *leaves("Plats", [*take_all(issue, "expression"), *take_all(issue, "location")]),
    ]
    return element(
        "Fel",
        nodes,
        allvar=word_of(SEVERITY, take(issue, "severity"), "OperationOutcome.issue.severity"),
        kod=kod,
        kodsystem=system,
        typ=_write_type(issue, kod),
    )


def _write_code(coding: Resource) -> tuple[str, str]:
    """Return the code, and its system where the code is not one of ours."""
    ours = coding.get("system") == ERROR and coding.get("code") in CATALOGUE
    kod = take(coding, "code", forms.CODE)
    if ours:
        take_implied(coding, "system", ERROR)
        return kod, ""
    return kod, take(coding, "system", forms.URI) if kod else ""


def _write_type(issue: Resource, kod: str) -> str:
    type_ = word_of(ISSUE_TYPE, take(issue, "code"), "OperationOutcome.issue.code")
    return "" if kod in CATALOGUE and CATALOGUE[kod].type == type_ else type_


def read(document: Element, content: str) -> tuple[Resource, tuple[Resource, ...]]:
    """Return MessageHeader.response, and the OperationOutcome where there are issues."""
    about = attribute(document, "avser")
    if not about:
        raise refusal("required", "/Kvittens/@avser")
    return receipt_response(
        content=content,
        about=about,
        code=code_of(RESPONSE, attribute(document, "kod")),
        issues=[_read_issue(node) for node in children(document, "Fel")],
    )


def _read_issue(node: Element) -> Resource:
    kod = attribute(node, "kod")
    type_ = CATALOGUE[kod].type if kod in CATALOGUE else "processing"
    details = {"coding": _read_code(node, kod), "text": text_of(child(node, "Beskrivning"))}
    return present(
        {
            "severity": code_of(SEVERITY, attribute(node, "allvar")),
            "code": attribute(node, "typ") or type_,
            "details": present(details),
            "diagnostics": text_of(child(node, "Detalj")),
            **fhir.places(text_of(n) for n in children(node, "Plats")),
        }
    )


def _read_code(node: Element, kod: str) -> list[Resource]:
    system = attribute(node, "kodsystem") or (ERROR if kod in CATALOGUE else "")
    return [present({"system": system, "code": kod})] if kod else []
