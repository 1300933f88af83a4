"""Who calls: one bearer token for each endpoint, known only by its digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.operate.health import OwnHealth
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.endpoints import endpoint_of_token


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What every door needs: who exists, and where messages are kept."""

    network: Network
    store: Store
    accepted: Callable[[], None]  # somebody may be waiting for work
    oneself: OwnHealth


def doors(request: Request) -> Doors:
    """The doors of the application that serves a request."""
    found: Doors = request.app.state.doors
    return found


def sender(request: Request) -> Endpoint:
    """The endpoint that the caller proved to be; FatalError `unidentified-sender`.

    Another way to prove it (a proxy that checks certificates, OAuth2) takes the place of this
    function, and nothing else changes.
    """
    found = doors(request)
    with found.store.read() as tx:
        name = endpoint_of_token(tx, _token(request))
    known = {e.name: e for e in found.network.settings.endpoints}
    if name not in known:  # also a token of an endpoint that the settings have lost
        raise FatalError("unidentified-sender")
    return known[name]


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise FatalError("unidentified-sender", "no bearer token")
    return token.strip()
