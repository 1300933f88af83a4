"""Both ends of a transport: what every transport promises is asked of these."""

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
    """A transport that is pulled, and a partner that puts messages before it."""

    transport: Transport
    put: Callable[[bytes], None]

    def take(self, number: int) -> list[Envelope]:
        return list(islice(self.transport.receive(WAIT), number))

    def rest(self, number: int) -> list[bytes]:
        """So many, and what comes after them, which should be nothing."""
        taken = self.take(number) if number else []
        return [envelope.body for envelope in [*taken, *self.transport.receive(QUIET)]]


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A transport that sends, and what its far side has taken, asked without waiting."""

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
