"""The hub's own form: FHIR R4 (4.0.1) message Bundles in JSON, as docs/message.md has them.

Reading changes nothing, so that bytes can be forwarded as they came. Writing only addresses the
message to its receiver. Whether a message is valid is for adapter.fhir.profiles to say.
"""

from __future__ import annotations

import re
from typing import Any

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Bundle, Event, Kind
from adapter.core.privacy import has_number
from adapter.fhir.builders import Party, addressed, extension, with_header
from adapter.fhir.bundles import extensions, header
from adapter.fhir.canonical import EVENT, MESSAGE_ID
from adapter.mappings import Context, Names, System

system = System("fhir", content="json", media_type="application/fhir+json")

_EVENTS = {str(event): event for event in Event}
_WORD = re.compile(r"[A-Za-z0-9:/.\-_#|]{1,120}")


@system.recognises
def recognise(document: Any) -> Event:
    """The event that MessageHeader.eventCoding names; any JSON may come."""
    coding = _event_coding(_header(document))
    name, code = (coding.get(key) for key in ("system", "code"))
    if name == EVENT and isinstance(code, str) and code in _EVENTS:
        return _EVENTS[code]
    detail = f"system {_shown(name)}, code {_shown(code)}"
    issue = Issue(code="unknown-event", expression="MessageHeader.event", detail=detail)
    raise FatalError("unknown-event", detail, [issue])


def _header(document: Any) -> dict[str, Any]:
    """Entry 0, which must be the MessageHeader; FatalError for anything else."""
    entries = document.get("entry") if isinstance(document, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    if not isinstance(header, dict) or header.get("resourceType") != "MessageHeader":
        raise _no_message()
    return header


def _no_message() -> FatalError:
    detail = "not a Bundle whose first entry is a MessageHeader"
    issue = Issue(code="invalid-structure", expression="Bundle.entry", detail=detail)
    return FatalError("invalid-structure", detail, [issue])


def _event_coding(header: dict[str, Any]) -> dict[str, Any]:
    """eventCoding; an eventUri is shown as a system without code."""
    coding = header.get("eventCoding")
    return coding if isinstance(coding, dict) else {"system": header.get("eventUri")}


def _shown(value: Any) -> str:
    """A code as it was sent, unless it looks like anything but a code."""
    if value is None:
        return "none"
    harmless = isinstance(value, str) and _WORD.fullmatch(value) and not has_number(value)
    return str(value) if harmless else "that is no code"


@system.reads(*Kind)
def read(document: Bundle, context: Context) -> Bundle:
    """The message itself."""
    return document


@system.writes(Kind.ENCOUNTER, Kind.CARE_PLAN, Kind.COMMUNICATION)
def write(bundle: Bundle, context: Context) -> Bundle:
    """The message, addressed to the one receiver that this copy is for."""
    receiver = context.receiver
    if receiver is None:
        return bundle
    party = Party(
        organization=receiver.organization, endpoint=receiver.name, display=receiver.display
    )
    return addressed(bundle, [party])


@system.writes(Kind.RECEIPT)
def write_receipt(bundle: Bundle, context: Context) -> Bundle:
    """The receipt as it is: it already names the one that it answers."""
    return bundle


@system.names
def name(bundle: Bundle, names: Names) -> Bundle:
    """New ids; what it replaces stands in `concerns`, unless it concerns something already."""
    found = list(header(bundle).get("extension", ()))
    if names.replaces and not extensions(header(bundle), "concerns"):
        replaced = {"system": MESSAGE_ID, "value": names.replaces}
        found.append(extension("concerns", "Identifier", replaced))
    changes: dict[str, Any] = {"id": names.content} | ({"extension": found} if found else {})
    return with_header(bundle, **changes) | {"id": names.envelope}
