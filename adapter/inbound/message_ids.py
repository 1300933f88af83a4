"""The ids by which duplicates of a message are recognised."""

from __future__ import annotations

from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Message
from adapter.fhir import bundles, codec
from adapter.inbound.turn import Turn
from adapter.mappings import Comparer
from adapter.policy import read_message
from adapter.store import inbox
from adapter.store.duplicates import Ids, Seen, Verdict


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


def has_other_content(turn: Turn, seen: Seen) -> bool:
    """Whether a message says other things than an earlier one of its id, for whomever that was.

    Compared while the earlier one's bytes are kept, as the sender's system does it.
    """
    system = turn.network.system(turn.sender)
    if seen.verdict is Verdict.RESEND:
        return _differs(turn, seen.first, system.is_same)
    return bool(seen.elsewhere) and _differs(turn, seen.elsewhere, system.is_same_elsewhere)


def _differs(turn: Turn, earlier: str, is_same: Comparer) -> bool:
    first, limits = inbox.get(turn.tx, earlier), turn.network.settings.limits
    if first is None or first.body is None:
        return False
    content, charset = turn.network.system(turn.sender).content, turn.sender.charset
    try:
        before, now = (
            codec.parse(content, body, limits, charset) for body in (first.body, turn.message.body)
        )
    except FatalError:  # today's limits may be smaller
        return first.fingerprint != turn.message.fingerprint
    return not is_same(before, now)
