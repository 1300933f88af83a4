"""The embedded bus: what its partners see, and how it differs from RabbitMQ (it does not)."""

from __future__ import annotations

import threading
from itertools import islice

from adapter.core.endpoint import Endpoint
from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.memory import Bus, Memory

LULEA = Endpoint(
    name="lulea",
    organization="SE2120002742-LULEA",
    system="fhir",
    transport="memory",
    broker_user="lulea-user",
)


def test_the_bus_names_the_sender_by_the_user_it_logged_in_as() -> None:
    bus = Bus()
    bus.partner("lulea-user", "lulea.inbox").publish(
        b"body", message_id="m-1", event="reply", case="c-1", content_type="text/plain"
    )
    (envelope,) = islice(Memory(bus, [LULEA]).receive(0), 1)
    assert (envelope.endpoint, envelope.id, envelope.event) == ("lulea", "m-1", "reply")
    assert (envelope.case, envelope.content_type) == ("c-1", "text/plain")


def test_a_message_of_a_user_without_endpoint_is_delivered_without_a_sender() -> None:
    bus = Bus()
    bus.partner("stranger", "stranger.inbox").publish(b"body")
    (envelope,) = Memory(bus, [LULEA]).receive(0)
    assert (envelope.endpoint, envelope.headers["user-id"]) == ("", "stranger")


def test_a_partner_sees_the_ids_of_a_message() -> None:
    bus = Bus()
    partner = bus.partner("lulea-user", "lulea.inbox")
    envelope = Envelope(
        id="e-1", endpoint="lulea", body=b"body", event="message", case="c-1", delivery="d-1"
    )
    assert Memory(bus, [LULEA]).send([envelope]) == [Response()]
    arrival = partner.get(0)
    assert arrival is not None
    body, properties = arrival
    assert body == b"body"
    assert properties["message_id"] == "e-1"
    assert properties["correlation_id"] == "c-1"
    assert properties["type"] == "message"
    assert properties["x-delivery-id"] == "d-1"


def test_a_receiver_without_a_queue_is_unroutable() -> None:
    (outcome,) = Memory(Bus(), [LULEA]).send([Envelope(endpoint="lulea", body=b"")])
    assert isinstance(outcome, TransientError)
    assert outcome.code == "unroutable"


def test_what_a_partner_did_not_acknowledge_comes_back_to_it_in_order() -> None:
    bus = Bus()
    sender = Memory(bus, [LULEA])
    partner = bus.partner("lulea-user", "lulea.inbox")
    sender.send([Envelope(endpoint="lulea", body=str(n).encode()) for n in range(4)])
    partner.get(0)
    partner.acknowledge()
    assert [partner.get(0) is not None for _ in range(2)] == [True, True]
    partner.close()
    again = bus.partner("lulea-user", "lulea.inbox")
    assert [arrival[0] for _ in range(4) if (arrival := again.get(0))] == [b"1", b"2", b"3"]


def test_a_partner_waits_no_longer_than_it_says() -> None:
    assert Bus().partner("lulea-user", "lulea.inbox").get(0.01) is None


def test_a_waiting_receiver_is_woken_by_a_message() -> None:
    bus = Bus()
    partner = bus.partner("lulea-user", "lulea.inbox")
    timer = threading.Timer(0.05, partner.publish, [b"body"])
    timer.start()
    (envelope,) = islice(Memory(bus, [LULEA]).receive(30), 1)
    timer.join()
    assert envelope.body == b"body"


def test_an_acknowledgement_from_before_a_close_touches_nothing() -> None:
    bus = Bus()
    bus.partner("lulea-user", "lulea.inbox").publish(b"body")
    memory = Memory(bus, [LULEA])
    early = list(memory.receive(0))
    memory.close()
    list(memory.receive(0))
    memory.acknowledge(early)
    memory.close()
    assert [envelope.body for envelope in memory.receive(0)] == [b"body"]
