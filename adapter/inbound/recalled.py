"""The messages that a recall names, as far as its sender's organisation has sent them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.core.model import Bundle, Event, Kind, StoredMessage
from adapter.fhir import bundles, exact_json
from adapter.fhir.canonical import MESSAGE_ID
from adapter.inbound.turn import Turn
from adapter.policy.linked import flattened
from adapter.store import inbox, recalls

_OWN = ("id", "meta", "text", "sent", "sender", "subject", "about", "identifier")
"""Elements of a recall that say which message it is, not what it asks for."""


def ids(bundle: Bundle) -> list[str]:
    """Return the content ids that a recall names."""
    named = ((a.get("identifier") or {}) for a in (bundles.focus(bundle) or {}).get("about", ()))
    values = (str(i.get("value", "")) for i in named if i.get("system") == MESSAGE_ID)
    return list(dict.fromkeys(value.removeprefix("urn:uuid:") for value in values if value))


def digest(bundle: Bundle, messages: Iterable[str], sign: Callable[[str], str]) -> str:
    """Return the digest of what a recall says of these messages of ours, but for its own id."""
    focus = bundles.focus(bundle) or {}
    said = {key: value for key, value in focus.items() if key not in _OWN}
    return sign(exact_json.dumps([sorted(messages), flattened(said).text]))


def originals(turn: Turn, bundle: Bundle) -> dict[str, StoredMessage]:
    """Return the recalled messages by their ids.

    FatalError `recall-unknown`, in the same words whether another sender has such a message or
    nobody has.
    """
    named = {id_: _sent(turn, id_) for id_ in ids(bundle)}
    if not named or not all(named.values()):
        raise FatalError("recall-unknown")
    every = {message.id: message for sent in named.values() for message in sent}
    events = {Event(message.event) for message in every.values()}
    if Event.RECALL in events:
        raise FatalError("recall-unknown", "a recall is not recalled")
    if any(event.kind is Kind.ENCOUNTER for event in events):
        raise FatalError("recall-unknown", "a stay is corrected by its own events")
    if len({message.case_id for message in every.values()}) > 1:
        raise FatalError("recall-unknown", "the messages belong to several cases")
    return every


def not_come(turn: Turn, bundle: Bundle) -> list[str]:
    """Return the ids that a recall names, and under which we have taken nothing."""
    return [id_ for id_ in ids(bundle) if not _sent(turn, id_)]


def _sent(turn: Turn, content_id: str) -> list[StoredMessage]:
    """What the sender's organisation sent under an id, and we took."""
    names = turn.network.same_organization(turn.sender)
    stored = (inbox.get(turn.tx, id_) for id_ in recalls.originals(turn.tx, names, content_id))
    return [m for m in stored if m and m.case_id and m.standing is Standing.PROCESSED]
