"""The case to PV1: the visit number, with the authority that gave it (HL7 v2.5.1 chapter 3)."""

from __future__ import annotations

from urllib.parse import unquote

from adapter.core.identifiers import hsa_id
from adapter.fhir.canonical import CASE_ID
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing.er7 import Field, components, segment
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage

_NO_VISIT, _UNKNOWN = "N", "U"  # HL7 table 0004: the message does not say the class


def visit(outgoing: OutgoingMessage, context: Context) -> str:
    """Return PV1 with the case's number, and its earlier one (PV1-50); further ones are losses."""
    own = hsa_id((context.receiver or context.sender).organization)
    cases = outgoing.header.extensions("case")[:2]
    numbers = [_number(case.part("valueIdentifier"), own) for case in cases]
    fields: dict[int, Field | str] = {1: "1", 2: _UNKNOWN if numbers else _NO_VISIT}
    return segment("PV1", fields | dict(zip((19, 50), numbers, strict=False)))


def _number(identifier: Node, own: str) -> Field:
    """Return `<HSA-id>/<number>` or `<HSA-id>/<authority>/<number>` as CX."""
    identifier.take_implied("system", CASE_ID)
    owner, _, rest = identifier.take("value").partition("/")
    authority, slash, number = rest.partition("/")
    if not slash:
        authority, number = "", rest
    other = "" if hsa_id(owner) == own else owner
    return components(number, "", "", unquote(authority) or other, "VN", other)
