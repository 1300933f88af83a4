"""The door for HL7 v2 senders: takes each frame, and answers on the same connection."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeAlias

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError
from adapter.core.model import Envelope
from adapter.transports import Accept, Response
from adapter.transports.mllp.address import split
from adapter.transports.mllp.framing import (
    CONTENT_TYPE,
    END,
    START,
    Fragment,
    Framer,
    Piece,
)

log = logging.getLogger(__name__)

CHUNK = 65536
MOST_NOISE = 1024
POLL_SECONDS = 0.05

Keep: TypeAlias = Callable[[Envelope], None]
"""Take what came of a message that was broken off, so that somebody can look at it."""


class MllpServer:
    """Listens on `endpoint.listen` for `endpoint.peers` (addresses or networks).

    Every frame goes to `accept`; what it answers goes back, nothing when the answer is empty.
    When `accept` raises, the connection is closed without an answer, and the sender sends
    again. What came of a frame that never ended (the peer hung up, `frame_timeout` seconds
    passed, it grew over `limit` bytes, another began) goes to `keep`, unanswered.

    The constructor binds, and raises FatalError `settings` when it cannot; `address` is host
    and port as bound (the port is chosen when the settings say 0). `run` serves in the
    thread that calls it until `stop`; each connection has a thread of its own, at most
    `connections` of them: for one more, the one that has been silent for longest is hung up on,
    between messages. `accept` is called in all of these, at the same time.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        accept: Accept,
        keep: Keep,
        *,
        limit: int = 64 * 1024 * 1024,
        frame_timeout: float = 60.0,
        connections: int = 64,
    ) -> None:
        self._name = endpoint.name
        self._accept = accept
        self._keep = keep
        self._limit = limit
        self._frame_timeout = frame_timeout
        self._most = connections
        self._peers = _networks(endpoint)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._leaving: dict[socket.socket, threading.Thread] = {}
        self._silent: dict[socket.socket, None] = {}  # between messages, the longest first
        self._listener = _listening(endpoint)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def run(self) -> None:
        """Serve until `stop`; then wait for the answers that are under way."""
        self._listener.settimeout(POLL_SECONDS)
        try:
            while not self._stopping.is_set():
                with suppress(TimeoutError, ConnectionAbortedError):
                    self._welcome(*self._listener.accept())
        finally:
            self._listener.close()
            self._finish()

    def stop(self) -> None:
        """Take no more; safe from any thread. `run` returns when all is answered."""
        self._stopping.set()

    def _finish(self) -> None:
        with self._lock:
            connections = self._open | self._leaving
        for wire in connections:
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RD)  # ends waiting for more, not answering
        for thread in connections.values():
            thread.join()

    def _welcome(self, wire: socket.socket, address: tuple[str, int]) -> None:
        refusal = self._refusal(address[0])
        if refusal:
            log.warning(refusal, extra={"endpoint": self._name})
            wire.close()
            return
        thread = threading.Thread(target=self._serve, args=(wire,), name=f"mllp-{self._name}")
        with self._lock:
            self._open[wire] = thread
            self._silent[wire] = None
        thread.start()

    def _refusal(self, host: str) -> str:
        """The event name of why a connection is not taken; "" when it is."""
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not any(mapped in network for network in self._peers):
            return "mllp-peer-refused"
        return "" if self._has_room() else "mllp-too-many-connections"

    def _has_room(self) -> bool:
        """Where there is none, who has been silent for longest makes room: it is hung up on.

        Only reading is ended: what it has sent by now is still taken, and answered.
        """
        with self._lock:
            if len(self._open) < self._most:
                return True
            wire = next(iter(self._silent), None)
            if wire is not None:
                self._let_go(wire)
            return wire is not None

    def _let_go(self, wire: socket.socket) -> None:
        log.info("mllp-silent-hung-up", extra={"endpoint": self._name})
        self._leaving[wire] = self._open.pop(wire)
        del self._silent[wire]
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RD)

    def _serve(self, wire: socket.socket) -> None:
        framer = Framer()
        try:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._converse(wire, framer)
        except OSError:
            log.info("mllp-connection-lost", extra={"endpoint": self._name})
        finally:
            with self._lock:
                for group in (self._open, self._leaving, self._silent):
                    group.pop(wire, None)
            wire.close()

    def _converse(self, wire: socket.socket, framer: Framer) -> None:
        """Until the peer hangs up, or does something that ends the connection."""
        deadline: float | None = None
        try:
            while chunk := self._read(wire, deadline):
                for piece in framer.feed(chunk):
                    deadline = None
                    if not self._dealt_with(wire, piece):
                        return
                if framer.size > self._limit or framer.noise > MOST_NOISE:
                    return
                deadline = self._deadline(framer, deadline)
        finally:
            if framer.inside and framer.size:
                self._keep_fragment(framer.partial[: self._limit])

    def _deadline(self, framer: Framer, current: float | None) -> float | None:
        if not framer.inside:
            return None
        return current or time.monotonic() + self._frame_timeout

    def _read(self, wire: socket.socket, deadline: float | None) -> bytes:
        """What comes next; b"" when nothing will, the frame took too long, or we are stopping."""
        left = None if deadline is None else deadline - time.monotonic()
        if self._stopping.is_set() or (left is not None and left <= 0):
            return b""
        wire.settimeout(left)
        if left is None:
            self._falls_silent(wire)
        try:
            return wire.recv(CHUNK)
        except (TimeoutError, ConnectionResetError):
            return b""
        finally:
            self._speaks(wire)

    def _falls_silent(self, wire: socket.socket) -> None:
        with self._lock:
            if wire in self._open:
                self._silent.setdefault(wire)

    def _speaks(self, wire: socket.socket) -> None:
        with self._lock:
            self._silent.pop(wire, None)

    def _dealt_with(self, wire: socket.socket, piece: Piece) -> bool:
        """Answer a frame, keep a fragment; False when the connection must be closed."""
        if isinstance(piece, Fragment):
            self._keep_fragment(piece.body)
            return True
        answer = self._accepted(piece.body)
        if answer is None:
            return False
        if answer.body:
            wire.settimeout(self._frame_timeout)
            wire.sendall(START + answer.body + END)
        return True

    def _accepted(self, body: bytes) -> Response | None:
        try:
            return self._accept(self._envelope(body))
        except Exception as error:
            self._complain("mllp-not-accepted", error)
            return None

    def _keep_fragment(self, body: bytes) -> None:
        log.warning("mllp-fragment", extra={"endpoint": self._name})
        try:
            self._keep(self._envelope(body))
        except Exception as error:
            self._complain("mllp-fragment-not-kept", error)

    def _complain(self, event: str, error: Exception) -> None:
        """Log without the error: its text, and its traceback, may hold what it choked on."""
        code = error.code if isinstance(error, AdapterError) else "adapter-fault"
        log.error(event, extra={"endpoint": self._name, "code": code})

    def _envelope(self, body: bytes) -> Envelope:
        return Envelope(endpoint=self._name, body=body, content_type=CONTENT_TYPE)


def _networks(
    endpoint: Endpoint,
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(peer, strict=False) for peer in endpoint.peers]
    except ValueError as error:
        raise FatalError("settings", f"{endpoint.name}: peers must be addresses") from error


def _listening(endpoint: Endpoint) -> socket.socket:
    host, port = split(endpoint.listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise FatalError("settings", f"{endpoint.name}: cannot listen: {error.strerror}") from error
