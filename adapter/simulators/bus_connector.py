"""Connects a party to the bus: one thread reads the party's inbox and publishes to the adapter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing

from adapter.simulators.bus_client import BusClient, BusUnavailableError
from adapter.simulators.messages import OutgoingMessage
from adapter.simulators.party_system import PartySystem


class BusConnector:
    """Receives and sends for `system`. A broken client is replaced with one from `connect`."""

    def __init__(self, system: PartySystem, connect: Callable[[], BusClient]) -> None:
        self.system = system
        self._connect = connect
        self._stop = threading.Event()
        self._down_until = 0.0
        name = f"bus {system.traffic.party}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Connect, and work until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect, and wait until the thread has ended."""
        self._stop.set()
        self._thread.join()

    def down(self, seconds: float) -> None:
        """Be disconnected for so long. Messages meanwhile stay on the bus."""
        self._down_until = time.monotonic() + seconds

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(max(0.0, self._down_until - time.monotonic()))
            try:
                with closing(self._connect()) as client:
                    self._serve(client)
            except BusUnavailableError:
                self._stop.wait(0.2)

    def _serve(self, client: BusClient) -> None:
        while not self._stop.is_set() and time.monotonic() >= self._down_until:
            while (outgoing := self.system.next_outgoing()) is not None:
                self._send(client, outgoing)
            self._receive(client)

    def _send(self, client: BusClient, outgoing: OutgoingMessage) -> None:
        try:
            self._publish(client, outgoing)
        except BusUnavailableError:
            self.system.put_back(outgoing)
            raise

    def _receive(self, client: BusClient) -> None:
        delivered = client.get(0.05)
        if delivered is None:
            return
        body, properties = delivered
        receipt = self.system.receive(body, properties.get("x-delivery-id", ""))
        if receipt is not None:
            self._publish(client, receipt)
        client.acknowledge()

    def _publish(self, client: BusClient, outgoing: OutgoingMessage) -> None:
        client.publish(
            outgoing.body,
            message_id=outgoing.envelope_id,
            event=outgoing.event,
            case=outgoing.case,
            content_type=self.system.message_format.content_type,
        )
