"""Oversatt: the Provenance of a message that had another format at its source."""

from __future__ import annotations

from copy import deepcopy

from adapter.core.identifiers import HSA, hsa_id
from adapter.fhir import builders
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ACTIVITY, SOURCE_ID
from adapter.mappings import Context
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.take_fields import fixed, part, parts, take, take_time
from adapter.mappings.omsorg.xml_elements import Element, attribute, child, element

VERSION = "1"


def write(source: Source) -> Element | None:
    """The translation's Provenance, when all of it can be carried; else it is left."""
    found = source.first("Provenance")
    if found is None:
        return None
    trial = deepcopy(found)
    attributes = _written(trial, source)
    if not all(attributes.values()):
        return None
    found.clear()
    found.update(trial)
    return element("Oversatt", (), **attributes)


def _written(provenance: Resource, source: Source) -> dict[str, str]:
    for target in parts(provenance, "target"):
        source.follow(target, "MessageHeader")
    for coding in parts(part(provenance, "activity"), "coding"):
        fixed(coding, "system", ACTIVITY)
        fixed(coding, "code", "translated")
    agent = next(iter(parts(provenance, "agent")), {})
    behalf = part(part(agent, "onBehalfOf"), "identifier")
    fixed(behalf, "system", HSA)
    entity = next(iter(parts(provenance, "entity")), {})
    fixed(entity, "role", "source")
    origin = part(part(entity, "what"), "identifier")
    fixed(origin, "system", SOURCE_ID)
    return {
        "av": take(part(agent, "who"), "display"),
        "kalla": take(origin, "value"),
        "tid": take_time(provenance, "recorded"),
        "hsaId": hsa_id(take(behalf, "value", take_fields.HSA_ID)),
    }


def read(document: Element, context: Context) -> Resource:
    """The translation that the document tells of; else our own, from the document."""
    content, node = attribute(document, "id"), child(document, "Oversatt")
    own = builders.translation(
        content,
        mapping="omsorg",
        version=VERSION,
        source=content,
        sender=context.sender.organization,
        at=context.recorded,
    )
    return own if node is None else _told(own, node)


def _told(own: Resource, node: Element) -> Resource:
    behalf = {"identifier": {"system": HSA, "value": hsa_id(attribute(node, "hsaId"))}}
    what = {"identifier": {"system": SOURCE_ID, "value": str(node.get("kalla", ""))}}
    return own | {
        "recorded": attribute(node, "tid"),
        "agent": [{"who": {"display": str(node.get("av", ""))}, "onBehalfOf": behalf}],
        "entity": [{"role": "source", "what": what}],
    }
