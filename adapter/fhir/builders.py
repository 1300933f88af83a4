"""Build FHIR messages and their parts, in the strict form that docs/message.md describes.

Ids are derived from what they identify, so that the same source read twice gives the same message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapter.core.identifiers import HER, HSA
from adapter.core.model import Bundle, Event
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import (
    ACTIVITY,
    BASE,
    CASE_ID,
    ENDPOINT,
    ERROR,
    EVENT,
    MESSAGE_ID,
    SOURCE_ID,
    extension_url,
)
from adapter.fhir.r4_values import is_uri

_NO_PLACES: Mapping[str, str] = {}
_OURS = uuid5(NAMESPACE_URL, BASE)


@lru_cache(maxsize=1024)  # each receipt names the same few organisations
def new_id(*parts: str) -> str:
    """Return a UUIDv5 of the parts: the same parts always give the same id."""
    return str(uuid5(_OURS, "\x1f".join(parts)))


def reference(id_: str) -> Resource:
    """Return a Reference to the resource with this id in the same message."""
    return {"reference": _full_url(id_)}


def entry(resource: Resource) -> Resource:
    """Return a Bundle entry for a resource."""
    return {"fullUrl": _full_url(resource["id"]), "resource": resource}


def _full_url(id_: str) -> str:
    """The name of an entry: a real UUID (R4, bundle.html), also where a sender's id is none."""
    url = f"urn:uuid:{id_}"
    return url if is_uri(url) else f"urn:uuid:{new_id(id_)}"


def organization(hsa: str, name: str = "") -> Resource:
    """Return an Organization with a stable id, its HSA-id and, where known, its name."""
    resource: Resource = {
        "resourceType": "Organization",
        "id": new_id("organization", hsa),
        "identifier": [_identifier(hsa)],
    }
    return resource | ({"name": name} if name else {})


def extension(name: str, value: str, content: Any) -> Resource:
    """Return one of our extensions; `value` is the type of value[x]: `DateTime`, `Identifier` …"""
    return {"url": extension_url(name), f"value{value}": content}


def case_extension(case: str) -> Resource:
    """Return the extension with the number of the case: `<HSA-id>/<number>`."""
    return extension("case", "Identifier", {"system": CASE_ID, "value": case})


def about(content: str) -> Resource:
    """Return a logical Reference to an earlier message, by its content id."""
    return {"identifier": {"system": MESSAGE_ID, "value": content}}


def logical(organization: str) -> Resource:
    """Return a logical Reference to an organisation, by its HSA-id or (digits) its HER-id."""
    return {"identifier": _identifier(organization)}


def _identifier(organization: str) -> Resource:
    return {"system": HER if organization.isdecimal() else HSA, "value": organization}


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation as sender or receiver: HSA-id, endpoint name, name for people."""

    organization: str
    endpoint: str = ""
    display: str = ""


def message(  # noqa: PLR0913 - the parts of a message header, each by name
    event: Event,
    *,
    content: str,
    sender: Party,
    receivers: Iterable[Party] = (),
    focus: Resource | None = None,
    others: Iterable[Resource] = (),
    cases: Iterable[str] = (),
    recorded: datetime,
    extensions: Iterable[Resource] = (),
    extra: Resource | None = None,
) -> Bundle:
    """Return a message Bundle (R4, messaging.html): the header, the focus, `others`, the parties.

    `content` is the content id. It is also `Bundle.id`, until `rewriting.with_envelope` sets
    another. `others` are further resources (Patient, Provenance …). `extensions` are added to the
    MessageHeader's own, and `extra` is merged into it. Times are aware.
    """
    parties = list(receivers)
    head: Resource = {
        "resourceType": "MessageHeader",
        "id": content,
        "extension": [
            *(case_extension(case) for case in cases),
            extension("recorded", "Instant", recorded.isoformat()),
            *extensions,
        ],
        "eventCoding": {"system": EVENT, "code": str(event)},
        "sender": reference(new_id("organization", sender.organization)),
        "source": {"endpoint": endpoint_url(sender)},
    }
    if parties:
        head["destination"] = [destination(party) for party in parties]
    if focus is not None:
        head["focus"] = [reference(focus["id"])]
    organizations = {p.organization: organization(p.organization, p.display) for p in parties}
    organizations[sender.organization] = organization(sender.organization, sender.display)
    parts = [head | (extra or {}), *([focus] if focus else []), *others, *organizations.values()]
    return {
        "resourceType": "Bundle",
        "id": content,
        "type": "message",
        "timestamp": recorded.isoformat(),
        "entry": [entry(part) for part in parts],
    }


def endpoint_url(party: Party) -> str:
    """Return the URI of an endpoint, or of the organisation where the endpoint has no name."""
    return f"{ENDPOINT}{party.endpoint or party.organization}"


def destination(party: Party) -> Resource:
    """Return a MessageHeader.destination for a receiver whose Organization is in the message."""
    return {
        "endpoint": endpoint_url(party),
        "receiver": reference(new_id("organization", party.organization)),
    }


def translation(
    content: str, *, mapping: str, version: str, source: str, sender: str, at: datetime
) -> Resource:
    """Return the Provenance of a translated message: mapping, version, the source's message id."""
    return {
        "resourceType": "Provenance",
        "id": new_id(content, "translation"),
        "target": [reference(content)],
        "recorded": at.isoformat(),
        "activity": {"coding": [{"system": ACTIVITY, "code": "translated"}]},
        "agent": [
            {
                "who": {"display": f"careplan-adapter {mapping} {version}"},
                "onBehalfOf": logical(sender),
            }
        ],
        "entity": [
            {
                "role": "source",
                "what": {"identifier": {"system": SOURCE_ID, "value": source}},
            }
        ],
    }


