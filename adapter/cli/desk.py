"""Where an operator sits: the settings, and the store that they or the command name."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapter import mappings, settings
from adapter.cli.printing import ZONE
from adapter.core import service_windows
from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError
from adapter.settings.durations import duration
from adapter.settings.network import Network
from adapter.store import Store, endpoints
from adapter.store.queries import figures

FILE = Path("adapter.toml")
SettingsFile = Annotated[
    Path,
    typer.Option("--settings", metavar="F", envvar="ADAPTER_SETTINGS", help="The settings file."),
]
StorePlace = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        help="A SQLite file or a database URL, instead of the one in the settings.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def login() -> str:
    """The name of whoever sits here; a number where the system has no name for them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _named(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("say who does this, or leave --who out for your login name")
    return text


Who = Annotated[
    str,
    typer.Option(
        "--who",
        metavar="NAME",
        help="Who does this; by default your login name.",
        default_factory=login,
        show_default=False,
        callback=_named,
    ),
]


def _reasoned(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("say why in a few words; it stays in the history")
    return text


Reason = Annotated[
    str,
    typer.Option("--reason", metavar="T", help="Why; it stays in the history.", callback=_reasoned),
]


def now() -> datetime:
    """The commands' clock."""
    return datetime.now(UTC)


def time(text: str) -> datetime | None:
    """A time of day in Sweden, or so long ago."""
    if not text:
        return None
    try:
        return now() - duration(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"no time: {text!r}; write 2026-11-17T09:30 or 2h") from None
    return _past(found if found.tzinfo else found.replace(tzinfo=ZONE))


def _past(at: datetime) -> datetime:
    if at > now():
        raise typer.BadParameter(f"{at.isoformat()} has not come yet")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{at.isoformat()} is too long ago") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a command works with."""

    settings: Settings
    store: Store

    @property
    def network(self) -> Network:
        """Who exists, and what they speak."""
        return Network(settings=self.settings, systems=mappings.load())

    def owner(self, endpoint: str) -> str:
        """Who is to be phoned about an endpoint; "" when the settings do not know it."""
        known = {e.name: e.owner for e in self.settings.endpoints}
        return known.get(endpoint, "")

    def held(self) -> dict[str, datetime]:
        """The endpoints that a service window holds now, and until when."""
        found = {e.name: service_windows.closed_until(e, now()) for e in self.settings.endpoints}
        return {name: until for name, until in found.items() if until}


@contextmanager
def existing(file: Path, place: str) -> Iterator[Desk]:
    """A desk before a store that is there, of the version that this program knows."""
    chosen = named(file, place)
    store = Store(_url(place) or chosen.store)
    try:
        require(store)
        yield Desk(settings=chosen, store=store)
    finally:
        store.close()


@contextmanager
def prepared(file: Path, place: str) -> Iterator[Desk]:
    """A desk before a store that is made ready first: with its schema, and every endpoint."""
    chosen = settings.load(file, os.environ)
    store = Store(_url(place) or chosen.store)
    try:
        store.upgrade()
        with store.begin() as tx:
            endpoints.register(tx, [e.name for e in chosen.endpoints])
        yield Desk(settings=chosen, store=store)
    finally:
        store.close()


def named(file: Path, place: str) -> Settings:
    """The settings; with a store named beside, they may be missing."""
    if place and not file.exists():
        return Settings()
    return settings.load(file, os.environ)


def _url(place: str) -> str:
    return place if "://" in place or not place else f"sqlite:///{place}"


def missing_file(store: Store) -> str:
    """The SQLite file that is not there, "" when it is; opening would create it."""
    path = store.url.database or ""
    return path if store.is_sqlite and path and not Path(path).exists() else ""


def require(store: Store) -> None:
    """FatalError `settings` unless the store is there and of our version."""
    gone = missing_file(store)
    if gone:
        raise FatalError("settings", f"there is no store {gone}; `adapter serve` makes one")
    with store.read() as tx:
        schema = figures.schema(tx)
    if not schema.fits:
        found = schema.current or "empty"
        raise FatalError("settings", f"the store is {found}, this program needs {schema.newest}")


def given(file: Path) -> bytes:
    """A file's bytes, `-` for standard input; wrong use when it cannot be read."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error


def known(desk: Desk, endpoint: str) -> str:
    """The name of an endpoint of the settings; wrong use when there is none."""
    names = [e.name for e in desk.settings.endpoints]
    if endpoint not in names:
        raise typer.BadParameter(f"no endpoint {endpoint!r}; one of {', '.join(sorted(names))}")
    return endpoint
