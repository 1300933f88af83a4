"""What the far side says in the same exchange (HTTP body, HL7 ACK), read as a receipt. Pure."""

from __future__ import annotations

from datetime import datetime

from adapter.core.errors import FatalError
from adapter.core.model import Delivery, Event, Receipt
from adapter.fhir import bundles, codec
from adapter.mappings import Context
from adapter.settings.network import Network


def receipt(network: Network, d: Delivery, body: bytes, now: datetime) -> Receipt:
    """The receipt that an answer to this delivery holds.

    FatalError `bad-answer` for anything else: nothing that a stranger answers may stop us from
    writing down that we were answered.
    """
    try:
        found = _read(network, d, body, now)
    except FatalError as error:
        raise FatalError("bad-answer", str(error)) from error
    except Exception as error:
        raise FatalError("bad-answer", f"no receipt: {type(error).__name__}") from error
    if found.about.casefold() not in {d.content_id.casefold(), d.envelope_id.casefold()}:
        raise FatalError("bad-answer", "a receipt for another message")
    return found


def _read(network: Network, d: Delivery, body: bytes, now: datetime) -> Receipt:
    endpoint = network.endpoint(d.endpoint)
    system = network.system(endpoint)
    document = codec.parse(system.content, body, network.settings.limits, endpoint.charset)
    context = Context(sender=endpoint, recorded=now, message_id=d.message_id)
    if system.event(document) is not Event.RECEIPT:
        raise FatalError("bad-answer", "not a receipt")
    return bundles.response(system.read(document, context))
