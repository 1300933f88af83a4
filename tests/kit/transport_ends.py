"""Both ends of a transport, for the tests that every transport must pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from adapter.core.endpoint import Endpoint
from adapter.core.model import Envelope
from adapter.transports import Transport
from adapter.transports.rabbitmq import Topology
from tests.kit.waiting import WAIT

QUIET = 0.2  # seconds in which nothing more should arrive


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """A transport that receives, and a function by which a partner sends to it."""

    transport: Transport
    put: Callable[[bytes], None]

    def take(self, number: int) -> list[Envelope]:
        return list(islice(self.transport.receive(WAIT), number))

    def rest(self, number: int) -> list[bytes]:
        """Take so many messages, and then anything that still comes."""
        taken = self.take(number) if number else []
        return [envelope.body for envelope in [*taken, *self.transport.receive(QUIET)]]


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A transport that sends, and a function for what its far side has now."""

    transport: Transport
    taken: Callable[[], list[bytes]]


def endpoint(transport: str, address: str = "", listen: str = "") -> Endpoint:
    return Endpoint(
        name="lulea",
        organization="SE2120002742-LULEA",
        system="fhir",
        transport=transport,
        address=address,
        listen=listen,
        broker_user="lulea",
        timeout=timedelta(seconds=WAIT),
    )


def lulea_topology() -> Topology:
    return Topology([endpoint("rabbitmq")], lambda _: None)
