"""Checks of an endpoint's transport: how we reach it, and how it reaches us.

Paths are relative to its stanza.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from ipaddress import ip_address
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.errors import Issue
from adapter.core.model import DoneWhen
from adapter.settings import addresses
from adapter.settings.issues import choices, error, warning

TRANSPORTS = ("http", "memory", "mllp", "rabbitmq")
CREDENTIALS = {"": (), "basic": ("USER", "PASSWORD"), "bearer": ("TOKEN",)}

_CERTIFICATES = ("ca_file", "certificate_file", "key_file")
_UNUSED_KEYS = {  # keys that a transport does not use
    "http": ("listen", "peers", "broker_user"),
    "mllp": ("broker_user", "credentials", *_CERTIFICATES),
    "rabbitmq": ("address", "listen", "peers", "credentials", "max_in_flight", *_CERTIFICATES),
}


def can_send(endpoint: Endpoint) -> bool:
    """Whether the adapter can send to the endpoint itself."""
    return bool(endpoint.address) or endpoint.transport in ("rabbitmq", "memory")


def problems(endpoint: Endpoint) -> Iterator[Issue]:
    """Yield the errors and warnings of one stanza's transport."""
    yield from _transport(endpoint)
    yield from _credentials(endpoint)


def listen_address(path: str, text: str) -> Iterator[Issue]:
    """Yield a problem when a text is not a host:port where the adapter can listen."""
    try:
        addresses.host_port(text)
    except ValueError as problem:
        yield error(path, str(problem))


def _transport(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.transport not in TRANSPORTS:
        yield error("transport", "is not known" + choices(TRANSPORTS, endpoint.transport))
        return
    yield from _TRANSPORT_CHECKS[endpoint.transport](endpoint)
    for name in _UNUSED_KEYS.get(endpoint.transport, ()):
        if getattr(endpoint, name) != _DEFAULTS[name]:
            yield warning(name, f"is not used by transport {endpoint.transport}")


def _http(endpoint: Endpoint) -> Iterator[Issue]:
    if not endpoint.address:
        return
    try:
        parts = addresses.url(endpoint.address, ("http", "https"))
    except ValueError as problem:
        yield error("address", str(problem))
        return
    if parts.username is not None:
        yield error("address", "contains a user name; credentials belong in environment variables")
    if parts.scheme == "http" and not addresses.is_loopback(parts.hostname or ""):
        yield warning("address", "is not https: messages can be read on the way")


def _mllp(endpoint: Endpoint) -> Iterator[Issue]:
    if not endpoint.address and not endpoint.listen:
        yield error("listen", "is missing: mllp needs listen, address or both")
    for name in ("address", "listen"):
        if getattr(endpoint, name):
            yield from listen_address(name, getattr(endpoint, name))
    yield from _peers(endpoint)


def _peers(endpoint: Endpoint) -> Iterator[Issue]:
    for i, peer in enumerate(endpoint.peers):
        if not _is_address(peer):
            yield error(f"peers[{i}]", "is not an IP address")
    if endpoint.listen and not endpoint.peers:
        yield error("peers", "is empty: nobody can connect")
    if _is_open(endpoint.listen) and endpoint.peers == _DEFAULTS["peers"]:
        yield warning("peers", "allows only this machine, but listen is open to other machines")


def _is_open(listen: str) -> bool:
    try:
        return bool(listen) and not addresses.is_loopback(addresses.host_port(listen)[0])
    except ValueError:
        return False


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _rabbitmq(endpoint: Endpoint) -> Iterator[Issue]:
    if not endpoint.broker_user:
        yield error(
            "broker_user", "is missing: without it the adapter trusts no receipt from the partner"
        )
    if endpoint.done_when is DoneWhen.DELIVERED:
        yield error(
            "done_when", "delivered only means that the broker has the message; write accepted"
        )


def _memory(_endpoint: Endpoint) -> Iterator[Issue]:
    return iter(())


def _credentials(endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.credentials not in CREDENTIALS:
        known = [word for word in CREDENTIALS if word]
        yield error("credentials", "is not known" + choices(known, endpoint.credentials))
    if endpoint.key_file and not endpoint.certificate_file:
        yield error("certificate_file", "is missing, but key_file is set")


_Check = Callable[[Endpoint], Iterable[Issue]]
_DEFAULTS: dict[str, Any] = {field.name: field.default for field in fields(Endpoint)}
_TRANSPORT_CHECKS: dict[str, _Check] = {
    "http": _http,
    "memory": _memory,
    "mllp": _mllp,
    "rabbitmq": _rabbitmq,
}
