"""What must hold among the endpoints, the routes and the adapter itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from adapter.core.endpoint import Alias, Endpoint, Limits, Route, Settings
from adapter.core.errors import Issue
from adapter.core.model import RETURNING, Kind
from adapter.settings import addresses, endpoints
from adapter.settings.endpoints import OF_PATIENT, TRANSPORTS, takes
from adapter.settings.findings import choices, error, under, warning

_UNSET = Settings().organization
_STORES = ("sqlite", "postgresql")
_ANYBODY = "is missing: any endpoint may tell of any patient's stay, and end what a hospital told"


def problems(settings: Settings) -> Iterator[Issue]:
    """All that is wrong or odd, in no order."""
    for check in _CHECKS:
        yield from check(settings)


def unfit(settings: Settings, systems: Iterable[str]) -> Iterator[Issue]:
    """What can be read but not served: systems without a mapping, and the memory transport."""
    known = sorted(systems)
    for i, endpoint in enumerate(settings.endpoints):
        if endpoint.system not in known:
            yield error(_at(i, "system"), "is not known" + choices(known, endpoint.system))
        if endpoint.transport == "memory":
            yield error(_at(i, "transport"), "memory forgets at every stop: for demo and tests")


def _at(number: int, key: str) -> str:
    return f"endpoint[{number}].{key}"


def _each(settings: Settings) -> Iterator[Issue]:
    for i, endpoint in enumerate(settings.endpoints):
        yield from under(f"endpoint[{i}]", endpoints.problems(endpoint))
    if not settings.endpoints:
        yield warning("endpoint", "there is none: nobody can send and nobody can receive")


def _adapter(settings: Settings) -> Iterator[Issue]:
    yield from endpoints.identifier("organization", settings.organization)
    if settings.organization == _UNSET:
        yield warning("organization", "is not set: receipts go out under an invented HSA-id")
    yield from endpoints.door("web", settings.web)
    if not 0 <= settings.ask_above <= 2**31:
        yield error("ask_above", "is not between 0 and 2147483648")
    yield from _limits(settings.limits)


def _limits(limits: Limits) -> Iterator[Issue]:
    for key in ("body", "depth", "entries"):
        if not 1 <= getattr(limits, key) <= 2**31:
            yield error(f"limits.{key}", "is not between 1 and 2147483648")


def _expire_after(settings: Settings) -> Iterator[Issue]:
    for event, length in settings.expire_after.items():
        if length <= timedelta(0):
            yield error(f"expire_after.{event}", "must be longer than nothing")


def _store(settings: Settings) -> Iterator[Issue]:
    scheme, _, rest = settings.store.partition(":")
    if scheme.partition("+")[0] not in _STORES or not rest.startswith("//"):
        yield error("store", "is not of the form sqlite:///file or postgresql://host/name")
    elif scheme.startswith("sqlite") and rest in ("//", "///", "///:memory:"):
        yield error("store", "names no file: everything would be lost at the first stop")


def _broker(settings: Settings) -> Iterator[Issue]:
    if settings.broker:
        try:
            for one in settings.broker.split(","):
                addresses.url(one.strip(), ("amqp", "amqps"))
        except ValueError as problem:
            yield error("broker", str(problem))
    elif any(endpoint.transport == "rabbitmq" for endpoint in settings.endpoints):
        yield error("broker", "is missing: an endpoint uses rabbitmq; set ADAPTER_BROKER")


def _names(settings: Settings) -> Iterator[Issue]:
    yield from _unique("name", [endpoint.name for endpoint in settings.endpoints])


def _users(settings: Settings) -> Iterator[Issue]:
    yield from _unique("broker_user", [endpoint.broker_user for endpoint in settings.endpoints])


def _unique(key: str, values: Sequence[str]) -> Iterator[Issue]:
    for i, value in enumerate(values):
        if value and value in values[:i]:
            yield error(_at(i, key), f"is that of endpoint[{values.index(value)}] too")


def _doors(settings: Settings) -> Iterator[Issue]:
    listening = [(_at(i, "listen"), e.listen) for i, e in enumerate(settings.endpoints) if e.listen]
    taken = [("web", settings.web)]
    for path, listen in listening:
        other = next((p for p, address in taken if _clash(address, listen)), "")
        if other:
            yield error(path, f"is taken by {other}")
        taken.append((path, listen))


def _clash(one: str, other: str) -> bool:
    try:
        (host, port), (other_host, other_port) = map(addresses.host_port, (one, other))
    except ValueError:
        return False
    shared = host == other_host or not {host, other_host}.isdisjoint({"0.0.0.0", "::"})
    return port == other_port != 0 and shared


def _returns(settings: Settings) -> Iterator[Issue]:
    known = {endpoint.name: endpoint for endpoint in settings.endpoints}
    for i, endpoint in enumerate(settings.endpoints):
        if not endpoint.forward:
            yield from _lonely(i, endpoint)
        for key in ("return_to", "replaced_by"):
            yield from _forward(_at(i, key), getattr(endpoint, key), endpoint, known)


def _forward(
    path: str, name: str, endpoint: Endpoint, known: dict[str, Endpoint]
) -> Iterator[Issue]:
    if name and name == endpoint.name:
        yield error(path, "names the endpoint itself")
    elif name in known and known[name].replaced_by:
        yield error(path, f"names an endpoint that {known[name].replaced_by} has replaced")
    elif name:
        yield from _target(path, name, known)


def _lonely(number: int, endpoint: Endpoint) -> Iterator[Issue]:
    if endpoint.transport in TRANSPORTS and not takes(endpoint):
        detail = "is missing, and so is address: answers and delivery reports cannot go back"
        yield warning(_at(number, "return_to"), detail)


def _target(path: str, name: str, known: dict[str, Endpoint]) -> Iterator[Issue]:
    """Problems of a name that messages are to go to."""
    if name not in known:
        yield error(path, "names no endpoint" + choices(known, name))
    elif not takes(known[name]):
        yield error(path, "names an endpoint that cannot be sent to; it has no address")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """An organisation's id that an endpoint answers to, and where its messages end."""

    path: str
    endpoint: int
    mailbox: str
    alias: Alias


