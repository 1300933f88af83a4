"""The adapter's own format: FHIR R4 (4.0.1) message Bundles in JSON (docs/message.md).

Reading changes nothing, so that the bytes can be forwarded as they came. Writing only addresses
the message to its receiver. adapter.fhir.profiles decides whether a message is valid.
"""

from __future__ import annotations

from typing import Any

from adapter.core.errors import FatalError, Issue
from adapter.core.model import ONLY_RECEIVED, Bundle, Event, Kind
from adapter.fhir.builders import extension
from adapter.fhir.bundles import event_of_code, extensions, header
from adapter.fhir.canonical import MESSAGE_ID
from adapter.fhir.codings import unknown_event
from adapter.fhir.parts import party_of
from adapter.fhir.rewriting import with_header, with_receivers
from adapter.fhir.same_content import is_same, is_same_elsewhere
from adapter.mappings import Context, Names, System

system = System("fhir", content="json", media_type="application/fhir+json")

_SENT = tuple(e for e in Event if e.kind is not Kind.RECEIPT and e not in ONLY_RECEIVED)


@system.recognises
def recognise(document: Any) -> Event:
    """Return the event of MessageHeader.eventCoding. `document` may be any JSON value."""
    coding = _event_coding(_header(document))
    system_url, code = (coding.get(key) for key in ("system", "code"))
    event = event_of_code(system_url, code)
    if event is not None:
        return event
    detail = unknown_event(system_url)
    issue = Issue(code="unknown-event", expression="MessageHeader.event", detail=detail)
    raise FatalError("unknown-event", detail, [issue])


def _header(document: Any) -> dict[str, Any]:
    """Return entry 0, the MessageHeader; FatalError where it is anything else."""
    entries = document.get("entry") if isinstance(document, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    if not isinstance(header, dict) or header.get("resourceType") != "MessageHeader":
        raise _not_a_message(document)
    return header


def _not_a_message(document: Any) -> FatalError:
    detail = "not a Bundle whose first entry is a MessageHeader"
    if isinstance(document, dict) and document.get("resourceType") == "Parameters":
        detail = f"{detail}: post the Bundle itself, without Parameters; its answer comes at once"
    issue = Issue(code="invalid-structure", expression="Bundle.entry", detail=detail)
    return FatalError("invalid-structure", detail, [issue])


def _event_coding(header: dict[str, Any]) -> dict[str, Any]:
    """Return eventCoding; an eventUri becomes a coding with only a system."""
    coding = header.get("eventCoding")
    return coding if isinstance(coding, dict) else {"system": header.get("eventUri")}


@system.reads(*Kind)
def read(document: Bundle, context: Context) -> Bundle:
    """Return the message itself."""
    return document


@system.writes(*_SENT)
def write(bundle: Bundle, context: Context) -> Bundle:
    """Return the message, addressed to the receiver of this copy."""
    if context.receiver is None:
        return bundle
    return with_receivers(bundle, [party_of(context.receiver)])


@system.writes(Kind.RECEIPT)
def write_receipt(bundle: Bundle, context: Context) -> Bundle:
    """Return the receipt unchanged: it already names the receiver."""
    return bundle


@system.names
def name(bundle: Bundle, names: Names) -> Bundle:
    """Return the message with new ids, and `concerns` unless it concerns a message already."""
    kept = list(header(bundle).get("extension", ()))
    if names.replaces and not extensions(header(bundle), "concerns"):
        replaced = {"system": MESSAGE_ID, "value": names.replaces}
        kept.append(extension("concerns", "Identifier", replaced))
    changes: dict[str, Any] = {"id": names.content} | ({"extension": kept} if kept else {})
    return with_header(bundle, **changes) | {"id": names.envelope}


system.compares(is_same)
system.compares_elsewhere(is_same_elsewhere)
