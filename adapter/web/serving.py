"""The uvicorn server, set up so that it logs no request addresses and no server name."""

from __future__ import annotations

from collections.abc import Collection

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.core.errors import TransientError
from adapter.web.error_responses import of_error
from adapter.web.middleware import RequestMiddleware
from adapter.web.slow_headers import SlowHeaderTimeout

CONNECTIONS = 500
GOODBYE = 10  # seconds for requests under way when the process stops


class ConnectionLimit:
    """ASGI: answers `too-many-connections` above CONNECTIONS connections."""

    def __init__(self, app: ASGIApp) -> None:
        self.connections: Collection[object] = ()
        self._app, self._full = app, RequestMiddleware(_full)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        app = self._full if len(self.connections) > CONNECTIONS else self._app
        await app(scope, receive, send)


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    response = of_error(
        TransientError("too-many-connections", retry_after=SlowHeaderTimeout.seconds)
    )
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


def server(application: ASGIApp, address: str) -> uvicorn.Server:
    """Return a server for `host:port`, not yet started; port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    limited = ConnectionLimit(application)
    uvicorn_server = uvicorn.Server(
        uvicorn.Config(
            limited,
            host=host.strip("[]"),
            port=int(port),
            http=SlowHeaderTimeout,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # the routes log each request themselves
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GOODBYE,
        )
    )
    limited.connections = uvicorn_server.server_state.connections
    return uvicorn_server
