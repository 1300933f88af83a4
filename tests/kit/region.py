"""A region in one process: real store and mappings, the embedded bus, a clock that tests set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from adapter import mappings
from adapter.core.endpoint import Endpoint, Settings
from adapter.core.errors import TransientError
from adapter.core.model import Bundle, DoneWhen, Envelope, Event, Need
from adapter.fhir import bundles
from adapter.inbound import batches, receive
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.operate import maintenance
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.settings.network import Network
from adapter.store import due_deliveries, endpoints
from adapter.store.tables import attempt, case, delivery, history, message, receipt, stay
from adapter.transports import Outcome
from adapter.transports.memory import Bus, Memory
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING, T0, UMEA
from tests.kit.new_store import new_store

STAY = tuple(e for e in Event if e.kind == "encounter")


def endpoint(party: Any, **more: Any) -> Endpoint:
    """An endpoint on the embedded bus."""
    values: dict[str, Any] = {
        "name": party.endpoint,
        "organization": party.organization,
        "system": "fhir",
        "transport": "memory",
        "broker_user": party.endpoint,
        "owner": f"owner of {party.endpoint}",
    }
    return Endpoint(**values | more)


SETTINGS = Settings(
    endpoints=(
        endpoint(HOSPITAL),
        endpoint(PLANNING, carries_for=("2580", "2480")),
        endpoint(
            LULEA,
            municipality="2580",
            serves=(Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE),
            done_when=DoneWhen.READ,
        ),
        endpoint(UMEA, municipality="2480", serves=(Need.SOCIAL_SERVICES,)),
    ),
)


class Wire:
    """A transport over the bus; endpoints may be down, or hang up and leave it unknown."""

    def __init__(self, bus: Memory, down: set[str], hangs_up: set[str]) -> None:
        self._bus, self._down, self._hangs_up = bus, down, hangs_up

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Send each by itself, so that an endpoint that is down stops no other."""
        return [self._send_one(envelope) for envelope in envelopes]

    def _send_one(self, envelope: Envelope) -> Outcome:
        if envelope.endpoint in self._down:
            return TransientError("no-connection", "down in the test")
        if envelope.endpoint in self._hangs_up:
            return TransientError("unreachable", "hangs up in the test")
        return self._bus.send([envelope])[0]


