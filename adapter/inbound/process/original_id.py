"""What a sender knows its message by: a person may have corrected it, under another id."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir import builders, bundles, rewriting
from adapter.store import inbox, outbox
from adapter.store.transaction import Row, Transaction


def with_original_id(tx: Transaction, bundle: Bundle, concerned: Row, first: Row) -> Bundle:
    """What goes back about a delivery, to the sender of its message: it names the original."""
    was = bundles.concerned(bundle)
    known = _original(tx, concerned, first)
    if known in ("", concerned["content_id"]):
        return bundle
    renamed = rewriting.with_concerned(bundle, was, known)
    content = builders.new_id(bundles.content_id(bundle), "concerns", known)
    return rewriting.with_header(renamed, id=content)


def _original(tx: Transaction, concerned: Row, first: Row) -> str:
    """The content id that the sender gave, or that what we told in its stead had at first."""
    content = str(concerned["content_id"])
    sent: Row | None = concerned
    while sent is not None:
        content = sent["content_id"]
        sent = outbox.get(tx, sent["replaces"]) if sent["replaces"] else None
    came: Row | None = first
    while came is not None and came["content_id"] == content and came["replaces"]:
        came = inbox.get(tx, came["replaces"])
        content = came["content_id"] if came is not None else content
    return content
