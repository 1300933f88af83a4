"""The HTTP server itself, so set up that it logs no addresses of requests and says little."""

from __future__ import annotations

from collections.abc import Collection

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.core.errors import TransientError
from adapter.web.operation_outcome import of_error
from adapter.web.slow_headers import SlowHeaderTimeout
from adapter.web.surroundings import Surroundings

CONNECTIONS = 500
GOODBYE = 10  # seconds that requests under way get when the process stops


class Crowded:
    """ASGI: serves no more connections than there are places, and says so in our own words."""

    def __init__(self, app: ASGIApp) -> None:
        self.connections: Collection[object] = ()
        self._app, self._full = app, Surroundings(_full)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or say that there is no place for its connection."""
        app = self._full if len(self.connections) > CONNECTIONS else self._app
        await app(scope, receive, send)


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    response = of_error(
        TransientError("too-many-connections", retry_after=SlowHeaderTimeout.seconds)
    )
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


def server(application: ASGIApp, address: str) -> uvicorn.Server:
    """A server for `host:port`, not yet started; port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    crowded = Crowded(application)
    found = uvicorn.Server(
        uvicorn.Config(
            crowded,
            host=host.strip("[]"),
            port=int(port),
            http=SlowHeaderTimeout,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # a line a request is the doors' own affair
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GOODBYE,
        )
    )
    crowded.connections = found.server_state.connections
    return found
