"""What a command works with: the settings, and the store that they or the command name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import typer

from adapter import settings
from adapter.cli.options import alternatives, now
from adapter.core import service_windows
from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError
from adapter.mappings import LazySystems
from adapter.settings.network import Network
from adapter.store import Store, endpoints
from adapter.store.queries import partners
from adapter.store.schema import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The settings and the open store of one command."""

    settings: Settings
    store: Store

    @property
    def network(self) -> Network:
        """The endpoints with their systems."""
        return Network(settings=self.settings, systems=LazySystems())

    def owner(self, endpoint: str) -> str:
        """Return an endpoint's owner, the one to phone; "" for an unknown endpoint."""
        owners = {e.name: e.owner for e in self.settings.endpoints}
        return owners.get(endpoint, "")

    def held(self) -> dict[str, datetime]:
        """Return the endpoints that a service window holds now, and until when."""
        ends = {e.name: service_windows.closed_until(e, now()) for e in self.settings.endpoints}
        return {name: until for name, until in ends.items() if until}

    def known_endpoint(self, name: str) -> str:
        """Return the name of an endpoint of the settings; wrong use for any other name."""
        names = sorted(e.name for e in self.settings.endpoints)
        if name not in names:
            meant = alternatives(name, names)
            raise typer.BadParameter(f"no endpoint {name!r} in the settings: {meant}")
        return name

    def any_endpoint(self, name: str) -> str:
        """Return "", or the name of an endpoint, also one that has left the settings.

        Wrong use for any other name.
        """
        if name and name not in {e.name for e in self.settings.endpoints}:
            with self.store.read() as tx:
                names = sorted({stop.endpoint for stop in partners.stops(tx)})
            if name not in names:
                raise typer.BadParameter(f"no endpoint {name!r}: {alternatives(name, names)}")
        return name


@contextmanager
def open_store(file: Path, place: str) -> Iterator[Session]:
    """Open an existing store; FatalError `settings` unless its schema is this program's."""
    chosen = _settings(file, place)
    store = Store(_url(place) or chosen.store)
    try:
        _require_current(store)
        yield Session(settings=chosen, store=store)
    finally:
        store.close()


@contextmanager
def store_of_any_schema(file: Path, place: str) -> Iterator[Store]:
    """Open an existing store, whichever version its schema has."""
    store = Store(_url(place) or _settings(file, place).store)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def prepare_store(file: Path, place: str) -> Iterator[Session]:
    """Open a store; create it, upgrade its schema and register every endpoint where needed."""
    chosen = settings.load(file, os.environ)
    store = Store(_url(place) or chosen.store)
    try:
        store.upgrade()
        with store.begin() as tx:
            endpoints.register(tx, [e.name for e in chosen.endpoints])
        yield Session(settings=chosen, store=store)
    finally:
        store.close()


def _settings(file: Path, place: str) -> Settings:
    """The settings; they may be missing where the command names a store."""
    if place and not file.exists():
        return Settings()
    return settings.load(file, os.environ)


def _url(place: str) -> str:
    return place if "://" in place or not place else f"sqlite:///{place}"


def _require_current(store: Store) -> None:
    with store.read() as tx:
        version = schema(tx)
    if not version.fits:
        raise FatalError("settings", f"{store.place}: {version.what}", todo=version.todo)
