"""How a FHIR message is written: one strict form of what `bundles` reads (docs/message.md).

Ids are derived from what they name, so that the same source read twice gives the same message.
Nothing here changes its arguments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from adapter.core.identifiers import HSA
from adapter.core.model import Bundle, Event
from adapter.fhir.bundles import Resource, header, organization_id, resources
from adapter.fhir.canonical import (
    ACTIVITY,
    BASE,
    CASE_ID,
    ERROR,
    EVENT,
    MESSAGE_ID,
    SOURCE_ID,
    extension_url,
)

_OURS = uuid5(NAMESPACE_URL, BASE)


def new_id(*parts: str) -> str:
    """The same id for the same parts: UUIDv5, so that reading twice names things alike."""
    return str(uuid5(_OURS, "\x1f".join(parts)))


def reference(id_: str) -> Resource:
    """A Reference to an entry of the same message."""
    return {"reference": f"urn:uuid:{id_}"}


def entry(resource: Resource) -> Resource:
    """A Bundle entry; the resource has an id that is a UUID."""
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}


def organization(hsa: str, name: str = "") -> Resource:
    """An Organization with a stable id, its HSA-id and, where known, its name."""
    found: Resource = {
        "resourceType": "Organization",
        "id": new_id("organization", hsa),
        "identifier": [{"system": HSA, "value": hsa}],
    }
    return found | ({"name": name} if name else {})


def extension(name: str, value: str, content: Any) -> Resource:
    """One of our extensions; `value` is the choice type: `DateTime`, `Identifier` …"""
    return {"url": extension_url(name), f"value{value}": content}


def case_extension(case: str) -> Resource:
    """The extension that names the case, `<HSA-id>/<number>`."""
    return extension("case", "Identifier", {"system": CASE_ID, "value": case})


def about(content: str) -> Resource:
    """A logical Reference to an earlier message, which is not in this one."""
    return {"identifier": {"system": MESSAGE_ID, "value": content}}


def logical(organization: str) -> Resource:
    """A logical Reference to an organisation by its HSA-id."""
    return {"identifier": {"system": HSA, "value": organization}}


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
    extra: Resource | None = None,
) -> Bundle:
    """A whole message Bundle. `Bundle.id` is the content's until `enveloped` gives it its own.

    `others` are the further resources (Patient, Provenance …); `extra` is merged into the
    MessageHeader. Times are aware.
    """
    parties = list(receivers)
    found: Resource = {
        "resourceType": "MessageHeader",
        "id": content,
        "extension": [
            *(case_extension(case) for case in cases),
            extension("recorded", "Instant", recorded.isoformat()),
        ],
        "eventCoding": {"system": EVENT, "code": str(event)},
        "sender": reference(new_id("organization", sender.organization)),
        "source": {"endpoint": endpoint_url(sender)},
    }
    if parties:
        found["destination"] = [destination(party) for party in parties]
    if focus is not None:
        found["focus"] = [reference(focus["id"])]
    everybody = {p.organization: organization(p.organization, p.display) for p in parties}
    everybody[sender.organization] = organization(sender.organization, sender.display)
    parts = [found | (extra or {}), *([focus] if focus else []), *others, *everybody.values()]
    return enveloped(
        {"resourceType": "Bundle", "type": "message", "entry": [entry(p) for p in parts]},
        content,
        recorded,
    )


def endpoint_url(party: Party) -> str:
    """The URI of an endpoint; of the organisation where the endpoint has no name."""
    return f"urn:careplan-adapter:endpoint:{party.endpoint or party.organization}"


def destination(party: Party) -> Resource:
    """MessageHeader.destination for a receiver whose Organization is in the message."""
    return {
        "endpoint": endpoint_url(party),
        "receiver": reference(new_id("organization", party.organization)),
    }


def enveloped(bundle: Bundle, envelope: str, at: datetime) -> Bundle:
    """The same content in an envelope of its own. Does not change the argument."""
    head = {"resourceType": "Bundle", "id": envelope, "type": "message"}
    return head | {"timestamp": at.isoformat(), "entry": bundle["entry"]}


def with_header(bundle: Bundle, **changes: Any) -> Bundle:
    """The same message with another header; a Provenance of the header follows a new id."""
    first, *rest = bundle["entry"]
    changed = entry(first["resource"] | changes)
    old, new = first.get("fullUrl", ""), changed["fullUrl"]
    return bundle | {"entry": [changed, *(_retargeted(e, old, new) for e in rest)]}


def concerning(bundle: Bundle, old: str, new: str) -> Bundle:
    """The same message, about an earlier one that is known by another content id."""
    changed: Bundle = _renamed(bundle, old, new)
    return changed


def _renamed(node: Any, old: str, new: str) -> Any:
    if isinstance(node, list):
        return [_renamed(item, old, new) for item in node]
    if not isinstance(node, dict):
        return node
    named = node.get("system") == MESSAGE_ID and str(node.get("value")).endswith(old)
    return {k: new if named and k == "value" else _renamed(v, old, new) for k, v in node.items()}


def recorded_at(bundle: Bundle, at: datetime) -> Bundle:
    """The same message, recorded at another time."""
    kept = header(bundle).get("extension", ())
    others = [e for e in kept if e.get("url") != extension_url("recorded")]
    recorded = extension("recorded", "Instant", at.isoformat())
    return with_header(bundle, extension=[*others, recorded])


def _retargeted(found: Resource, old: str, new: str) -> Resource:
    targets = found.get("resource", {}).get("target")
    if old == new or not isinstance(targets, list):
        return found
    moved = [{"reference": new} if t.get("reference") == old else t for t in targets]
    return found | {"resource": found["resource"] | {"target": moved}}


def with_resource(bundle: Bundle, resource: Resource) -> Bundle:
    """The same message with a newer form of one of its resources, by type and id."""
    key = (resource["resourceType"], resource.get("id"))
    entries = [
        e | {"resource": resource}
        if (e["resource"]["resourceType"], e["resource"].get("id")) == key
        else e
        for e in bundle["entry"]
    ]
    return bundle | {"entry": entries}


def with_extension(resource: Resource, name: str, value: str, content: Any) -> Resource:
    """The same resource with our extension set, in place of an earlier one of that name."""
    url = extension_url(name)
    kept = [e for e in resource.get("extension", ()) if e.get("url") != url]
    return resource | {"extension": [*kept, extension(name, value, content)]}


def addressed(bundle: Bundle, receivers: Iterable[Party]) -> Bundle:
    """The same message to these receivers, each with its Organization in the message."""
    parties = list(receivers)
    changed = with_header(bundle, destination=[destination(p) for p in parties])
    present = {organization_id(r) for r in resources(bundle) if r["resourceType"] == "Organization"}
    new = [organization(p.organization, p.display) for p in parties]
    missing = [entry(o) for o in new if organization_id(o) not in present]
    return changed | {"entry": [*changed["entry"], *missing]}


def translation(
    content: str, *, mapping: str, version: str, source: str, sender: str, at: datetime
) -> Resource:
    """The Provenance of a translated message: mapping, its version, the source's message id."""
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


def receipt(
    *,
    about: str,
    code: str,
    outcome: Resource | None,
    sender: Party,
    receiver: Party,
    cases: Iterable[str],
    at: datetime,
) -> Bundle:
    """A receipt message (systemkvittens): no patient, no focus; the outcome where there is one."""
    content = new_id(about, "receipt", sender.organization, receiver.organization, code)
    found: Resource = {"identifier": about, "code": code}
    others = []
    if outcome is not None:
        others = [outcome | {"id": new_id(content, "outcome")}]
        found["details"] = reference(others[0]["id"])
    return message(
        Event.RECEIPT,
        content=content,
        sender=sender,
        receivers=[receiver],
        others=others,
        cases=cases,
        recorded=at,
        extra={"response": found},
    )


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
    """A Task `failed` that tells a sender what could not be delivered, and what to do.

    `missed` is a Reference to who was not reached.
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
