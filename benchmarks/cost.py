"""What one journey costs in processor time: the adapter's, and PostgreSQL's.

    python -m benchmarks.cost --journeys 2000 --together 150

Messages and their receipts are taken, processed and sent in one thread, on a PostgreSQL that is
started for it; there is no broker. Processor time says in a minute what a change gave, where a
rate hangs on what else the machine does. Linux only.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from adapter import mappings
from adapter.bench import measured_network
from adapter.bench.message_templates import MessageTemplates, ReceiptTemplates
from adapter.bench.message_times import empty_times
from adapter.core.model import Delivery
from adapter.inbound import batches, receive
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.runner import BATCH
from adapter.settings.network import Network
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import OutgoingMessage
from adapter.store import Store, due_deliveries, endpoints
from adapter.transports.memory import Bus, Memory, Partner
from tests.kit.servers import PostgreSQL

WARM_UP = 400  # messages before the measurement
_T = TypeVar("_T")


class Adapter:
    """A worker's steps, turned by hand; `seconds` of processor time by step."""

    def __init__(self, url: str, together: int) -> None:
        names = (*measured_network.SENDERS, *measured_network.RECEIVERS)
        accounts = {name: f"amqp://{name}@127.0.0.1/" for name in names}
        servers = measured_network.Servers(broker="memory:", store=url, accounts=accounts)
        settings = measured_network.settings(servers, (), 0, 0)
        self.parties = {party.name: party.organisation for party in servers.parties(names)}
        self.bus = Bus()
        self.partners = {name: self.bus.partner(name, f"{name}.inbox") for name in names}
        self.store = Store(url)
        self.seconds = defaultdict[str, float](float)
        self._network = Network(settings=settings, systems=mappings.load())
        self._transport = Memory(self.bus, settings.endpoints)
        self._together = together
        self.store.upgrade()
        with self.store.begin() as tx:
            endpoints.register(tx, self._network.endpoints)

    def turn(self) -> None:
        """Take, process and send until nothing is left to do."""
        while any([self._take(), self._process(), self._send()]):
            pass

    def _timed(self, step: str, run: Callable[[], _T]) -> _T:
        began = time.thread_time()
        result = run()
        self.seconds[step] += time.thread_time() - began
        return result

    def _take(self) -> int:
        return self._timed(
            "take", lambda: receive.receive_batch(self.store, self._transport, _now())
        )

    def _process(self) -> int:
        return self._timed(
            "process",
            lambda: batches.process_batch(self.store, self._network, _now(), self._together),
        )

    def _send(self) -> int:
        claimed = self._timed("claim", self._claim)
        if claimed:
            sent = send.hand_over(self._transport, claimed, _now)
            self._timed("record", lambda: send.write_down(self.store, self._network, [sent]))
        return len(claimed)

    def _claim(self) -> list[Delivery]:
        with self.store.read() as tx:
            due = due_deliveries.endpoints_due(tx, _now())
        return claim(self.store, self._network, dict.fromkeys(due, self._together), _now())


class Parties:
    """Two senders and two receivers; their time is not measured."""

    def __init__(self, adapter: Adapter) -> None:
        self._partners = adapter.partners
        to = [adapter.parties[name] for name in measured_network.RECEIVERS]
        senders = measured_network.SENDERS
        self._templates = [
            MessageTemplates(adapter.parties[name], to, len(senders)) for name in senders
        ]
        self._receipts = {
            name: ReceiptTemplates(adapter.parties[name]) for name in measured_network.RECEIVERS
        }
        self._formats = {
            name: FhirFormat(adapter.parties[name]) for name in measured_network.RECEIVERS
        }
        self._times = empty_times(1, 0)

    def send(self, first: int, count: int) -> None:
        """Messages from both senders in turn."""
        for number in range(first, first + count):
            place = number % len(self._templates)
            message = self._templates[place].message(self._times, number)
            _publish(self._partners[measured_network.SENDERS[place]], message)

    def receipt(self) -> int:
        """Let the receivers answer what has come; return how many."""
        return sum(self._answer(name) for name in measured_network.RECEIVERS)

    def _answer(self, name: str) -> int:
        bodies = _all_of(self._partners[name])
        for body in bodies:
            message = self._formats[name].read(body)
            if message.event != "receipt":
                _publish(self._partners[name], self._receipts[name].receipt(message))
        return len(bodies)

    def receipted(self) -> int:
        """How many receipts the senders have got since they last looked."""
        return sum(len(_all_of(self._partners[name])) for name in measured_network.SENDERS)


def _all_of(partner: Partner) -> list[bytes]:
    bodies = []
    while (taken := partner.get(0)) is not None:
        bodies.append(taken[0])
    partner.acknowledge()
    return bodies


def _publish(partner: Partner, message: OutgoingMessage) -> None:
    partner.publish(
        message.body,
        message_id=message.envelope_id,
        event=message.event,
        content_type=FhirFormat.content_type,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Milliseconds of processor time for each journey: the adapter's by step, the server's."""

    ended: int
    adapter: dict[str, float]
    server: float


def measured(url: str, journeys: int, together: int) -> Cost:
    """On an empty PostgreSQL that nobody else uses; `together` messages at once."""
    adapter = Adapter(url, together)
    parties = Parties(adapter)
    drive(adapter, parties, 0, WARM_UP, together)
    adapter.seconds.clear()
    before = server_seconds(adapter.store)
    ended = drive(adapter, parties, WARM_UP, journeys, together)
    server = server_seconds(adapter.store) - before
    adapter.store.close()
    steps = {step: seconds * 1000 / ended for step, seconds in adapter.seconds.items()}
    return Cost(ended=ended, adapter=steps, server=server * 1000 / ended)


def drive(adapter: Adapter, parties: Parties, first: int, count: int, together: int) -> int:
    """Run journeys with so many messages at once; return how many ended."""
    ended = 0
    for number in range(first, first + count, together):
        parties.send(number, min(together, first + count - number))
        adapter.turn()
        while parties.receipt():
            adapter.turn()
        ended += parties.receipted()
    return ended


def server_seconds(store: Store) -> float:
    """Processor time of all of PostgreSQL's processes that run now."""
    with store.read() as tx:
        pids = tx.connection.exec_driver_sql("select pid from pg_stat_activity").scalars().all()
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def main() -> None:
    """Measure, and print one line."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--journeys", type=int, default=2000)
    parser.add_argument("--together", type=int, default=BATCH, help="messages at once")
    chosen = parser.parse_args()
    with PostgreSQL.start() as cluster:
        cost = measured(cluster.url, chosen.journeys, chosen.together)
    steps = ", ".join(f"{step} {ms:.2f}" for step, ms in cost.adapter.items())
    total = sum(cost.adapter.values())
    sys.stdout.write(f"{cost.ended} journeys, each: adapter {total:.2f} ms ({steps}),")
    sys.stdout.write(f" PostgreSQL {cost.server:.2f} ms\n")


if __name__ == "__main__":
    main()
