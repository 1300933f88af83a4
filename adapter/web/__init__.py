"""The HTTP server: receiving messages, FHIR metadata, health and metrics.

The only importer of FastAPI. Documented for vendors in docs/http.md.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from adapter.operate.health import OwnHealth
from adapter.settings.network import Network
from adapter.store import Store
from adapter.web import error_responses, health, metadata, metrics, receiving
from adapter.web.authentication import WebContext
from adapter.web.middleware import RequestMiddleware


def app(
    network: Network,
    store: Store,
    accepted: Callable[[], None] = lambda: None,
    own_health: OwnHealth | None = None,
) -> FastAPI:
    """Return the application of one adapter.

    The store's schema must be current and its endpoints registered. `accepted` is called after
    each stored message, in the thread that stored it. `own_health` is what the process knows of
    its own health.
    """
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    application.state.context = WebContext(
        network=network, store=store, accepted=accepted, own_health=own_health or OwnHealth()
    )
    application.state.registry = metrics.registry(network, store)
    for part in (receiving, metadata, health, metrics):
        application.include_router(part.router)
    error_responses.install(application)
    application.add_middleware(RequestMiddleware)
    return application
