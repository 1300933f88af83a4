"""Reduce a refused message to its ids, time and receivers, each only in a valid form.

A refused document can be any JSON. Nothing else of it may reach a receipt or a log.
"""

from __future__ import annotations

import re
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir import builders, bundles, parties

_URI = re.compile(r"[a-z][a-z0-9+.-]{0,20}:[!-~]{1,200}")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")  # FHIR R4 (4.0.1), datatype id


def identified(document: Any) -> Bundle:
    """Return a message Bundle with only the ids, time and receivers of any JSON document."""
    readable = readable_bundle(document)
    receivers = [id_ for id_ in bundles.receiver_ids(readable) if _ID.fullmatch(id_)]
    header = {
        "resourceType": "MessageHeader",
        "id": _id(_header(document)),
        "source": {"endpoint": _uri(_header(document).get("source"))},
        "destination": [{"receiver": builders.logical(id_)} for id_ in receivers],
    }
    recorded = bundles.recorded(readable)
    return {
        "id": _id(document),
        "timestamp": recorded.isoformat() if recorded else "",
        "entry": [{"resource": header}],
    }


def readable_bundle(document: Any) -> Bundle:
    """Return a document whose time, sender and receivers can be read; {} for any other JSON."""
    try:
        bundles.recorded(document), bundles.sender_id(document), parties.problems(document)
        parties.place_problems(document, (), ())
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}
    return dict(document)


def _header(document: Any) -> Any:
    entries = document.get("entry") if isinstance(document, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    resource = first.get("resource") if isinstance(first, dict) else None
    is_header = isinstance(resource, dict) and resource.get("resourceType") == "MessageHeader"
    return resource if is_header else {}


def _uri(place: Any) -> str:
    uri = place.get("endpoint") if isinstance(place, dict) else None
    return uri if isinstance(uri, str) and _URI.fullmatch(uri) else ""


def _id(resource: Any) -> str:
    """The `id` of a resource; "" when it is no FHIR id: a receipt could not refer to it."""
    id_ = resource.get("id") if isinstance(resource, dict) else None
    text = id_.removeprefix("urn:uuid:") if isinstance(id_, str) else ""
    return text if _ID.fullmatch(text) else ""
