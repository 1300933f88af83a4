"""Sending HL7 v2 messages and waiting for each one's answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, Response
from adapter.transports.mllp.address import split
from adapter.transports.mllp.framing import CONTENT_TYPE, Frame, Framer, framed

CHUNK = 65536


class MllpClient:
    """Sends to `endpoint.address`, one message at a time, and keeps the connection.

    An outcome is an Answer (the bytes of the receiver's ACK), or TransientError `unreachable`
    or `timed-out` (no answer within `endpoint.timeout`: the receiver may have it), or
    FatalError `bad-answer` (over `limit` bytes) or `not-written`. After a failure the rest of
    the batch is not attempted, so that a later message never overtakes an earlier one.
    """

    def __init__(self, endpoint: Endpoint, *, limit: int = 1024 * 1024) -> None:
        self._address = split(endpoint.address)
        self._timeout = endpoint.timeout.total_seconds()
        self._limit = limit
        self._wire: socket.socket | None = None

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Nothing comes this way."""
        return iter(())

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Nothing came this way."""

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Send each and wait for its answer."""
        outcomes: list[Outcome] = []
        for envelope in envelopes:
            if outcomes and isinstance(outcomes[-1], TransientError):
                outcomes.append(TransientError("unreachable", "not attempted"))
            else:
                outcomes.append(self._sent(envelope))
        return outcomes

    def idle(self, seconds: float) -> None:
        """Wait; MLLP has no heartbeats."""
        threading.Event().wait(seconds)

    def close(self) -> None:
        """Let go of the connection."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def _sent(self, envelope: Envelope) -> Outcome:
        deadline = time.monotonic() + self._timeout
        try:
            frame = framed(envelope.body)
            wire = self._connected(deadline)
            return self._exchange(wire, frame, deadline)
        except AdapterError as error:
            if error.code != "not-written":
                self.close()
            return error

    def _connected(self, deadline: float) -> socket.socket:
        if self._wire is not None and _is_stale(self._wire):
            self.close()
        if self._wire is None:
            try:
                self._wire = socket.create_connection(self._address, _left(deadline))
            except OSError as error:
                raise TransientError("unreachable", type(error).__name__) from error
        return self._wire

    def _exchange(self, wire: socket.socket, frame: bytes, deadline: float) -> Response:
        try:
            wire.settimeout(_left(deadline))
            wire.sendall(frame)
            return self._answer(wire, deadline)
        except TimeoutError as error:
            raise TransientError("timed-out", "no answer") from error
        except OSError as error:
            raise TransientError("unreachable", type(error).__name__) from error

    def _answer(self, wire: socket.socket, deadline: float) -> Response:
        framer = Framer()
        while framer.size + framer.noise <= self._limit:
            wire.settimeout(_left(deadline))
            chunk = wire.recv(CHUNK)
            if not chunk:
                raise TransientError("unreachable", "closed without an answer")
            for piece in framer.feed(chunk):
                if isinstance(piece, Frame):
                    return Response(body=piece.body, content_type=CONTENT_TYPE)
        raise FatalError("bad-answer", f"over {self._limit} bytes")


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _is_stale(wire: socket.socket) -> bool:
    """Whether the far side hung up, or said something that nobody asked for."""
    wire.settimeout(0)
    try:
        wire.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