def receipt(  # noqa: PLR0913 - the parts of a receipt, each by name
    *,
    about: str,
    code: str,
    outcome: Resource | None,
    sender: Party,
    receiver: Party,
    cases: Iterable[str],
    at: datetime,
    places: Mapping[str, str] = _NO_PLACES,
) -> Bundle:
    """Return a receipt message (systemkvittens) about the message with content id `about`.

    It has no patient and no focus. `code` is ok, transient-error or fatal-error (R4,
    response-code). `outcome` is an OperationOutcome, or None. `places` are the URIs of `source` and
    `destination` in the message, which the receipt has reversed (R4, messaging.html).
    """
    content = new_id(about, "receipt", sender.organization, receiver.organization, code)
    response: Resource = {"identifier": about, "code": code}
    others = []
    if outcome is not None:
        others = [outcome | {"id": new_id(content, "outcome")}]
        response["details"] = reference(others[0]["id"])
    return message(
        Event.RECEIPT,
        content=content,
        sender=sender,
        receivers=[receiver],
        others=others,
        cases=cases,
        recorded=at,
        extra={"response": response} | _reversed(places, sender, receiver),
    )


def _reversed(places: Mapping[str, str], sender: Party, receiver: Party) -> Resource:
    source = places.get("destination") or endpoint_url(sender)
    home = places.get("source") or endpoint_url(receiver)
    back = destination(receiver) | {"endpoint": home}
    return {"source": {"endpoint": source}, "destination": [back]}


def delivery_report(  # noqa: PLR0913 - the parts of a report, each by name
    *,
    content: str,
    about: str,
    code: str,
    text: str,
    sender: Party,
    receiver: Party,
    missed: Resource,
    patient: Resource,
    cases: Iterable[str],
    at: datetime,
) -> Bundle:
    """Return a delivery report: a failed Task that tells a sender what was not delivered.

    `about` is the content id of the undelivered message. `code` and `text` give the reason and
    what to do. `missed` is a Reference to the receiver that was not reached.
    """
    task: Resource = {
        "resourceType": "Task",
        "id": new_id(content, "task"),
        "status": "failed",
        "statusReason": {"coding": [{"system": ERROR, "code": code}], "text": text},
        "intent": "order",
        "focus": {"identifier": {"system": MESSAGE_ID, "value": about}},
        "for": reference(patient["id"]),
        "lastModified": at.isoformat(),
        "owner": missed,
    }
    return message(
        Event.DELIVERY_REPORT,
        content=content,
        sender=sender,
        receivers=[receiver],
        focus=task,
        others=[patient],
        cases=cases,
        recorded=at,
    )