def _ambiguous(settings: Settings) -> Iterator[Issue]:
    """One id must lead to one mailbox on every day; routing takes the first that it finds."""
    claims = defaultdict[str, list[_Claim]](list)
    for claim in _claims(settings):
        claims[claim.alias.id.upper()].append(claim)
    for group in claims.values():
        for i, claim in enumerate(group):
            yield from _rivals(claim, group[:i])


def _claims(settings: Settings) -> Iterator[_Claim]:
    for i, endpoint in enumerate(settings.endpoints):
        mailbox = endpoint.forward or (endpoint.name if takes(endpoint) else "")
        own = [("organization", Alias(id=endpoint.organization))]
        own += [(f"aliases[{j}]", alias) for j, alias in enumerate(endpoint.aliases)]
        for key, alias in own:
            if alias.id:
                yield _Claim(path=_at(i, key), endpoint=i, mailbox=mailbox, alias=alias)


def _rivals(claim: _Claim, earlier: Sequence[_Claim]) -> Iterator[Issue]:
    rival = next((c for c in earlier if _overlap(c.alias, claim.alias) and _differ(c, claim)), None)
    if rival and rival.endpoint == claim.endpoint:
        yield error(claim.path, "says the same as another id of the endpoint, on the same days")
    elif rival:
        yield error(
            claim.path,
            f"is claimed by endpoint[{rival.endpoint}] too, and its mailbox is another; "
            "let one return_to the other, or be replaced_by it",
        )


def _differ(one: _Claim, other: _Claim) -> bool:
    return one.endpoint == other.endpoint or one.mailbox != other.mailbox


def _overlap(one: Alias, other: Alias) -> bool:
    begins = max(one.since or date.min, other.since or date.min)
    return begins <= min(one.until or date.max, other.until or date.max)


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
        yield warning("events", f"needs no {needless[0]}: it goes back to whom it concerns")
    for i, name in enumerate(route.to):
        yield from _destination(f"to[{i}]", name, known)
    stays = [event for event in route.events if event.kind is Kind.ENCOUNTER]
    if stays and not route.senders:
        yield warning("senders", f"{_ANYBODY}: {stays[0]}; name the journal's endpoints")
    for i, name in enumerate(route.senders):
        if name not in known:
            yield error(f"senders[{i}]", "names no endpoint" + choices(known, name))


def _destination(path: str, name: str, known: dict[str, Endpoint]) -> Iterator[Issue]:
    if name != OF_PATIENT:
        endpoint = known.get(name)
        if endpoint is None:
            yield error(path, "names no endpoint" + choices({*known, OF_PATIENT}, name))
        elif not endpoint.forward:
            yield from _target(path, name, known)
    elif not any(e.municipality and (e.forward or takes(e)) for e in known.values()):
        yield warning(path, "finds nobody: no endpoint that can be sent to has a municipality")


_CHECKS: tuple[Callable[[Settings], Iterable[Issue]], ...] = (
    *(_adapter, _expire_after, _store, _broker, _each, _names, _users, _doors),
    *(_returns, _ambiguous, _routes),
)
