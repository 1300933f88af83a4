"""Sending HL7 v2 messages, and waiting for the response to each."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, Response, SendOnly, send_in_order
from adapter.transports.mllp.address import split
from adapter.transports.mllp.framing import (
    CONTENT_TYPE,
    PAUSE,
    Frame,
    Framer,
    Piece,
    framed,
)

CHUNK = 65536


class MllpClient(SendOnly):
    """Sends to `endpoint.address`, one message at a time, and keeps the connection.

    An outcome is one of these:
    - Response: the bytes of the receiver's ACK;
    - TransientError `no-connection`: no byte of the message left;
    - TransientError `unreachable`, or `timed-out` when no ACK arrived within
      `endpoint.timeout`; the receiver may have the message;
    - FatalError `bad-answer`: the ACK is over `limit` bytes;
    - FatalError `not-written`: the message holds framing characters.

    After a TransientError the rest of the batch is not attempted, so that order is kept.
    """

    def __init__(self, endpoint: Endpoint, *, limit: int = 1024 * 1024) -> None:
        self._address = split(endpoint.address)
        self._timeout = endpoint.timeout.total_seconds()
        self._limit = limit
        self._connection: socket.socket | None = None

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Send each, and wait for its response."""
        return send_in_order(envelopes, self._send_one)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send_one(self, envelope: Envelope) -> Outcome:
        deadline = time.monotonic() + self._timeout
        try:
            frame = framed(envelope.body)
            late = TransientError("no-connection", "TimeoutError")
            with socket_errors("no-connection", late=late):
                connection = self._open(deadline)
            with socket_errors("unreachable", late=TransientError("timed-out", "no answer")):
                return self._exchange(connection, frame, deadline)
        except AdapterError as error:
            if error.code != "not-written":
                self.close()
            return error

    def _open(self, deadline: float) -> socket.socket:
        if self._connection is not None and _is_stale(self._connection):
            self.close()
        if self._connection is None:
            self._connection = socket.create_connection(self._address, _left(deadline))
        return self._connection

    def _exchange(self, connection: socket.socket, frame: bytes, deadline: float) -> Response:
        connection.settimeout(_left(deadline))
        connection.sendall(frame)
        framer = Framer()
        while framer.size + framer.noise <= self._limit:
            for piece in _received(connection, framer, deadline):
                if isinstance(piece, Frame):
                    return Response(body=piece.body, content_type=CONTENT_TYPE)
        raise FatalError("bad-answer", f"over {self._limit} bytes")


def _received(connection: socket.socket, framer: Framer, deadline: float) -> Iterator[Piece]:
    """Yield what the next bytes complete.

    After an end block that lacks its carriage return, silence or a hang-up completes the ACK.
    """
    chunk = _read(connection, framer, deadline)
    if chunk:
        yield from framer.feed(chunk)
    elif ended := framer.take_ended():
        yield ended
    else:
        raise TransientError("unreachable", "closed without an answer")


def _read(connection: socket.socket, framer: Framer, deadline: float) -> bytes:
    """Return the next bytes; b"" after a hang-up, or a PAUSE after an end block; TimeoutError."""
    left, has_ended = _left(deadline), framer.has_ended
    connection.settimeout(min(left, PAUSE) if has_ended else left)
    try:
        return connection.recv(CHUNK)
    except TimeoutError:
        if not has_ended:
            raise
        return b""


@contextmanager
def socket_errors(code: ErrorCode, *, late: TransientError) -> Iterator[None]:
    """Raise `late` for a time-out, and a TransientError with `code` for any other OSError."""
    try:
        yield
    except TimeoutError as error:
        raise late from error
    except OSError as error:
        raise TransientError(code, type(error).__name__) from error


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _is_stale(connection: socket.socket) -> bool:
    """Whether the far side closed the connection, or sent something unasked."""
    connection.settimeout(0)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
