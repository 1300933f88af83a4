"""Who may read a note (Annotation): our extension `internal` keeps one in its organisation."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, extension_value, sender_id


def is_internal(note: Resource) -> bool:
    """Whether a note stays in the organisation of its author."""
    return extension_value(note, "internal") is True


def may_be_read(note: Resource, bundle: Bundle, receiver: str) -> bool:
    """Whether the organisation `receiver` (HSA-id; "" for nobody in particular) may read a note."""
    return not is_internal(note) or receiver in ("", sender_id(bundle))
