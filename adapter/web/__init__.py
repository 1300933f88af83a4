"""The HTTP server: receiving messages, FHIR metadata and definitions, health and metrics.

The only importer of FastAPI. Documented for vendors in docs/http.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from fastapi import APIRouter, FastAPI

from adapter.core.memory import Memory
from adapter.core.quotas import Quota
from adapter.operate.health import OwnHealth
from adapter.settings.network import Network
from adapter.store import Store
from adapter.web import error_responses, health, metadata, metrics, published, receiving
from adapter.web.authentication import WebContext
from adapter.web.middleware import RequestMiddleware


def app(
    network: Network,
    store: Store,
    accepted: Callable[[], None] = lambda: None,
    own_health: OwnHealth | None = None,
    memory: Memory | None = None,
) -> FastAPI:
    """Return the application of one adapter: the doors for partners, health and metrics.

    The store's schema must be current and its endpoints registered. `accepted` is called after
    each stored message, in the thread that stored it. `own_health` is what the process knows of
    its own health, and `memory` limits what requests under way may take.
    """
    limits, connections = network.settings.limits, network.settings.connections
    shared = WebContext(
        network=network,
        store=store,
        accepted=accepted,
        own_health=own_health or OwnHealth(),
        memory=memory or Memory(limits.memory, limits.body),
        under_way=Quota(connections.total, connections.per_token),
    )
    return _application(shared, (receiving.router, metadata.router, published.router, *_WATCHING))


def watching(network: Network, store: Store, own_health: OwnHealth) -> FastAPI:
    """Return the application of health and metrics alone, for a port of its own."""
    shared = WebContext(
        network=network,
        store=store,
        accepted=lambda: None,
        own_health=own_health,
    )
    return _application(shared, _WATCHING)


def _application(shared: WebContext, routers: Iterable[APIRouter]) -> FastAPI:
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    application.state.context = shared
    application.state.registry = metrics.registry(shared.network, shared.store)
    for router in routers:
        application.include_router(router)
    error_responses.install(application)
    application.add_middleware(RequestMiddleware)
    return application


_WATCHING = (health.router, metrics.router)
