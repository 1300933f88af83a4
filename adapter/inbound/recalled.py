"""The messages that a recall names, as far as its sender's organisation has sent them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapter.core.errors import FatalError
from adapter.core.lifecycle import Standing
from adapter.core.model import Bundle, Event, Kind, StoredMessage
from adapter.fhir import bundles, exact_json, rewriting
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import MESSAGE_ID
from adapter.inbound.turn import Turn
from adapter.policy.invitations import CALLS
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
    named = _sent(turn, bundle)
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


def typed(bundle: Bundle, messages: Iterable[StoredMessage]) -> Bundle:
    """Return a recall that says which of its messages were of an Appointment: the invitations.

    A journal files those otherwise than documents.
    """
    called = {m.content_id.lower() for m in messages if m.event in CALLS}
    focus = bundles.focus(bundle) or {}
    about = [_typed(reference, called) for reference in focus.get("about", ())]
    return rewriting.with_resource(bundle, focus | {"about": about}) if called else bundle


def _typed(reference: Resource, called: set[str]) -> Resource:
    value = str((reference.get("identifier") or {}).get("value", ""))
    is_called = value.removeprefix("urn:uuid:").lower() in called
    return reference | {"type": "Appointment"} if is_called else reference


def not_come(turn: Turn, bundle: Bundle) -> list[str]:
    """Return the ids that a recall names, and under which we have taken nothing."""
    return [id_ for id_, sent in _sent(turn, bundle).items() if not sent]


def _sent(turn: Turn, bundle: Bundle) -> dict[str, list[StoredMessage]]:
    """What the sender's organisation sent under each id of a recall, and we took."""
    names = turn.network.same_organization(turn.sender)
    sent = recalls.originals(turn.tx, names, ids(bundle))
    stored = inbox.several(turn.tx, [id_ for each in sent.values() for id_ in each])
    taken = {m.id: m for m in stored if m.case_id and m.standing is Standing.PROCESSED}
    return {id_: [taken[m] for m in each if m in taken] for id_, each in sent.items()}
