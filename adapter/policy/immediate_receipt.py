"""Read the receipt in the response to a delivery: an HTTP body or an HL7 v2 ACK. Pure."""

from __future__ import annotations

from datetime import datetime

from adapter.core.errors import FatalError
from adapter.core.model import Delivery, Event, Receipt
from adapter.fhir import codec, responses
from adapter.mappings import Context
from adapter.settings.network import Network


def receipt(network: Network, delivery: Delivery, body: bytes, now: datetime) -> Receipt:
    """Return the receipt that the response body to a delivery holds.

    FatalError `bad-answer` for any other body, and instead of every exception: the attempt must
    be recorded whatever the body holds.
    """
    try:
        received = _read(network, delivery, body, now)
    except FatalError as error:
        raise FatalError("bad-answer", str(error)) from error
    except Exception as error:
        raise FatalError("bad-answer", "its receipt cannot be read") from error
    ours = {delivery.content_id.casefold(), delivery.envelope_id.casefold()}
    if received.about.casefold() not in ours:
        raise FatalError("bad-answer", "a receipt for another message")
    return received


def _read(network: Network, delivery: Delivery, body: bytes, now: datetime) -> Receipt:
    endpoint = network.endpoint(delivery.endpoint)
    system = network.system(endpoint)
    document = codec.parse(system.content, body, network.settings.limits, endpoint.charset)
    event = system.event(document)
    if event is not Event.RECEIPT:
        raise FatalError("bad-answer", "not a receipt")
    context = Context(sender=endpoint, recorded=now, message_id=delivery.message_id)
    return responses.response(system.read(event, document, context))
