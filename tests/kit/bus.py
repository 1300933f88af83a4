"""Shared by the tests of RabbitMQ: endpoints, a message, and a plain channel to the broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pika
from pika.adapters.blocking_connection import BlockingChannel

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError
from adapter.core.model import Envelope

ENDPOINTS = [
    Endpoint(
        name=name,
        organization=f"SE2120000000-{name.upper()}",
        system="fhir",
        transport="rabbitmq",
        broker_user=name,
    )
    for name in ("planning", "lulea")
]


def ignore(_: Sequence[str]) -> None:
    """Ignore that queues were made anew: nothing was sent before."""


def to_lulea(
    *, message_id: str = "e-1", case: str = "", delivery: str = "", content_type: str = ""
) -> Envelope:
    return Envelope(
        id=message_id,
        endpoint="lulea",
        event="message",
        body=b"body",
        case=case,
        delivery=delivery,
        content_type=content_type,
    )


def codes(outcomes: Sequence[object]) -> list[str]:
    return [each.code if isinstance(each, AdapterError) else "taken" for each in outcomes]


@contextmanager
def raw(url: str) -> Iterator[BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        yield connection.channel()
