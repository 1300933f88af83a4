"""A desk on the bus: one thread takes from the party's inbox, and publishes to the adapter."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing

from adapter.simulators.desk import Desk
from adapter.simulators.letters import Outgoing
from adapter.simulators.wire import Line, LineDownError


class BusWire:
    """Carries for `desk` over lines that `connect` opens; a broken line is replaced."""

    def __init__(self, desk: Desk, connect: Callable[[], Line]) -> None:
        self.desk = desk
        self._connect = connect
        self._stop = threading.Event()
        self._down_until = 0.0
        self._thread = threading.Thread(
            target=self._run, name=f"bus {desk.ledger.who}", daemon=True
        )

    def start(self) -> None:
        """Log in, and work until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """Leave, and wait until the thread has ended."""
        self._stop.set()
        self._thread.join()

    def down(self, seconds: float) -> None:
        """Be gone for so long; what comes meanwhile stays on the bus."""
        self._down_until = time.monotonic() + seconds

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(max(0.0, self._down_until - time.monotonic()))
            try:
                with closing(self._connect()) as line:
                    self._serve(line)
            except LineDownError:
                self._stop.wait(0.2)

    def _serve(self, line: Line) -> None:
        while not self._stop.is_set() and time.monotonic() >= self._down_until:
            while (outgoing := self.desk.work()) is not None:
                self._carry(line, outgoing)
            self._take(line)

    def _carry(self, line: Line, outgoing: Outgoing) -> None:
        try:
            self._publish(line, outgoing)
        except LineDownError:
            self.desk.put_back(outgoing)
            raise

    def _take(self, line: Line) -> None:
        taken = line.get(0.05)
        if taken is None:
            return
        body, properties = taken
        receipt = self.desk.take(body, properties.get("x-delivery-id", ""))
        if receipt is not None:
            self._publish(line, receipt)
        line.acknowledge()

    def _publish(self, line: Line, outgoing: Outgoing) -> None:
        line.publish(
            outgoing.body,
            message_id=outgoing.envelope_id,
            event=outgoing.event,
            case=outgoing.case,
            content_type=self.desk.pen.content_type,
        )
