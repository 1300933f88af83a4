"""Checks of the settings as a whole: the adapter, the endpoints together, and the routes.

`endpoint_checks`, `transport_checks` and `role_checks` check each endpoint alone, and
`sharing_checks` how stays are shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta

from adapter.core import memory
from adapter.core.endpoint import (
    Alias,
    AttachmentLimits,
    ConnectionLimits,
    Endpoint,
    Limits,
    Route,
    Settings,
)
from adapter.core.errors import Issue
from adapter.core.model import RETURNING, Kind
from adapter.settings import (
    addresses,
    endpoint_checks,
    role_checks,
    sharing_checks,
    transport_checks,
)
from adapter.settings.endpoint_checks import OF_PATIENT
from adapter.settings.issues import choices, error, under, warning
from adapter.settings.transport_checks import TRANSPORTS, can_send

_LONGEST_STOP = timedelta(hours=1)
_UNSET = Settings().organization
_STORES = ("sqlite", "postgresql")
_OF_A_STAY = "is about a stay: a route does not decide who hears of it; serves and carries_for do"


def problems(settings: Settings) -> Iterator[Issue]:
    """Yield all errors and warnings, in no order."""
    for check in _CHECKS:
        yield from check(settings)


def unservable(settings: Settings, systems: Iterable[str]) -> Iterator[Issue]:
    """Yield what can be loaded but not served: unknown systems, and the transport `memory`."""
    known = sorted(systems)
    for i, endpoint in enumerate(settings.endpoints):
        if endpoint.system not in known:
            yield error(_at(i, "system"), "is not known" + choices(known, endpoint.system))
        if endpoint.transport == "memory":
            yield error(
                _at(i, "transport"),
                "memory loses its messages at every stop; it is for demo and tests only",
            )


def _at(number: int, key: str) -> str:
    return f"endpoint[{number}].{key}"


def _endpoints(settings: Settings) -> Iterator[Issue]:
    for i, endpoint in enumerate(settings.endpoints):
        for checks in (endpoint_checks, transport_checks, role_checks):
            yield from under(f"endpoint[{i}]", checks.problems(endpoint))
    if not settings.endpoints:
        yield warning("endpoint", "is missing: without endpoints nobody can send or receive")


def _adapter(settings: Settings) -> Iterator[Issue]:
    yield from endpoint_checks.identifier("organization", settings.organization)
    if settings.organization == _UNSET:
        yield warning("organization", "is not set: receipts are sent with an invented HSA-id")
    yield from transport_checks.listen_address("web", settings.web)
    if not 0 <= settings.ask_above <= 2**31:
        yield error("ask_above", "is not between 0 and 2147483648")
    if not timedelta(0) <= settings.stop_within <= _LONGEST_STOP:
        yield error("stop_within", "is longer than an hour")
    if settings.keep_jobs <= timedelta(0):
        yield error("keep_jobs", "must be longer than zero")
    if settings.health:
        yield from transport_checks.listen_address("health", settings.health)
    yield from _numbers("limits", settings.limits)
    yield from _numbers("limits.attachments", settings.limits.attachments)
    yield from _numbers("connections", settings.connections)
    yield from _memory(settings.limits)


def _numbers(table: str, limits: Limits | AttachmentLimits | ConnectionLimits) -> Iterator[Issue]:
    numbers = {field.name: getattr(limits, field.name) for field in fields(limits)}
    for name, number in numbers.items():
        if isinstance(number, int) and not 1 <= number <= 2**31:
            yield error(f"{table}.{name}", "is not between 1 and 2147483648")


def _memory(limits: Limits) -> Iterator[Issue]:
    least = memory.least(limits.body)
    if limits.memory < least:
        yield error("limits.memory", f"is under {least}: it must be {memory.LEAST} times the body")


def _expire_after(settings: Settings) -> Iterator[Issue]:
    for event, length in settings.expire_after.items():
        if length <= timedelta(0):
            yield error(f"expire_after.{event}", "must be longer than zero")


def _store(settings: Settings) -> Iterator[Issue]:
    scheme, _, rest = settings.store.partition(":")
    if scheme.partition("+")[0] not in _STORES or not rest.startswith("//"):
        yield error("store", "is not of the form sqlite:///file or postgresql://host/name")
    elif scheme.startswith("sqlite") and rest in ("//", "///", "///:memory:"):
        yield error("store", "names no file: all messages would be lost at the first stop")


def _broker(settings: Settings) -> Iterator[Issue]:
    if settings.broker:
        try:
            for url in settings.broker.split(","):
                addresses.url(url.strip(), ("amqp", "amqps"))
        except ValueError as problem:
            yield error("broker", str(problem))
    elif any(endpoint.transport == "rabbitmq" for endpoint in settings.endpoints):
        yield error("broker", "is missing: an endpoint uses rabbitmq; set it or ADAPTER_BROKER")
    if settings.broker_management:
        try:
            addresses.url(settings.broker_management, ("http", "https"))
        except ValueError as problem:
            yield error("broker_management", str(problem))


def _names(settings: Settings) -> Iterator[Issue]:
    yield from _unique("name", [endpoint.name for endpoint in settings.endpoints])


def _users(settings: Settings) -> Iterator[Issue]:
    yield from _unique("broker_user", [endpoint.broker_user for endpoint in settings.endpoints])


def _unique(key: str, values: Sequence[str]) -> Iterator[Issue]:
    for i, value in enumerate(values):
        if value and value in values[:i]:
            yield error(_at(i, key), f"is also used by endpoint[{values.index(value)}]")


def _listen_addresses(settings: Settings) -> Iterator[Issue]:
    listening = [(_at(i, "listen"), e.listen) for i, e in enumerate(settings.endpoints) if e.listen]
    listening = [("health", settings.health), *listening] if settings.health else listening
    taken = [("web", settings.web)]
    for path, listen in listening:
        other = next((p for p, address in taken if _clash(address, listen)), "")
        if other:
            yield error(path, f"is already used by {other}")
        taken.append((path, listen))


def _clash(address: str, other: str) -> bool:
    try:
        (host, port), (other_host, other_port) = map(addresses.host_port, (address, other))
    except ValueError:
        return False
    shared = host == other_host or not {host, other_host}.isdisjoint({"0.0.0.0", "::"})
    return port == other_port != 0 and shared


def _forwarding(settings: Settings) -> Iterator[Issue]:
    known = {endpoint.name: endpoint for endpoint in settings.endpoints}
    for i, endpoint in enumerate(settings.endpoints):
        if not endpoint.forward:
            yield from _no_return(i, endpoint)
        for key in ("return_to", "replaced_by"):
            yield from _forward_target(_at(i, key), getattr(endpoint, key), endpoint, known)


def _forward_target(
    path: str, name: str, endpoint: Endpoint, known: dict[str, Endpoint]
) -> Iterator[Issue]:
    if name and name == endpoint.name:
        yield error(path, "names the endpoint itself")
    elif name in known and known[name].replaced_by:
        yield error(path, f"names an endpoint that was replaced by {known[name].replaced_by}")
    elif name:
        yield from _target(path, name, known)


def _no_return(number: int, endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.transport in TRANSPORTS and not can_send(endpoint):
        detail = "is missing, and so is address: answers and delivery reports cannot be returned"
        yield warning(_at(number, "return_to"), detail)


def _target(path: str, name: str, known: dict[str, Endpoint]) -> Iterator[Issue]:
    """Yield the problems of an endpoint name that messages are sent to."""
    if name not in known:
        yield error(path, "is not an endpoint" + choices(known, name))
    elif not can_send(known[name]):
        yield error(path, "names an endpoint without an address: nothing can be sent to it")


@dataclass(frozen=True, slots=True, kw_only=True)
class _IdClaim:
    """An organisation id of an endpoint, and the mailbox that its messages go to."""

    path: str
    endpoint: int
    mailbox: str
    alias: Alias


def _ambiguous(settings: Settings) -> Iterator[Issue]:
    """Yield ids that lead to several mailboxes on some day; routing would use the first."""
    claims = defaultdict[str, list[_IdClaim]](list)
    for claim in _id_claims(settings):
        claims[claim.alias.id.upper()].append(claim)
    for group in claims.values():
        for i, claim in enumerate(group):
            yield from _conflict(claim, group[:i])


def _id_claims(settings: Settings) -> Iterator[_IdClaim]:
    for i, endpoint in enumerate(settings.endpoints):
        mailbox = endpoint.forward or (endpoint.name if can_send(endpoint) else "")
        own = [("organization", Alias(id=endpoint.organization))]
        own += [(f"aliases[{j}]", alias) for j, alias in enumerate(endpoint.aliases)]
        for key, alias in own:
            if alias.id:
                yield _IdClaim(path=_at(i, key), endpoint=i, mailbox=mailbox, alias=alias)


def _conflict(claim: _IdClaim, earlier: Sequence[_IdClaim]) -> Iterator[Issue]:
    overlapping = (c for c in earlier if _overlap(c.alias, claim.alias))
    rival = next((c for c in overlapping if _differ(c, claim)), None)
    if rival and rival.endpoint == claim.endpoint:
        yield error(claim.path, "repeats another id of the endpoint, on the same days")
    elif rival:
        yield error(
            claim.path,
            f"is also an id of endpoint[{rival.endpoint}], which has another mailbox; "
            "set return_to or replaced_by on one of them",
        )


def _differ(first: _IdClaim, second: _IdClaim) -> bool:
    return first.endpoint == second.endpoint or first.mailbox != second.mailbox


def _overlap(first: Alias, second: Alias) -> bool:
    begins = max(first.since or date.min, second.since or date.min)
    return begins <= min(first.until or date.max, second.until or date.max)


def _routes(settings: Settings) -> Iterator[Issue]:
    known = {endpoint.name: endpoint for endpoint in settings.endpoints}
    for i, route in enumerate(settings.routes):
        yield from under(f"route[{i}]", _route(route, known))


def _route(route: Route, known: dict[str, Endpoint]) -> Iterator[Issue]:
    for key in ("events", "to"):
        if not getattr(route, key):
            yield error(key, "is empty")
    needless = sorted(RETURNING & set(route.events))
    if needless:
        yield warning(
            "events",
            f"{needless[0]} needs no route: it is returned to the sender of what it concerns",
        )
    for i, name in enumerate(route.to):
        yield from _destination(f"to[{i}]", name, known)
    stays = [event for event in route.events if event.kind is Kind.ENCOUNTER]
    if stays:
        yield warning("events", f"{stays[0]} {_OF_A_STAY}")
    for i, name in enumerate(route.senders):
        if name not in known:
            yield error(f"senders[{i}]", "is not an endpoint" + choices(known, name))


def _destination(path: str, name: str, known: dict[str, Endpoint]) -> Iterator[Issue]:
    if name != OF_PATIENT:
        endpoint = known.get(name)
        if endpoint is None:
            yield error(path, "is not an endpoint" + choices({*known, OF_PATIENT}, name))
        elif not endpoint.forward:
            yield from _target(path, name, known)
    elif not any(e.municipality and (e.forward or can_send(e)) for e in known.values()):
        yield warning(path, "finds nobody: no endpoint with an address has a municipality")


_CHECKS: tuple[Callable[[Settings], Iterable[Issue]], ...] = (
    *(_adapter, _expire_after, _store, _broker, _endpoints, _names, _users),
    *(_listen_addresses, _forwarding, _ambiguous, _routes, sharing_checks.problems),
)
