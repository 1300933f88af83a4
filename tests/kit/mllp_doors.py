"""Shared by the tests of MLLP: a server that records its messages, and how to read from it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError
from adapter.core.model import Envelope
from adapter.transports import Accept, Response
from adapter.transports.mllp import DoorLimits, MllpServer, framed
from adapter.transports.mllp.fragments import Keep
from adapter.transports.mllp.framing import END
from tests.kit.waiting import WAIT

ACK = b"MSH|^~\\&|ADAPTER\rMSA|AA|1\r"


def endpoint(**fields: object) -> Endpoint:
    given_fields = {"timeout": timedelta(seconds=WAIT), "listen": "127.0.0.1:0"} | fields
    return Endpoint(
        name="sunderby-cosmic",
        organization="SE2321000230-SUNDERBY",
        system="hl7v2",
        transport="mllp",
        **given_fields,  # type: ignore[arg-type]
    )


def envelope(body: bytes = b"MSH|^~\\&|\r") -> Envelope:
    return Envelope(id="e-1", endpoint="sunderby-cosmic", body=body)


def code(outcome: object) -> str:
    return outcome.code if isinstance(outcome, AdapterError) else "taken"


class Door:
    """A server that records its messages and fragments, and responds as `accept` does."""

    def __init__(
        self, accept: Accept | None = None, keep: Keep | None = None, **fields: object
    ) -> None:
        self.taken: list[bytes] = []
        self.kept: list[bytes] = []
        self._accept = accept or (lambda _: Response(body=ACK))
        peers = {"peers": fields.pop("peers")} if "peers" in fields else {}
        extra = {key: fields.pop(key) for key in ("memory", "shortage") if key in fields}
        self.server = MllpServer(
            endpoint(**peers),
            self.take,
            keep or (lambda fragment: self.kept.append(fragment.body)),
            limits=DoorLimits(**fields),  # type: ignore[arg-type]
            **extra,  # type: ignore[arg-type]
        )
        self.thread = threading.Thread(target=self.server.run)

    def take(self, arrived: Envelope) -> Response:
        self.taken.append(arrived.body)
        return self._accept(arrived)

    @contextmanager
    def open(self) -> Iterator[Door]:
        self.thread.start()
        try:
            yield self
        finally:
            self.server.stop()
            self.thread.join()

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(self.server.address, WAIT, source_address=(source, 0))

    def serves(self) -> bool:
        """Whether a new connection gets the answer `ACK`."""
        with self.connect() as wire:
            wire.sendall(framed(b"MSH"))
            return answer(wire) == framed(ACK)


def answer(wire: socket.socket) -> bytes:
    """Read one framed response; b"" when the server closes the connection."""
    received = b""
    while not received.endswith(END):
        try:
            chunk = wire.recv(65536)
        except ConnectionResetError:
            return b""
        except TimeoutError:
            raise AssertionError(f"no whole answer in {WAIT} s; received {received!r}") from None
        if not chunk:
            return received
        received += chunk
    return received
