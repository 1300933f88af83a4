"""The server for HL7 v2 senders: takes each frame, and responds on the same connection."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

from adapter.core.connections import Connections
from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.listening import listen
from adapter.core.memory import Memory
from adapter.core.shortage import Shortage
from adapter.transports import Accept
from adapter.transports.mllp.address import split
from adapter.transports.mllp.conversation import Conversation, DoorLimits, Terms
from adapter.transports.mllp.fragments import Fragments, Keep

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
_LIMITS = DoorLimits()
GOODBYE = 10.0  # seconds for responses that a peer does not read, when the door stops
REST_SECONDS = 0.5  # after a connection that could not be taken


class MllpServer:
    """Listens on `endpoint.listen` for `endpoint.peers` (addresses or networks).

    Every frame goes to `accept`, and what `accept` returns is sent back, unless it is empty.
    When `accept` raises, the connection is closed without a response, and the sender sends
    again. The received part of a frame that never ended (the peer hung up, its time was over, it
    grew too long, another began) goes to `keep`, without response.
    After two in a row the connection is closed, and only the first is kept.

    The constructor binds, and raises FatalError `settings` when it cannot. `address` is host
    and port as bound; the system chooses the port when the settings say 0. `run` serves in the
    calling thread until `stop`. Each connection has a thread of its own; those between messages
    make room for new ones (`adapter.core.connections`). `accept` is called from all these threads
    at once. `memory` limits the bytes that are under way: a frame waits for room until its time
    is over.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        accept: Accept,
        keep: Keep,
        *,
        limits: DoorLimits = _LIMITS,
        memory: Memory | None = None,
        shortage: Shortage | None = None,
    ) -> None:
        self._name = endpoint.name
        self._memory = memory or Memory()
        self._shortage = shortage or Shortage()
        self._peers = _networks(endpoint)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads: dict[socket.socket, threading.Thread] = {}
        self._connections = Connections[socket.socket](
            limits.connections, limits.per_peer, self._close_silent
        )
        self._terms = Terms(
            endpoint=endpoint.name,
            accept=accept,
            fragments=Fragments(endpoint.name, keep),
            limits=limits,
            connections=self._connections,
            stopping=self._stopping,
        )
        self._listener = listen(*split(endpoint.listen), endpoint.name)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]

    def run(self) -> None:
        """Serve until `stop`; then wait for the responses in progress."""
        self._listener.settimeout(POLL_SECONDS)
        try:
            while not self._stopping.is_set():
                self._take_connection()
        finally:
            self._listener.close()
            self._finish()

    def _take_connection(self) -> None:
        """Admit the next connection; without descriptors or threads, rest and go on."""
        try:
            self._admit(*self._listener.accept())
        except (TimeoutError, ConnectionAbortedError):
            return
        except (OSError, RuntimeError) as error:
            self._shortage.note(error)
            self._connections.shed()
            self._stopping.wait(REST_SECONDS)

    def stop(self) -> None:
        """Accept no more; safe from any thread. `run` returns after the last response."""
        self._stopping.set()

    def _finish(self) -> None:
        with self._lock:
            threads = dict(self._threads)
        self._shut(threads, socket.SHUT_RD)  # ends reading, not responding
        until = time.monotonic() + GOODBYE
        for thread in threads.values():
            thread.join(max(0.0, until - time.monotonic()))
        self._shut(threads, socket.SHUT_RDWR)
        for thread in threads.values():
            thread.join()

    def _shut(self, connections: Iterable[socket.socket], how: int) -> None:
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(how)

    def _admit(self, connection: socket.socket, address: tuple[str, int]) -> None:
        refusal = self._refusal(connection, address[0])
        if refusal:
            log.warning(refusal, extra={"endpoint": self._name})
            connection.close()
            return
        arguments = (connection, address[0])
        thread = threading.Thread(target=self._serve, args=arguments, name=f"mllp-{self._name}")
        with self._lock:
            self._threads[connection] = thread
        try:
            thread.start()
        except RuntimeError:
            self._forget(connection)
            raise

    def _refusal(self, connection: socket.socket, host: str) -> str:
        """Return the log event for a refused connection; "" when it is admitted."""
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not any(mapped in network for network in self._peers):
            return "mllp-peer-refused"
        admitted = self._connections.admit(connection, host)
        return "" if admitted else "mllp-too-many-connections"

    def _close_silent(self, connection: socket.socket) -> None:
        """End its reading only: what it has already sent is still taken, and gets its response."""
        log.info("mllp-silent-hung-up", extra={"endpoint": self._name})
        self._shut([connection], socket.SHUT_RD)

    def _forget(self, connection: socket.socket) -> None:
        self._connections.leave(connection)
        with self._lock:
            self._threads.pop(connection, None)
        connection.close()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        try:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._memory.hold(self._name) as hold:
                Conversation(self._terms, connection, peer, hold).run()
        except OSError:
            log.info("mllp-connection-lost", extra={"endpoint": self._name})
        finally:
            self._forget(connection)


def _networks(
    endpoint: Endpoint,
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(peer, strict=False) for peer in endpoint.peers]
    except ValueError as error:
        raise FatalError("settings", f"{endpoint.name}: peers must be addresses") from error
