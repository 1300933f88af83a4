"""Whether the addresses at which the adapter listens can be opened: `check` tries each."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing

from adapter.cli.check_findings import CheckFinding, error
from adapter.core import listening
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError, FatalError
from adapter.operate import health
from adapter.settings.addresses import host_port
from adapter.store import Store


def problems(settings: Settings) -> Iterator[CheckFinding]:
    """Yield each address that cannot be opened; a living adapter on this machine may have it."""
    taken: list[CheckFinding] = []
    for where, address in addresses(settings):
        try:
            with closing(listening.listen(*host_port(address), where)):
                pass
        except FatalError as problem:
            finding = error("ports", where, f"{problem.detail.partition(': ')[2]}. {problem.todo}")
            if listening.is_taken(problem):
                taken.append(finding)
            else:
                yield finding
    if taken and not _runs_here(settings):
        yield from taken


def addresses(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return every address at which a process of these settings listens, and its key."""
    doors = [(f"{e.name}.listen", e.listen) for e in settings.endpoints if e.listen]
    watching = [("health", settings.health)] if settings.health else []
    return [("web", settings.web), *watching, *doors]


def _runs_here(settings: Settings) -> bool:
    """Whether the store names a living process of the adapter on this machine."""
    store = Store(settings.store)
    here = f"{socket.gethostname()}/"
    try:
        living = health.survey(store, settings).living
    except AdapterError:
        return False
    finally:
        store.close()
    names = [process.name.partition(" ")[2] for process in living]
    return any(name.startswith(here) and _lives(name.removeprefix(here)) for name in names)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:  # it lives, and belongs to another user
        return True
    return True
