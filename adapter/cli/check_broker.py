"""What is wrong with the broker: its queues, whose it is, and what its users may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError
from adapter.store import Store, endpoints
from adapter.store.schema import schema
from adapter.transports import rabbitmq

_AREA = "broker"


def problems(chosen: Settings) -> Iterator[CheckFinding]:
    """Yield every problem of the broker; nothing without one."""
    if chosen.broker:
        for problem in rabbitmq.check(chosen.broker, chosen.endpoints, store_name(chosen)):
            yield error(_AREA, "", problem)
        yield from _permissions(chosen)


def _permissions(chosen: Settings) -> Iterator[CheckFinding]:
    """Who could read another's messages or speak as another; or that this cannot be seen."""
    try:
        accounts = rabbitmq.read_accounts(chosen.broker, chosen.broker_management)
    except AdapterError as problem:
        yield warning(_AREA, "permissions", f"could not be seen: {problem.detail}")
        return
    users = {e.broker_user: e.name for e in chosen.endpoints if e.broker_user}
    inboxes = [e.name for e in chosen.endpoints if e.transport == "rabbitmq"]
    for power in rabbitmq.powers(accounts, users, inboxes, rabbitmq.user(chosen.broker)):
        yield _finding(power)


def _finding(power: rabbitmq.Power) -> CheckFinding:
    """A partner that could do too much is an error; a user of nobody is for its administrator."""
    severity = error if power.endpoint and not power.is_lacking else warning
    where = f"user {power.user}"
    named = f"{where} of {power.endpoint}" if power.endpoint else where
    return severity(_AREA, where, f"{named} {power.what}")


def store_name(chosen: Settings) -> str:
    """Return the name of the store; "" where there is none yet, or it cannot be read."""
    store = Store(chosen.store)
    try:
        with suppress(AdapterError):
            return _read_name(store)
        return ""
    finally:
        store.close()


def _read_name(store: Store) -> str:
    with store.read() as tx:
        return endpoints.store_name(tx) if schema(tx).fits else ""
