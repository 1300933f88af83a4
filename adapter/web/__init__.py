"""The HTTP side: doors for messages, what FHIR says of them, health and metrics.

The only importer of FastAPI. Documented for vendors in docs/http.md.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from adapter.operate.health import OwnHealth
from adapter.settings.network import Network
from adapter.store import Store
from adapter.web import doors, health, metadata, metrics, operation_outcome
from adapter.web.authentication import Doors
from adapter.web.surroundings import Surroundings


def app(
    network: Network,
    store: Store,
    accepted: Callable[[], None] = lambda: None,
    oneself: OwnHealth | None = None,
) -> FastAPI:
    """The application of one adapter; the store's schema is current, its endpoints registered.

    `accepted` is called after each message that was taken, in the thread that took it;
    `oneself` is what the process knows of its own health.
    """
    application = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    application.state.doors = Doors(
        network=network, store=store, accepted=accepted, oneself=oneself or OwnHealth()
    )
    application.state.registry = metrics.registry(network, store)
    for part in (doors, metadata, health, metrics):
        application.include_router(part.router)
    operation_outcome.install(application)
    application.add_middleware(Surroundings)
    return application
