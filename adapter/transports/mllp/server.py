"""The server for HL7 v2 senders: takes each frame, and responds on the same connection."""

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
from adapter.core.listening import listen
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
"""Store the received part of a message that was broken off, so that a person can inspect it."""


class MllpServer:
    """Listens on `endpoint.listen` for `endpoint.peers` (addresses or networks).

    Every frame goes to `accept`, and what `accept` returns is sent back, unless it is empty.
    When `accept` raises, the connection is closed without a response, and the sender sends
    again. The received part of a frame that never ended (the peer hung up, `frame_timeout`
    seconds passed, it grew over `limit` bytes, another began) goes to `keep`, without response.

    The constructor binds, and raises FatalError `settings` when it cannot. `address` is host
    and port as bound; the system chooses the port when the settings say 0. `run` serves in the
    calling thread until `stop`. Each connection has a thread of its own, and there are at most
    `connections` of them. For one more, the connection that has been silent longest is closed,
    if it is between messages. `accept` is called from all these threads at once.
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
        self._silent: dict[socket.socket, None] = {}  # between messages, longest silent first
        self._listener = listen(*split(endpoint.listen), endpoint.name)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def run(self) -> None:
        """Serve until `stop`; then wait for the responses in progress."""
        self._listener.settimeout(POLL_SECONDS)
        try:
            while not self._stopping.is_set():
                with suppress(TimeoutError, ConnectionAbortedError):
                    self._admit(*self._listener.accept())
        finally:
            self._listener.close()
            self._finish()

    def stop(self) -> None:
        """Accept no more; safe from any thread. `run` returns after the last response."""
        self._stopping.set()

    def _finish(self) -> None:
        with self._lock:
            threads = self._open | self._leaving
        for connection in threads:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)  # ends reading, not responding
        for thread in threads.values():
            thread.join()

    def _admit(self, connection: socket.socket, address: tuple[str, int]) -> None:
        refusal = self._refusal(address[0])
        if refusal:
            log.warning(refusal, extra={"endpoint": self._name})
            connection.close()
            return
        thread = threading.Thread(target=self._serve, args=(connection,), name=f"mllp-{self._name}")
        with self._lock:
            self._open[connection] = thread
            self._silent[connection] = None
        thread.start()

    def _refusal(self, host: str) -> str:
        """Return the log event for a refused connection; "" when it is admitted."""
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not any(mapped in network for network in self._peers):
            return "mllp-peer-refused"
        return "" if self._has_room() else "mllp-too-many-connections"

    def _has_room(self) -> bool:
        """Whether one more connection fits; when full, close the one silent for longest.

        Only its reading ends: what it has already sent is still taken, and gets its response.
        """
        with self._lock:
            if len(self._open) < self._most:
                return True
            connection = next(iter(self._silent), None)
            if connection is not None:
                self._close_silent(connection)
            return connection is not None

    def _close_silent(self, connection: socket.socket) -> None:
        log.info("mllp-silent-hung-up", extra={"endpoint": self._name})
        self._leaving[connection] = self._open.pop(connection)
        del self._silent[connection]
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RD)

    def _serve(self, connection: socket.socket) -> None:
        framer = Framer()
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve_messages(connection, framer)
        except OSError:
            log.info("mllp-connection-lost", extra={"endpoint": self._name})
        finally:
            with self._lock:
                for group in (self._open, self._leaving, self._silent):
                    group.pop(connection, None)
            connection.close()

    def _serve_messages(self, connection: socket.socket, framer: Framer) -> None:
        """Handle messages until the peer hangs up, or does something that ends the connection."""
        deadline: float | None = None
        try:
            while chunk := self._read(connection, deadline):
                for piece in framer.feed(chunk):
                    deadline = None
                    if not self._handle(connection, piece):
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

    def _read(self, connection: socket.socket, deadline: float | None) -> bytes:
        """Return the next bytes; b"" after a hang-up, after `stop`, or when the frame is late."""
        left = None if deadline is None else deadline - time.monotonic()
        if self._stopping.is_set() or (left is not None and left <= 0):
            return b""
        connection.settimeout(left)
        if left is None:
            self._mark_silent(connection)
        try:
            return connection.recv(CHUNK)
        except (TimeoutError, ConnectionResetError):
            return b""
        finally:
            self._mark_speaking(connection)

    def _mark_silent(self, connection: socket.socket) -> None:
        with self._lock:
            if connection in self._open:
                self._silent.setdefault(connection)

    def _mark_speaking(self, connection: socket.socket) -> None:
        with self._lock:
            self._silent.pop(connection, None)

    def _handle(self, connection: socket.socket, piece: Piece) -> bool:
        """Respond to a frame, keep a fragment; False when the connection must be closed."""
        if isinstance(piece, Fragment):
            self._keep_fragment(piece.body)
            return True
        response = self._response(piece.body)
        if response is None:
            return False
        if response.body:
            connection.settimeout(self._frame_timeout)
            connection.sendall(START + response.body + END)
        return True

    def _response(self, body: bytes) -> Response | None:
        try:
            return self._accept(self._envelope(body))
        except Exception as error:
            self._log_failure("mllp-not-accepted", error)
            return None

    def _keep_fragment(self, body: bytes) -> None:
        log.warning("mllp-fragment", extra={"endpoint": self._name})
        try:
            self._keep(self._envelope(body))
        except Exception as error:
            self._log_failure("mllp-fragment-not-kept", error)

    def _log_failure(self, event: str, error: Exception) -> None:
        """Log the code only: the text and traceback of an error may quote the message."""
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
