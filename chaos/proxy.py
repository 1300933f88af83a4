"""A small TCP proxy that can cut its connections, make them half-open, and delay their data."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress

_CHUNK = 65536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class Proxies:
    """All proxies of a run, in one thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._all: list[Proxy] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def between(self, port: int, behind: int) -> Proxy:
        """Return a proxy that listens on `port` and connects to `behind`."""
        proxy = Proxy(behind, self._call)
        asyncio.run_coroutine_threadsafe(proxy.listen(port), self._loop).result(5)
        self._all.append(proxy)
        return proxy

    def close(self) -> None:
        """End every proxy."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._call(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        for proxy in self._all:
            proxy.end()
        current = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not current]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _call(self, what: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(what)


class Proxy:
    """One listening port. Its methods may be called from any thread."""

    def __init__(self, behind: int, call: Callable[[Callable[[], None]], None]) -> None:
        self._behind = behind
        self._call = call
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._delay = 0.0

    async def listen(self, port: int) -> None:
        """Start to listen."""
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", port)

    def end(self) -> None:
        """Stop to listen, and reset every connection. Call only in the proxies' thread."""
        if self._server is not None:
            self._server.close()
        _each(self._links, _Link.cut)

    def cut(self) -> bool:
        """Reset every connection; new ones work. Whether there was any."""
        return self._to_each(_Link.cut)

    def hang(self) -> bool:
        """Make the open connections half-open: they stay open and carry nothing.

        Whether there was any.
        """
        return self._to_each(_Link.hang)

    def _to_each(self, what: Callable[[_Link], None]) -> bool:
        some = any(not link.hanging for link in list(self._links))
        self._call(lambda: _each(self._links, what))
        return some

    def delay(self, seconds: float) -> None:
        """Delay all data by so many seconds; 0 ends the delay."""
        self._delay = seconds

    async def _connect(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, onward = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            _reset(back)
            return
        link = _Link(back, onward)
        self._links.add(link)
        try:
            await asyncio.gather(self._pump(link, near, onward), self._pump(link, far, back))
        except (OSError, asyncio.IncompleteReadError):
            link.cut()
        finally:
            self._links.discard(link)

    async def _pump(
        self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        """Copy one direction until it ends; drop the data while the link hangs."""
        while piece := await source.read(_CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            if not link.hanging:
                sink.write(piece)
                await sink.drain()
        if not link.hanging:
            sink.close()


class _Link:
    """The two sockets of one connection through the proxy."""

    def __init__(self, back: asyncio.StreamWriter, onward: asyncio.StreamWriter) -> None:
        self._ends = (back, onward)
        self.hanging = False

    def hang(self) -> None:
        self.hanging = True

    def cut(self) -> None:
        for end in self._ends:
            _reset(end)


def _each(links: Iterable[_Link], what: Callable[[_Link], None]) -> None:
    for link in list(links):
        what(link)


def _reset(end: asyncio.StreamWriter) -> None:
    own_socket = end.get_extra_info("socket")
    with suppress(OSError):
        if own_socket is not None:
            own_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()
