"""How many connections a door holds, and which one makes room for a new one.

A peer that opens many connections and asks nothing must not keep others out. So each peer address
has a limit, within which it displaces only itself. At the limit of the door, the peer with most
idle connections loses the one that has been idle longest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count
from threading import Lock
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class Connections(Generic[C]):
    """The connections of one door; safe from any thread.

    `close` is called without the lock for a connection that made room. It no longer counts, even
    if it takes a while to end.
    """

    def __init__(self, most: int, per_peer: int, close: Callable[[C], None]) -> None:
        self._most, self._per_peer, self._close = most, per_peer, close
        self._lock = Lock()
        self._ticks = count()
        self._peers: dict[C, str] = {}
        self._open: dict[str, set[C]] = {}
        self._idle: dict[str, dict[C, int]] = {}  # by peer, longest idle first

    def admit(self, connection: C, peer: str) -> bool:
        """Count a new connection, which is idle at first; False when nothing idle makes room."""
        with self._lock:
            crowded = len(self._open.get(peer, ())) >= self._per_peer
            full = crowded or len(self._peers) >= self._most
            victim = self._longest_idle(peer if crowded else self._idlest()) if full else None
            if full and victim is None:
                return False
            self._remove(victim)
            self._peers[connection] = peer
            self._open.setdefault(peer, set()).add(connection)
            self._rest(connection, peer)
        self._hang_up(victim)
        return True

    def idle(self, connection: C) -> None:
        """Note that it is between requests; one that no longer counts stays uncounted."""
        with self._lock:
            peer = self._peers.get(connection)
            if peer is not None and connection not in self._idle.get(peer, ()):
                self._rest(connection, peer)

    def busy(self, connection: C) -> None:
        """Note that a request is under way: it makes room for nobody."""
        with self._lock:
            self._wake(connection)

    def leave(self, connection: C) -> None:
        """Count it no longer."""
        with self._lock:
            self._remove(connection)

    def shed(self) -> None:
        """Close one idle connection of the peer that has most of them, if there is any."""
        with self._lock:
            victim = self._longest_idle(self._idlest())
            self._remove(victim)
        self._hang_up(victim)

    def _rest(self, connection: C, peer: str) -> None:
        self._idle.setdefault(peer, {})[connection] = next(self._ticks)

    def _wake(self, connection: C) -> None:
        peer = self._peers.get(connection, "")
        resting = self._idle.get(peer, {})
        resting.pop(connection, None)
        if not resting:
            self._idle.pop(peer, None)

    def _remove(self, connection: C | None) -> None:
        if connection is None or connection not in self._peers:
            return
        self._wake(connection)
        peer = self._peers.pop(connection)
        self._open[peer].discard(connection)
        if not self._open[peer]:
            del self._open[peer]

    def _idlest(self) -> str:
        """The peer with most idle connections; of several, that with the longest idle one."""
        return max(self._idle, key=self._idleness, default="")

    def _idleness(self, peer: str) -> tuple[int, int]:
        resting = self._idle[peer]
        return len(resting), -next(iter(resting.values()))

    def _longest_idle(self, peer: str) -> C | None:
        return next(iter(self._idle.get(peer, ())), None)

    def _hang_up(self, connection: C | None) -> None:
        if connection is not None:
            self._close(connection)
