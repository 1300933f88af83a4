"""The HTTP server itself, so set up that it logs no addresses of requests and says little."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

from adapter.web.hurry import Hurried

CONNECTIONS = 500
GOODBYE = 10  # seconds that requests under way get when the process stops


def server(application: ASGIApp, address: str) -> uvicorn.Server:
    """A server for `host:port`, not yet started; port 0 takes a free one."""
    host, _, port = address.rpartition(":")
    return uvicorn.Server(
        uvicorn.Config(
            application,
            host=host.strip("[]"),
            port=int(port),
            http=Hurried,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # a line a request is the doors' own affair
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GOODBYE,
        )
    )