class Region:
    """Runs the adapter's steps when a test asks for it, at the time `now`."""

    def __init__(self, url: str, settings: Settings = SETTINGS) -> None:
        self.store = new_store(url)
        self.network = Network(settings=settings, systems=mappings.load())
        self.bus = Bus(f"{e.name}.inbox" for e in settings.endpoints)
        self.transport = Memory(self.bus, settings.endpoints)
        self.partners = {
            e.name: self.bus.partner(e.name, f"{e.name}.inbox") for e in settings.endpoints
        }
        self.down: set[str] = set()
        self.hangs_up: set[str] = set()
        self.now = T0
        self.register([e.name for e in settings.endpoints])

    def register(self, names: Sequence[str]) -> None:
        """Register endpoints, as the adapter does at its start."""
        with self.store.begin() as tx:
            endpoints.register(tx, names)

    def with_settings(self, **changes: Any) -> None:
        """Change the settings, as a restart does."""
        settings = replace(self.network.settings, **changes)
        self.network = Network(settings=settings, systems=self.network.systems)

    # What parties do

    def says(self, name: str, bundle: Bundle) -> str:
        """Publish as a party, not before the message is recorded; return the content id."""
        self.now = max(self.now, bundles.recorded(bundle) or self.now)
        self.partners[name].publish(drafts.dump(bundle), message_id=bundle["id"])
        return bundles.content_id(bundle)

    def tells(self, name: str, bundle: Bundle) -> str:
        """Publish as a party, and run `turn`; return the content id."""
        content = self.says(name, bundle)
        self.turn()
        return content

    def inbox(self, name: str) -> list[Bundle]:
        """The messages that a party has got since the last call."""
        arrived = []
        while (taken := self.partners[name].get(0)) is not None:
            arrived.append(json.loads(taken[0]))
            self.partners[name].acknowledge()
        return arrived

    def events(self, name: str) -> list[str]:
        """The events that a party has got since the last call, without receipts."""
        codes = [bundles.event_code(b)[1] for b in self.inbox(name)]
        return [event for event in codes if event != "receipt"]

    def receipts(self, name: str) -> list[tuple[str, str]]:
        """Content id and code of the receipts that a party has got since the last call."""
        responses = [bundles.header(b).get("response") for b in self.inbox(name)]
        return [(r["identifier"], r["code"]) for r in responses if r]

    def receipt(self, name: str, about: str, code: str = "ok") -> None:
        """Send a receipt as a party, and run `turn`."""
        party = {p.endpoint: p for p in (HOSPITAL, PLANNING, LULEA, UMEA)}[name]
        self.tells(name, drafts.receipt(about, party, code))

    def accept(self, name: str, body: bytes) -> OwedReceipt:
        """Accept a message over a transport that responds with the receipt, such as HTTP."""
        return receive.accept(
            self.store, self.network, Envelope(endpoint=name, body=body), self.now
        )

    # What the adapter does

    def turn(self, after: timedelta = timedelta(0)) -> None:
        """Receive, process and send until nothing moves, twice in a row."""
        self.now += after
        quiet = 0
        while quiet < 2:
            moved = receive.receive_batch(self.store, self.transport, self.now, wait=0)
            moved += batches.process_batch(self.store, self.network, self.now)
            moved += self.send()
            quiet = 0 if moved else quiet + 1

    def send(self) -> int:
        """Send what is due for every endpoint, once; return the number of deliveries."""
        with self.store.read() as tx:
            due = due_deliveries.endpoints_due(tx, self.now)
        sent = 0
        for name in filter(self.network.knows, due):
            batch = claim(self.store, self.network, {name: 50}, self.now)
            if batch:
                wire = Wire(self.transport, self.down, self.hangs_up)
                self.written(send.hand_over(wire, batch, lambda: self.now))
                sent += len(batch)
        return sent

    def written(self, sent: send.Sent) -> None:
        """Write the outcomes of a sending to the store."""
        send.write_down(self.store, self.network, [sent])

    def remind(self) -> int:
        """Run the step that looks for late answers."""
        return maintenance.remind(self.store, self.network, self.now)

    # What is in the store

    def rows(self, table: sa.Table, **where: Any) -> list[sa.RowMapping]:
        """Rows by column values, oldest first."""
        query = sa.select(table)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        order = table.c.seq if "seq" in table.c else table.c.number
        with self.store.read() as tx:
            return list(tx.execute(query.order_by(order)).mappings())

    def stay(self) -> bytes:
        """The stored Stay of the only case."""
        with self.store.read() as tx:
            return bytes(tx.execute(sa.select(stay.c.body)).scalar_one())

    def deliveries(self, **where: Any) -> list[sa.RowMapping]:
        """Deliveries that are not receipts."""
        return [r for r in self.rows(delivery, **where) if r["event"] != "receipt"]

    def messages(self, **where: Any) -> list[sa.RowMapping]:
        """Messages."""
        return self.rows(message, **where)

    def cases(self) -> list[sa.RowMapping]:
        """Cases."""
        return self.rows(case)

    def history(self, what: str) -> list[sa.RowMapping]:
        """History entries with this word."""
        return self.rows(history, what=what)

    def attempts(self, delivery_id: str) -> list[sa.RowMapping]:
        """Attempts of a delivery."""
        return self.rows(attempt, delivery_id=delivery_id)

    def layers(self, delivery_id: str) -> list[tuple[str, str]]:
        """Layer and code of the receipts of a delivery."""
        return [(r["layer"], r["code"]) for r in self.rows(receipt, delivery_id=delivery_id)]


class Given:
    """A transport that receives only these envelopes."""

    def __init__(self, envelopes: list[Envelope]) -> None:
        self.envelopes = envelopes

    def receive(self, wait: float) -> Any:
        """Return all of them."""
        return iter(self.envelopes)

    def acknowledge(self, _: Any) -> None:
        """Forget them."""
        self.envelopes = []
