"""The web application as a partner meets it: a real server on a free loopback port."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter import mappings, settings
from adapter.core.endpoint import ConnectionLimits
from adapter.core.participant import Participant
from adapter.core.shortage import Shortage
from adapter.runner import utc_now
from adapter.settings.network import Network
from adapter.store import Store, cases, endpoints, participants
from adapter.store.tables import delivery, message
from adapter.store.transaction import Transaction
from adapter.web import app
from adapter.web.serving import server
from tests.kit.places import FIXTURES

PROCESS = "/fhir/$process-message"
FHIR = "application/fhir+json"
LIMITS = ConnectionLimits()
CASE = "SE0000000001-SUNDBY/V-2026-001"


class Site:
    """One adapter's web application and store, and HTTP clients for partners."""

    def __init__(self, folder: Path, empty: Path) -> None:
        shutil.copy(empty, folder / "adapter.db")
        self.store = Store(f"sqlite:///{folder / 'adapter.db'}")
        region = settings.load(FIXTURES / "web" / "region.toml", {})
        self.network = Network(settings=region, systems=mappings.load())
        self.accepted = 0
        self.address = ""
        with self.store.begin() as tx:
            endpoints.register(tx, [e.name for e in region.endpoints])
            _share(tx)

    def _count(self) -> None:
        self.accepted += 1

    def application(self) -> FastAPI:
        """The application under test."""
        return app(self.network, self.store, self._count)

    def stand_on(self, stage: Stage) -> None:
        """Be what a stage serves."""
        self._stage = stage
        self.address = stage.address
        self.restage()

    def restage(self) -> None:
        """Serve the application anew, with the network of the moment."""
        self._stage.application = self.application()

    def token(self, name: str) -> str:
        """Make a new bearer token for an endpoint."""
        with self.store.begin() as tx:
            return endpoints.new_token(tx, name, utc_now())

    def partner(self, name: str) -> httpx.Client:
        """A client with an endpoint's token."""
        return self.client(Authorization=f"Bearer {self.token(name)}")

    def client(self, **headers: str) -> httpx.Client:
        """A client with these headers and no others of its own."""
        return httpx.Client(base_url=self.address, headers=headers, timeout=10, trust_env=False)

    def messages(self) -> list[Any]:
        """Every stored message, in their order."""
        query = sa.select(message).order_by(message.c.seq)
        return list(self.rows(lambda tx: tx.execute(query).mappings().all()))

    def deliveries(self) -> list[Any]:
        """Every delivery, in their order."""
        query = sa.select(delivery).order_by(delivery.c.seq)
        return list(self.rows(lambda tx: tx.execute(query).mappings().all()))

    def rows(self, look: Callable[[Any], Any]) -> Any:
        """Call a function with a read transaction, and return its result."""
        with self.store.read() as tx:
            return look(tx)


def _share(tx: Transaction) -> None:
    """Let Åstad and its planning service take part in the hospital's case of the fixtures."""
    now = utc_now()
    case = cases.open_case(tx, [CASE], "", now)
    for name, basis in (("astad-omsorg", "assessment"), ("plan", "carries")):
        row = Participant(case_id=case.id, endpoint=name, basis=basis, since=now)
        participants.save(tx, row)


class Stage:
    """Serves the application that is set at the moment."""

    def __init__(self) -> None:
        self.application = FastAPI()
        self.address = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.application(scope, receive, send)


@contextmanager
def served(
    application: ASGIApp, limits: ConnectionLimits = LIMITS, shortage: Shortage | None = None
) -> Iterator[str]:
    """Serve an application on a free port; yields its base address."""
    running = server(application, "127.0.0.1:0", limits, shortage)
    thread = threading.Thread(target=running.run, name="web under test")
    thread.start()
    while not running.started and thread.is_alive():
        thread.join(0.005)
    try:
        port = running.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join()


def fixture(name: str) -> dict[str, Any]:
    """A FHIR message of the fixtures, named `event/case`."""
    text = (FIXTURES / "fhir" / f"{name}.fhir.json").read_text(encoding="utf-8")
    bundle: dict[str, Any] = json.loads(text)
    return bundle


def codes(response: httpx.Response) -> list[str]:
    """The codes of an OperationOutcome; fails when the response is anything else."""
    assert response.headers["content-type"] == FHIR
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return [i["details"]["coding"][0]["code"] for i in outcome["issue"]]


def post_as(site: Site, name: str, bundle: Any, **headers: str) -> httpx.Response:
    """Post a FHIR message with the token of an endpoint."""
    body = json.dumps(bundle, ensure_ascii=False).encode()
    with site.partner(name) as partner:
        return partner.post(PROCESS, content=body, headers={"Content-Type": FHIR} | headers)
