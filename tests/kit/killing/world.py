"""Two senders and two receivers around a mortal adapter, and a ledger of who got what.

One sender and one receiver on RabbitMQ, one of each on HTTP. They do what FHIR parties must:
repeat until there is a receipt, apply each content id once, receipt every copy.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.store import Store, endpoints
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA
from tests.kit.killing.victim import Victim
from tests.kit.partners import BusPartner, at_its_inbox
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for

SOON = {
    "receipt_within": timedelta(seconds=1),
    "receipt_resends": 20,
    "timeout": timedelta(seconds=0.6),
    "retry_first": timedelta(seconds=0.1),
    "retry_ceiling": timedelta(seconds=0.2),
    "owner": "the test",
    "system": "fhir",
}


class Ledger:
    """What each receiver got, in the order in which it came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.copies = 0
        self.applied: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        self._seen: set[tuple[str, str]] = set()

    def got(self, receiver: str, bundle: Bundle) -> None:
        """Apply once by content id; a copy is counted."""
        content = bundles.content_id(bundle)
        focus = bundles.focus(bundle) or {}
        text = str(focus["payload"][0]["contentString"])
        with self._lock:
            if (receiver, content) in self._seen:
                self.copies += 1
                return
            self._seen.add((receiver, content))
            self.applied[receiver].append((bundles.case_ids(bundle)[0], content, text))


class Umea(BaseHTTPRequestHandler):
    """A receiver that answers in the same exchange."""

    ledger: Ledger

    def do_POST(self) -> None:
        """Take, apply, receipt."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        bundle = json.loads(body)
        self.ledger.got("umea", bundle)
        answer = drafts.dump(drafts.receipt(bundles.content_id(bundle), UMEA))
        self.send_response(200)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Silence."""


class World:
    """Everything around the victim."""

    def __init__(self, store_url: str, broker: Any, broker_url: str) -> None:
        self.ledger = Ledger()
        self.web_port, umea_port = free_ports(2)
        self.settings = _settings(store_url, broker_url, self.web_port, umea_port)
        self.token = _prepared(self.settings)
        self.victim = Victim(self.settings)
        self._umea_port = umea_port
        self._umea: ThreadingHTTPServer | None = None
        self._stop = threading.Event()
        self._broker, self._url = broker, broker_url
        self._threads: list[threading.Thread] = []
        self.planning_receipts: set[str] = set()

    def open(self) -> None:
        """Start the receivers; the victim lives already, since it makes the queues."""
        handler = type("Umea", (Umea,), {"ledger": self.ledger})
        self._umea = ThreadingHTTPServer(("127.0.0.1", self._umea_port), handler)
        self._run(self._umea.serve_forever)
        self._run(self._lulea)

    def _run(self, target: Any) -> None:
        thread = threading.Thread(target=target, daemon=True)
        thread.start()
        self._threads.append(thread)

    def partner(self, name: str) -> BusPartner:
        """A partner's end of the broker, once the adapter has made its queue."""
        return at_its_inbox(self._broker.partner(name, beside=self._url), name)

    def _lulea(self) -> None:
        partner = self.partner("lulea")
        while not self._stop.is_set():
            got = partner.get(0.05)
            if got is None:
                continue
            bundle = json.loads(got[0])
            self.ledger.got("lulea", bundle)
            receipt = drafts.receipt(bundles.content_id(bundle), LULEA)
            partner.publish(drafts.dump(receipt), message_id=receipt["id"], event="receipt")
            partner.acknowledge()
        partner.close()

    def over_http(self, bundle: Bundle, until: float) -> None:
        """The hospital's door: repeat the same bytes until there is a receipt."""
        url = f"http://127.0.0.1:{self.web_port}/fhir/$process-message"
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/fhir+json",
        }
        while time.monotonic() < until:
            try:
                answer = httpx.post(url, content=drafts.dump(bundle), headers=headers, timeout=3)
                if answer.status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.02)
            self.victim.look()
        raise AssertionError("no receipt over HTTP")

    def over_bus(self, partner: BusPartner, sent: list[Bundle], until: float) -> None:
        """The planning service: publish once (the broker keeps it), and wait for receipts."""
        for bundle in sent:
            partner.publish(drafts.dump(bundle), message_id=bundle["id"], event="message")
        wanted = {bundles.content_id(b) for b in sent}
        while wanted - self.planning_receipts:
            assert time.monotonic() < until, "no receipt over the bus"
            self.victim.look()
            got = partner.get(0.05)
            if got is not None:
                partner.acknowledge()
                response = bundles.header(json.loads(got[0])).get("response")
                assert response is not None, "what was to arrive was reported as undeliverable"
                assert response["code"] == "ok"
                self.planning_receipts.add(response["identifier"])

    def close(self) -> None:
        """Everybody stops."""
        self.victim.end()
        self._stop.set()
        if self._umea is not None:
            self._umea.shutdown()
            self._umea.server_close()
        for thread in self._threads:
            thread.join()


@contextmanager
def world(store_url: str, broker: Any, broker_url: str) -> Iterator[World]:
    """A world with a living victim."""
    found = World(store_url, broker, broker_url)
    found.victim.begin()
    _wait_for(found.web_port)
    found.open()
    try:
        yield found
    finally:
        found.close()


def _wait_for(port: int) -> None:
    def lives() -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live")
        except httpx.HTTPError:
            return False
        return True

    wait_for("answer over HTTP", lives)


def _prepared(settings: Settings) -> str:
    """A store at its newest version, and the hospital's token."""
    store = Store(settings.store)
    store.upgrade()
    with store.begin() as tx:
        endpoints.register(tx, [e.name for e in settings.endpoints])
        token = endpoints.new_token(tx, "hospital", drafts.T0)
    store.close()
    return token


def _settings(store_url: str, broker_url: str, web: int, umea: int) -> Settings:
    def bus(party: drafts.Party) -> Endpoint:
        return Endpoint(
            name=party.endpoint,
            organization=party.organization,
            transport="rabbitmq",
            broker_user=party.endpoint,
            **SOON,  # type: ignore[arg-type]
        )

    def http(party: drafts.Party, address: str) -> Endpoint:
        return Endpoint(
            name=party.endpoint,
            organization=party.organization,
            transport="http",
            address=address,
            **SOON,  # type: ignore[arg-type]
        )

    return Settings(
        store=store_url,
        broker=broker_url,
        web=f"127.0.0.1:{web}",
        endpoints=(
            http(HOSPITAL, ""),
            bus(PLANNING),
            bus(LULEA),
            http(UMEA, f"http://127.0.0.1:{umea}/"),
        ),
    )


def numbered(sender: drafts.Party, visit: str, count: int) -> list[Bundle]:
    """Messages of one case, whose texts say their place in it."""
    return [
        drafts.note(
            f"{visit} {number}",
            sender=sender,
            to=(LULEA, UMEA),
            visit=visit,
            minutes=number,
            content=str(uuid4()),
        )
        for number in range(count)
    ]
