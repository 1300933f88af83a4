"""A small TCP proxy that can cut what goes through it, let it hang, and slow it down."""

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
        """A proxy that listens on `port`, and connects to `behind`."""
        proxy = Proxy(behind, self._call)
        asyncio.run_coroutine_threadsafe(proxy.listen(port), self._loop).result(5)
        self._all.append(proxy)
        return proxy

    def close(self) -> None:
        """End them all."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._call(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        for proxy in self._all:
            proxy.end()
        mine = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not mine]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _call(self, what: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(what)


class Proxy:
    """One listener. Its methods may be called from any thread."""

    def __init__(self, behind: int, call: Callable[[Callable[[], None]], None]) -> None:
        self._behind = behind
        self._call = call
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._delay = 0.0

    async def listen(self, port: int) -> None:
        """Open the door."""
        self._server = await asyncio.start_server(self._welcome, "127.0.0.1", port)

    def end(self) -> None:
        """Close the door, and every connection. Only in the thread of the proxies."""
        if self._server is not None:
            self._server.close()
        _each(self._links, _Link.cut)

    def cut(self) -> bool:
        """Reset every connection at once; new ones are welcome. Whether there was any."""
        return self._to_each(_Link.cut)

    def hang(self) -> bool:
        """Half-open: from now on the present connections carry nothing, and nobody is told.

        Whether there was any.
        """
        return self._to_each(_Link.hang)

    def _to_each(self, what: Callable[[_Link], None]) -> bool:
        found = any(not link.hanging for link in list(self._links))
        self._call(lambda: _each(self._links, what))
        return found

    def delay(self, seconds: float) -> None:
        """Hold every piece back for so long; 0 ends it."""
        self._delay = seconds

    async def _welcome(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
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
        """Carry one direction until it ends; while hanging, swallow."""
        while piece := await source.read(_CHUNK):
            if self._delay:
                await asyncio.sleep(self._delay)
            if not link.hanging:
                sink.write(piece)
                await sink.drain()
        if not link.hanging:
            sink.close()


class _Link:
    """Two sockets that belong together."""

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
    found = end.get_extra_info("socket")
    with suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()
