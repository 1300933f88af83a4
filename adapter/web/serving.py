"""The uvicorn server, set up so that it logs no request addresses and no server name."""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from adapter.core.endpoint import ConnectionLimits
from adapter.core.shortage import Shortage
from adapter.web.http_connections import Guests, HttpConnection

BACKLOG = 64  # connections that the loop takes at once, before it counts any of them
WAITING = 1024  # connections that the system keeps for us
UNREAD = 128 * 1024  # bytes that the system keeps for a peer that does not read
GOODBYE = 10  # seconds for requests under way when the process stops
_LIMITS = ConnectionLimits()


class Server(uvicorn.Server):
    """uvicorn, which goes on when it has no descriptor for a connection, and says so."""

    def __init__(self, config: uvicorn.Config, guests: Guests, shortage: Shortage) -> None:
        super().__init__(config)
        self._guests, self._shortage = guests, shortage

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port; from then on, the loop tells us what it could not take."""
        asyncio.get_running_loop().set_exception_handler(self._failed)
        await super().startup(sockets)
        for listener in (each for server in self.servers for each in server.sockets):
            with socket.fromfd(listener.fileno(), listener.family, listener.type) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD)  # of each connection
                same.listen(WAITING)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what asyncio tells: without descriptors it rests for a second and tries again."""
        error = context.get("exception")
        if isinstance(error, OSError) and "socket" in context:  # of a listener
            self._shortage.note(error)
            self._guests.shed()
        else:
            loop.default_exception_handler(context)


def server(
    application: ASGIApp,
    address: str,
    limits: ConnectionLimits = _LIMITS,
    shortage: Shortage | None = None,
) -> Server:
    """Return a server for `host:port`, not yet started; port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    guests = Guests(limits)
    config = uvicorn.Config(
        application,
        host=host.strip("[]"),
        port=int(port),
        http=partial(HttpConnection, guests),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # the routes log each request themselves
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(HttpConnection.seconds),
        timeout_graceful_shutdown=GOODBYE,
        backlog=BACKLOG,
    )
    return Server(config, guests, shortage or Shortage())
