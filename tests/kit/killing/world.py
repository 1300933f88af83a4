"""Two senders and two receivers around an adapter that is killed.

One sender and one receiver use RabbitMQ, one of each uses HTTP. The receivers are simulated
parties, which apply each content id once. The senders repeat until they have a receipt.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.simulators import parties
from adapter.simulators.messages import Organisation
from adapter.simulators.rabbitmq_client import RabbitMqClient
from adapter.simulators.traffic_log import EntryKind, TrafficLog
from adapter.store import Store, endpoints
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, UMEA
from tests.kit.killing.victim import Victim
from tests.kit.partners import BusPartner, at_its_inbox
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for

SOON = {
    "receipt_within": timedelta(seconds=1),
    "receipt_resends": 200,  # a slow machine must not turn a late receipt into a dead letter
    "timeout": timedelta(seconds=0.6),
    "retry_first": timedelta(seconds=0.1),
    "retry_ceiling": timedelta(seconds=0.2),
    "owner": "the test",
    "system": "fhir",
}


class World:
    """Everything around the victim."""

    def __init__(self, store_url: str, broker: Any, broker_url: str) -> None:
        self.web_port, umea_port = free_ports(2)
        self.settings = _settings(store_url, broker_url, self.web_port, umea_port)
        self.token = _prepared(self.settings)
        self.victim = Victim(self.settings)
        self._umea = parties.fhir_municipality(
            _organisation(UMEA), TrafficLog("umea"), port=umea_port
        )
        self._lulea = parties.bus_party(
            _organisation(LULEA), TrafficLog("lulea"), connect=self._connect_lulea
        )
        self._broker, self._url = broker, broker_url
        self.planning_receipts: set[str] = set()

    def open(self) -> None:
        """Start the receivers. The victim runs already, since it declares the queues."""
        self._umea.start()
        self._lulea.start()

    def partner(self, name: str) -> BusPartner:
        """A partner's end of the broker, after the adapter has declared its queue."""
        return at_its_inbox(self._broker.partner(name, beside=self._url), name)

    def _connect_lulea(self) -> RabbitMqClient:
        return RabbitMqClient(self._broker.partner("lulea", beside=self._url), "lulea.inbox")

    def applied(self, receiver: str, visit: str = "") -> list[str]:
        """The content ids that a receiver has applied, in order; of one visit, or all."""
        party = self._umea if receiver == "umea" else self._lulea
        return [
            e.content_id
            for e in party.system.traffic.entries()
            if e.kind is EntryKind.APPLIED and e.case.endswith(visit)
        ]

    def over_http(self, bundle: Bundle, until: float) -> None:
        """Send as the hospital: repeat the same bytes until there is a receipt."""
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
        """Send as the planning service: publish once (the broker keeps it), wait for receipts."""
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
        """Stop the adapter and the receivers."""
        self.victim.end()
        self._umea.stop()
        self._lulea.stop()


@contextmanager
def world(store_url: str, broker: Any, broker_url: str) -> Iterator[World]:
    """A world with a running adapter."""
    around = World(store_url, broker, broker_url)
    around.victim.begin()
    _wait_for(around.web_port)
    around.open()
    try:
        yield around
    finally:
        around.close()


def _wait_for(port: int) -> None:
    def lives() -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live")
        except httpx.HTTPError:
            return False
        return True

    wait_for("answer over HTTP", lives)


def _prepared(settings: Settings) -> str:
    """Prepare the store; return the hospital's token."""
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


def _organisation(party: drafts.Party) -> Organisation:
    return Organisation(hsa=party.organization, name=party.endpoint)


def numbered(sender: drafts.Party, visit: str, count: int) -> list[Bundle]:
    """Messages of one case; each text has the message's number."""
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
