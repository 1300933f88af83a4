"""The ids by which duplicates of a message are recognised."""

from __future__ import annotations

from adapter.core.model import Bundle, Message
from adapter.fhir import bundles
from adapter.policy import read_message
from adapter.store.duplicates import Ids


def ids_of(message: Message, bundle: Bundle) -> Ids:
    """Return the ids of a message, as the duplicate table stores them."""
    content = bundles.content_id(bundle)[:200]
    return Ids(
        sender=message.endpoint,
        receiver=read_message.receiver_key(bundle),
        content_id=content,
        envelope_id=bundles.envelope_id(bundle)[:200] or content,
        fingerprint=message.fingerprint,
    )
