"""The marks `servers`, `waits` and `stored`, derived from what a test uses.

A test that asks for a private server is marked `servers`. A test that reaches a process, a
socket or a pause, itself or through its fixtures and tests/kit, is marked `waits`. A test that
reaches a database in the same way is marked `stored`.
"""

from __future__ import annotations

import inspect
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http import client, server
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import httpx
import pytest
import uvicorn

from adapter.cli import app
from adapter.simulators.bus_connector import BusConnector
from adapter.simulators.http_connector import HttpConnector
from adapter.simulators.journal import Journal
from adapter.store import Store
from adapter.transports.http import HttpClient
from adapter.transports.mllp.client import MllpClient
from adapter.transports.mllp.server import MllpServer
from adapter.transports.rabbitmq import Consumer, Publisher

SERVERS = {"rabbitmq", "rabbitmq_url", "postgresql", "postgres_url"}
WAITING_FIXTURES = {"httpserver"}
WAITING_FOLDERS = {"demo", "program"}
_WAITING = (
    *(client, httpx, server, socket, socketserver, subprocess, uvicorn, time.sleep),
    *(
        BusConnector,
        Consumer,
        HttpClient,
        HttpConnector,
        Journal,
        MllpClient,
        MllpServer,
        Publisher,
    ),
)
_REACHED = {"waits": _WAITING, "stored": (Store, app)}
_MARK_OF = {
    "socket.bind": "waits",
    "socket.connect": "waits",
    "subprocess.Popen": "waits",
    "sqlite3.connect": "stored",
}
_known: dict[tuple[str, Any], bool] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder, its fixtures and what it reaches."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SERVERS:
            item.add_marker("servers")
        if fixtures & WAITING_FIXTURES or _folder(item.path) in WAITING_FOLDERS:
            item.add_marker("waits")
        for mark in _REACHED:
            if _reached_by(item, mark):
                item.add_marker(mark)


def _folder(path: Path) -> str:
    return path.parts[path.parts.index("tests") + 1]


def _reached_by(item: pytest.Item, mark: str) -> bool:
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009
    fixtures = [fixture.func for fixtures in definitions for fixture in fixtures]
    return any(_reaches(function, mark) for function in [getattr(item, "obj", None), *fixtures])


def _reaches(thing: Any, mark: str) -> bool:
    """Whether a function or class of the tests uses what earns this mark, however indirectly."""
    thing = inspect.unwrap(thing) if callable(thing) else thing
    thing = getattr(thing, "__func__", thing)
    if not str(getattr(thing, "__module__", "")).startswith("tests."):
        return False
    if (mark, thing) not in _known:
        _known[mark, thing] = False  # a cycle adds nothing
        _known[mark, thing] = any(
            _earns(used, mark) or _reaches(used, mark) for used in _used(thing)
        )
    return _known[mark, thing]


def _earns(thing: Any, mark: str) -> bool:
    module = sys.modules.get(str(getattr(thing, "__module__", "")))
    return any(thing is reached or module is reached for reached in _REACHED[mark])


def _used(thing: Any) -> Iterator[Any]:
    """Yield what a function names, or what the methods and bases of a class are."""
    if isinstance(thing, type):
        yield from [*vars(thing).values(), *thing.__bases__]
    elif isinstance(thing, FunctionType):
        names = set(_names(thing.__code__))
        yield from (thing.__globals__[name] for name in names if name in thing.__globals__)
        yield from (getattr(time, name) for name in names & {"sleep"})
        hypothesis = getattr(thing, "hypothesis", None)
        yield getattr(hypothesis, "inner_test", None)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


class Witness:
    """Sees which marks the main thread earns while `test` is set."""

    def __init__(self) -> None:
        self.test = ""
        self.earned: set[str] = set()
        self._main = threading.main_thread().ident
        sys.addaudithook(self._note)

    def _note(self, event: str, _arguments: object) -> None:
        if event in _MARK_OF and self.test and threading.get_ident() == self._main:
            self.earned.add(_MARK_OF[event])

    def of(self, test: str) -> set[str]:
        """Return what was earned since the last call; `test` runs now, and none if it is empty."""
        earned, self.earned, self.test = self.earned, set(), test
        return earned
