"""Packets of nothing but MLLP start blocks: each begins a message that the next one breaks off."""

from __future__ import annotations

import socket
from collections import Counter

from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import LISTED, Target, addresses

_SECONDS = 20.0


def run(target: Target, size: Size, _: Stop) -> Counter[str]:
    """Send each packet on a connection of its own; count which the adapter closed."""
    sources = addresses(size.addresses)[:LISTED]
    return Counter(
        _outcome(target, size, sources[number % len(sources)]) for number in range(size.packets)
    )


def _outcome(target: Target, size: Size, source: str) -> str:
    try:
        address = ("127.0.0.1", target.doors[0])
        with socket.create_connection(address, _SECONDS, (source, 0)) as wire:
            wire.sendall(b"\x0b" * size.start_bytes)
            while wire.recv(65536):
                pass
    except TimeoutError:
        return "kept"
    except OSError:
        return "closed"
    return "closed"
