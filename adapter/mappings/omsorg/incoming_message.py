"""The document that is being read: its parties and patient, and the resources read so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapter.fhir.builders import new_id, reference
from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg.parties import Parties


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What the readers of a body know besides it, and the resources that it refers to."""

    content: str
    patient: Resource  # a Reference
    parties: Parties
    others: list[Resource] = field(default_factory=list)
    anchors: dict[str, Resource] = field(default_factory=dict)  # a Reference by its local name

    def add(self, resource: Resource) -> Resource:
        """Add a resource without an id to the message, and return a Reference to it."""
        type_ = resource["resourceType"]
        id_ = new_id(self.content, type_, str(len(self.others)))
        self.others.append({"resourceType": type_, "id": id_} | resource)
        return reference(id_)
