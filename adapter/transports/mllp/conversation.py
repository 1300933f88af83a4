"""One connection of an HL7 v2 sender: its frames, and the responses to them."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from adapter.core.connections import Connections
from adapter.core.errors import TransientError
from adapter.core.memory import Hold
from adapter.core.model import Envelope
from adapter.transports import Accept, Response
from adapter.transports.mllp.fragments import Fragments, log_failure
from adapter.transports.mllp.framing import CONTENT_TYPE, END, PAUSE, START, Fragment, Framer, Piece

log = logging.getLogger(__name__)

CHUNK = 65536
MOST_NOISE = 1024
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What one door takes at most."""

    frame: int = 64 * 1024 * 1024  # bytes
    frame_timeout: float = 60.0  # seconds from its start block to its end
    connections: int = 64
    per_peer: int = 32  # connections of one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all connections of one door share."""

    endpoint: str
    accept: Accept
    fragments: Fragments
    limits: DoorLimits
    connections: Connections[socket.socket]
    stopping: threading.Event


class Conversation:
    """Reads the frames of one connection, and responds to each."""

    def __init__(self, terms: Terms, connection: socket.socket, peer: str, hold: Hold) -> None:
        self._terms, self._connection, self._peer, self._hold = terms, connection, peer, hold
        self._framer = Framer()
        self._deadline: float | None = None  # of the frame that has begun
        self._came_to_nothing = False  # a fragment, or an empty frame, was last

    def run(self) -> None:
        """Go on until the peer hangs up, the door stops, or the peer does something wrong."""
        try:
            while self._step():
                pass
        finally:
            if self._framer.inside and self._framer.size and not self._came_to_nothing:
                self._keep(self._framer.partial[: self._terms.limits.frame])

    def _step(self) -> bool:
        """Read and handle what comes next; False when the connection must be closed."""
        chunk = self._read()
        if chunk or self._terms.stopping.is_set():
            return bool(chunk) and self._take(chunk)
        ended = self._framer.take_ended()
        self._deadline = None
        return ended is not None and self._handle(ended)

    def _read(self) -> bytes:
        """Return the next bytes; b"" after a hang-up, after `stop`, or when nothing more comes.

        That is when the frame is late, or has an end block without its carriage return.
        """
        left = None if self._deadline is None else self._deadline - time.monotonic()
        if self._terms.stopping.is_set() or (left is not None and left <= 0):
            return b""
        self._connection.settimeout(self._patience(left))
        if left is None:
            self._terms.connections.idle(self._connection)
        try:
            return self._connection.recv(CHUNK)
        except (TimeoutError, ConnectionResetError):
            return b""
        finally:
            self._terms.connections.busy(self._connection)

    def _patience(self, left: float | None) -> float | None:
        """How long to wait for the next bytes; None between messages."""
        return min(left, PAUSE) if left is not None and self._framer.has_ended else left

    def _take(self, chunk: bytes) -> bool:
        """Handle received bytes; False when the connection must be closed."""
        framer = self._framer
        for piece in framer.feed(chunk):
            self._deadline = None
            if self._terms.stopping.is_set() or not self._handle(piece):
                return False
        if framer.size > self._terms.limits.frame or framer.noise > MOST_NOISE:
            return False
        self._set_deadline()
        self._hold.shrink(framer.size)
        return self._wait(lambda: self._hold.grow(framer.size))

    def _set_deadline(self) -> None:
        if not self._framer.inside:
            self._deadline = None
        elif self._deadline is None:
            self._deadline = time.monotonic() + self._terms.limits.frame_timeout

    def _wait(self, has_room: Callable[[], bool]) -> bool:
        """Wait for memory until the frame is late or the door stops; whether there is room."""
        until = self._deadline or time.monotonic() + self._terms.limits.frame_timeout
        while not has_room():
            if time.monotonic() >= until or self._terms.stopping.wait(POLL_SECONDS):
                return False
        return True

    def _handle(self, piece: Piece) -> bool:
        """Respond to a frame, keep a fragment; False when the connection must be closed.

        Of fragments and empty frames in a row only the first is taken: a packet of them would
        otherwise become thousands of rows.
        """
        is_nothing = isinstance(piece, Fragment) or not piece.body.strip()
        if is_nothing and self._came_to_nothing:
            log.warning("mllp-fragments-too-many", extra={"endpoint": self._terms.endpoint})
            return False
        self._came_to_nothing = is_nothing
        if isinstance(piece, Fragment):
            self._keep(piece.body)
            return True
        return self._respond(piece.body)

    def _respond(self, body: bytes) -> bool:
        response = self._response(body)
        if response is None:
            return False
        if response.body:
            self._connection.settimeout(self._terms.limits.frame_timeout)
            self._connection.sendall(START + response.body + END)
        return True

    def _response(self, body: bytes) -> Response | None:
        try:
            self._begin_work(len(body))
            return self._terms.accept(self._envelope(body))
        except Exception as error:
            log_failure("mllp-not-accepted", self._terms.endpoint, error)
            return None
        finally:
            self._hold.end_work()

    def _begin_work(self, size: int) -> None:
        if not self._wait(lambda: self._hold.begin_work(size)):
            raise TransientError("too-much-at-once", "no memory for the message")

    def _keep(self, body: bytes) -> None:
        self._terms.fragments.take(self._envelope(body), self._peer)

    def _envelope(self, body: bytes) -> Envelope:
        return Envelope(endpoint=self._terms.endpoint, body=body, content_type=CONTENT_TYPE)
