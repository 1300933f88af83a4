"""Shared by the tests of HTTP: an endpoint, a message, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError
from adapter.core.model import Envelope
from adapter.transports.http import HttpClient
from tests.kit.waiting import WAIT


def endpoint(address: str, **fields: object) -> Endpoint:
    given_fields = {"timeout": timedelta(seconds=WAIT)} | fields
    return Endpoint(
        name="lulea-treserva",
        organization="SE2120002742-LULEA",
        system="omsorg",
        transport="http",
        address=address,
        **given_fields,  # type: ignore[arg-type]
    )


def envelope(body: bytes = b"<Meddelande/>") -> Envelope:
    return Envelope(
        id="e-1",
        endpoint="lulea-treserva",
        body=body,
        content_type="application/xml",
        case="vtf-Å1\r\nX: y",
        delivery="d-1",
        attempt=3,
    )


def code(outcome: object) -> str:
    return outcome.code if isinstance(outcome, AdapterError) else "taken"


@contextmanager
def client(address: str, **fields: object) -> Iterator[HttpClient]:
    with closing(HttpClient(endpoint(address, **fields))) as http:
        yield http
