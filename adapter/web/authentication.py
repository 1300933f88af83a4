"""Which endpoint calls: one bearer token for each, of which only the digest is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from anyio import CapacityLimiter, to_thread
from fastapi import Request

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.memory import Memory
from adapter.core.quotas import Quota
from adapter.operate.health import OwnHealth
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.endpoints import endpoint_of_token
from adapter.web.middleware import KEEP_PLACE

ASKERS = 8  # threads in which tokens are looked up
WATCHERS = 2  # threads that read the store for health and metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What the routes share: the network, the store, the process's own health and its limits."""

    network: Network
    store: Store
    accepted: Callable[[], None]  # called after each stored message
    own_health: OwnHealth
    memory: Memory = field(default_factory=Memory)  # for the bodies under way
    under_way: Quota = field(default_factory=lambda: Quota(0, 0))  # requests, by endpoint
    askers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(ASKERS))
    watchers: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(WATCHERS))


def context(request: Request) -> WebContext:
    """Return the context of the application that serves a request."""
    shared: WebContext = request.app.state.context
    return shared


async def sender(request: Request) -> Endpoint:
    """Return the endpoint whose token the caller sent; FatalError `unidentified-sender`.

    Callers without a good token take none of the threads in which the messages of others are
    stored, and no place among the connections.
    Another way to authenticate (a proxy that checks certificates, OAuth2) replaces only this
    function.
    """
    token, shared = _token(request), context(request)
    name = await to_thread.run_sync(_endpoint_name, shared.store, token, limiter=shared.askers)
    known = {e.name: e for e in shared.network.settings.endpoints}
    if name not in known:  # also a token of an endpoint that the settings no longer have
        raise FatalError("unidentified-sender")
    getattr(request.state, KEEP_PLACE, _nothing)()
    return known[name]


def _nothing() -> None:
    """Do nothing: the server counts no connections."""


def _endpoint_name(store: Store, token: str) -> str:
    with store.read() as tx:
        return endpoint_of_token(tx, token)


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise FatalError("unidentified-sender", "no bearer token")
    return token.strip()
