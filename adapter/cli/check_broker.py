"""What is wrong with the broker: its queues, whose it is, and what its users may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from adapter.cli.check_findings import CheckFinding, error
from adapter.cli.session import missing_file
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError
from adapter.store import Store, endpoints
from adapter.store.queries import figures
from adapter.transports import rabbitmq

_AREA = "broker"


def problems(chosen: Settings) -> Iterator[CheckFinding]:
    """Yield every problem of the broker; nothing without one."""
    if chosen.broker:
        for problem in rabbitmq.check(chosen.broker, chosen.endpoints, store_name(chosen)):
            yield error(_AREA, "", problem)


def store_name(chosen: Settings) -> str:
    """Return the name of the store; "" where there is none yet, or it cannot be read."""
    store = Store(chosen.store)
    try:
        with suppress(AdapterError):
            return "" if missing_file(store) else _read_name(store)
        return ""
    finally:
        store.close()


def _read_name(store: Store) -> str:
    with store.read() as tx:
        return endpoints.store_name(tx) if figures.schema(tx).fits else ""
