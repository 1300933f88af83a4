"""Patient.identifier to PID-3: number, authority and type, as our own reader reads them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from adapter.core.identifiers import (
    LMA,
    OTHER_NAMES,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    hsa_id,
    normalised,
)
from adapter.fhir.canonical import BASE
from adapter.mappings.hl7v2.writing.er7 import Field, components
from adapter.mappings.hl7v2.writing.outgoing_message import Node

_TYPES = {PERSONNUMMER: "NNSWE", SAMORDNINGSNUMMER: "NNSWE", LMA: "LMA"}  # HL7 table 0203
_OIDS = {system: oid for oid, system in OTHER_NAMES.items() if oid.startswith("urn:oid:")}
_LOCAL = re.compile(re.escape(f"{BASE}/sid/local/") + "([^/]+)/(.+)")


def patient_number(identifier: Node, own: str) -> Field:
    """Return an identifier as CX; "" for one that is old and does not say until when.

    `own` is the receiver's HSA-id: the names of its local numbers are its own.
    """
    ended = identifier.part("period").peek("end")
    if identifier.peek("use") == "old" and not ended:
        return Field("")  # without its end it would be told as the current one
    value = identifier.take("value")
    if not value:
        return Field("")
    identifier.take_implied("use", "old", "official", "usual")
    system = normalised(identifier.take("system"))
    period = identifier.part("period")
    since, until = (period.take_day(key) for key in ("start", "end"))
    authority, kind = _authority(system, own), _TYPES.get(system, "")
    return components(value, "", "", authority, kind, "", since, until)


def _authority(system: str, own: str) -> tuple[str, ...]:
    """Return CX.4: a local name, or an OID or a URI with its kind."""
    if local := _LOCAL.fullmatch(system):
        owner, name = hsa_id(unquote(local[1])), unquote(local[2])
        return (name,) if owner == own else ("", system, "URI")
    oid = _OIDS.get(system, system)
    if oid.startswith("urn:oid:"):
        return "", oid.removeprefix("urn:oid:"), "ISO"
    return ("", system, "URI") if system else ()
