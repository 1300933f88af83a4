"""One deadline for a whole exchange: httpx limits each read and write, but not their sum.

A far side that sends a byte now and then would otherwise occupy a sender beyond its lease.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

CHUNK = 65536


class Deadline:
    """When the current exchange must be complete; started again for each."""

    def __init__(self) -> None:
        self._at = 0.0

    def start(self, seconds: float) -> None:
        """Begin an exchange that may take so many seconds."""
        self._at = time.monotonic() + seconds

    def left(self, late: type[Exception]) -> float:
        """Return the seconds that are left; raises `late` when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise late
        return left


class DeadlineTransport(httpx.HTTPTransport):
    """httpx over connections that observe the deadline. HTTP/1.1, no proxy."""

    def __init__(self, context: ssl.SSLContext, deadline: Deadline) -> None:
        super().__init__(verify=context)
        self._pool.close()
        # httpx has no argument for the network backend; httpcore, below it, has one.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=_Backend(deadline), max_connections=1
        )


class _Backend(httpcore.SyncBackend):
    """Opens connections within the time that is left."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        stream = super().connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """Reads and writes within the time that is left."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        for start in range(0, len(view), CHUNK):
            chunk = bytes(view[start : start + CHUNK])
            self._stream.write(chunk, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
