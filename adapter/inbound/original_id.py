"""The id by which a sender knows its message. A correction by a person has another id."""

from __future__ import annotations

from adapter.core.model import Bundle, Delivery, StoredMessage
from adapter.fhir import builders, bundles, rewriting
from adapter.inbound.taken_ids import outward
from adapter.policy.invitations import CALLS
from adapter.store import inbox, outbox
from adapter.store.transaction import Transaction


def with_original_id(
    tx: Transaction, bundle: Bundle, concerned: Delivery, first: StoredMessage
) -> Bundle:
    """Return a reply or answer with the id that the sender of the delivery knows."""
    before = bundles.concerned(bundle)
    original = _original(tx, concerned, first)
    if original in ("", concerned.content_id):
        return bundle
    renamed = rewriting.with_concerned(bundle, before, original)
    content = builders.new_id(bundles.content_id(bundle), "concerns", original)
    return rewriting.with_header(renamed, id=content)


def _original(tx: Transaction, concerned: Delivery, first: StoredMessage) -> str:
    """The content id that the sender gave, or that the adapter's own notice first had."""
    content = concerned.content_id
    sent: Delivery | None = concerned
    while sent is not None:
        content = sent.content_id
        sent = outbox.get(tx, sent.replaces) if sent.replaces else None
    is_rewritten = concerned.event in CALLS and str(concerned.event) != first.event
    if is_rewritten or content == outward(first.endpoint, first.content_id):
        content = first.content_id
    came: StoredMessage | None = first
    while came is not None and came.content_id == content and came.replaces:
        came = inbox.get(tx, came.replaces)
        content = came.content_id if came is not None else content
    return content
