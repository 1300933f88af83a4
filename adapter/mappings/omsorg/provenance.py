"""Oversatt, to and from the Provenance of a message that was translated from another format."""

from __future__ import annotations

from copy import deepcopy

from adapter.core.identifiers import HSA, hsa_id
from adapter.fhir import builders
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ACTIVITY, SOURCE_ID
from adapter.mappings import Context
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.take_fields import part, parts, take, take_implied, take_time
from adapter.mappings.omsorg.xml_elements import Element, attribute, child, element


def write(outgoing: OutgoingMessage) -> Element | None:
    """Return Oversatt where the whole Provenance fits it; else None, and nothing is taken."""
    provenance = outgoing.take_first("Provenance")
    if provenance is None:
        return None
    trial = deepcopy(provenance)
    attributes = _take_attributes(trial, outgoing)
    if not all(attributes.values()):
        return None
    provenance.clear()
    provenance.update(trial)
    return element("Oversatt", (), **attributes)


def _take_attributes(provenance: Resource, outgoing: OutgoingMessage) -> dict[str, str]:
    for target in parts(provenance, "target"):
        outgoing.take_referenced(target, "MessageHeader")
    for coding in parts(part(provenance, "activity"), "coding"):
        take_implied(coding, "system", ACTIVITY)
        take_implied(coding, "code", "translated")
    agent = next(iter(parts(provenance, "agent")), {})
    behalf = part(part(agent, "onBehalfOf"), "identifier")
    take_implied(behalf, "system", HSA)
    entity = next(iter(parts(provenance, "entity")), {})
    take_implied(entity, "role", "source")
    origin = part(part(entity, "what"), "identifier")
    take_implied(origin, "system", SOURCE_ID)
    return {
        "av": take(part(agent, "who"), "display"),
        "kalla": take(origin, "value"),
        "tid": take_time(provenance, "recorded"),
        "hsaId": hsa_id(take(behalf, "value", forms.HSA_ID)),
    }


def read(document: Element, context: Context, version: str) -> Resource:
    """Return the Provenance that Oversatt describes; else our own, from this document."""
    content, node = attribute(document, "id"), child(document, "Oversatt")
    own = builders.translation(
        content,
        mapping="omsorg",
        version=version,
        source=content,
        sender=context.sender.organization,
        at=context.recorded,
    )
    return own if node is None else _read_stated(own, node)


def _read_stated(own: Resource, node: Element) -> Resource:
    """Return our Provenance with the facts of Oversatt in place of ours."""
    behalf = builders.logical(hsa_id(attribute(node, "hsaId")))
    what = {"identifier": {"system": SOURCE_ID, "value": str(node.get("kalla", ""))}}
    return own | {
        "recorded": attribute(node, "tid"),
        "agent": [{"who": {"display": str(node.get("av", ""))}, "onBehalfOf": behalf}],
        "entity": [{"role": "source", "what": what}],
    }
