"""Ids that another organisation has used: the later message leaves under ids of ours.

Senders choose their ids. A receiver that got two messages under one id would drop the second as a
copy, or take it for the first. Its sender goes on using its own id; what comes back is mapped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from adapter.core.identifiers import hsa_id
from adapter.core.model import RETURNING, Bundle, StoredMessage
from adapter.fhir import builders, bundles, rewriting
from adapter.fhir.lineage import source_id
from adapter.inbound.turn import Turn
from adapter.policy.read_message import ReadMessage
from adapter.store import concerned
from adapter.store.concerned import folded
from adapter.store.duplicates import Seen


def with_free_ids(turn: Turn, message: ReadMessage, seen: Seen) -> ReadMessage:
    """Return the message with ids that no other organisation has used, as it leaves."""
    own = turn.network.same_organization(turn.sender)
    content, envelope = bundles.content_id(message.bundle), bundles.envelope_id(message.bundle)
    changed = _with_own_concerned(turn, message)
    if _is_taken(content, seen.content_used_by, own):
        changed = _renamed(turn, changed, content)
    is_taken = _is_taken(envelope, seen.envelope_used_by, own)  # what we write has its own envelope
    if changed is message.bundle and not is_taken:
        return message
    return replace(message, bundle=changed, is_rewritten=True)


def outward(endpoint: str, content: str) -> str:
    """Return the id of ours for a content id of an endpoint that was taken. Always the same."""
    return builders.new_id(endpoint, folded(content), "taken")


def as_kept(messages: Iterable[StoredMessage]) -> set[str]:
    """Return the ids under which a case may know these messages, in lower case."""
    every = list(messages)
    ids = [m.content_id for m in every] + [outward(m.endpoint, m.content_id) for m in every]
    return {id_.lower() for id_ in ids}


def _is_taken(id_: str, used_by: frozenset[str], own: tuple[str, ...]) -> bool:
    """Whether another organisation has used an id. Its copy in mixed case is nobody's own."""
    is_mixed = id_ not in (folded(id_), id_.upper())
    return is_mixed or not used_by.issubset(own)


def _renamed(turn: Turn, bundle: Bundle, content: str) -> Bundle:
    new = outward(turn.message.endpoint, content)
    turn.log("renamed", f"another sender has used its id; it leaves as {new}")
    renamed = rewriting.with_header(bundle, id=new)
    if source_id(renamed):
        return renamed  # translated: its lineage is there already
    lineage = builders.translation(
        new,
        mapping="ids",
        version="1",
        source=content,
        sender=hsa_id(turn.sender.organization),
        at=turn.message.received_at,
    )
    return renamed | {"entry": [*renamed["entry"], builders.entry(lineage)]}


def _with_own_concerned(turn: Turn, message: ReadMessage) -> Bundle:
    """The message with our id for an earlier one of its sender, where that one left under ours."""
    earlier = bundles.concerned(message.bundle)
    if message.event in RETURNING or not earlier:
        return message.bundle
    ours = outward(turn.message.endpoint, earlier)
    if not concerned.is_sent(turn.tx, ours):
        return message.bundle
    return rewriting.with_concerned(message.bundle, earlier, ours)
