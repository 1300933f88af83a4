"""The parameters of a run, and the times that follow from its length."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

LONG = 300  # seconds; a run of this length has time for faults that take minutes

GAP = 2.3  # seconds between two faults, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. The ledger and the processes' logs are written to `folder`."""

    seconds: float
    seed: str
    folder: Path
    sabotage: str = ""
    rate: float = 55.0  # messages a second, at most, that the senders begin

    @property
    def ledger(self) -> Path:
        """Return the path of the ledger."""
        return self.folder / "ledger.jsonl"

    @property
    def is_long(self) -> bool:
        """Whether there is time for faults that take minutes."""
        return self.seconds >= LONG

    @property
    def slow_answer(self) -> float:
        """Return how many seconds the slow party takes to respond."""
        return 120.0 if self.is_long else 4.0

    @property
    def away(self) -> tuple[float, float]:
        """Return for how many seconds a party, network or server is away, at least and at most."""
        return (1.0, 8.0) if self.is_long else (0.5, 3.0)

    @property
    def clock_jump(self) -> float:
        """Return by how many seconds a clock is wrong, at most."""
        return 60.0 if self.is_long else 6.0

    @property
    def slow_timeout(self) -> float:
        """Return the adapter's time-out for the slow party, in seconds."""
        return self.slow_answer * 1.1 + 1

    @property
    def mends(self) -> float:
        """Return the seconds after which an adapter without its queues counts as not mended.

        New settings stop both workers at once. Each first ends what it sends, also to the slow
        party.
        """
        return 60.0 + self.slow_timeout

    @property
    def quiet(self) -> float:
        """Return the seconds without change after which what is missing will not come."""
        return 20.0 + self.clock_jump + (3.5 * self.slow_answer if self.is_long else 0)

    @property
    def longest(self) -> float:
        """Return the seconds from the end of the load until no earlier claim can be open.

        A process that is killed while it sends to the slow party leaves a lease of twice the
        time-out. A fast clock makes the lease longer. No process is killed after the load.
        """
        return 2 * self.slow_timeout + self.clock_jump


CALM = 12.0
"""Seconds without change after which every wait of the adapter has ended: for a receipt (3 s, or
4.5 s for a late one), for a lease (4 s), for a back-off (1 s), for a probe."""

_PATIENCE = 4.0  # seconds


def patience(times: int) -> float:
    """Return the seconds until a sender on the bus repeats what it sent `times` times.

    The time doubles, as it should for any sender. At a fixed interval, a loaded machine might get
    more copies than it can process, and later messages would wait for ever.
    """
    return float(_PATIENCE * min(2 ** (times - 1), 4))


TIMERS = {
    "receipt_within": timedelta(seconds=3),
    "timeout": timedelta(seconds=2),
    "retry_first": timedelta(seconds=0.2),
    "retry_ceiling": timedelta(seconds=1),
}
"""The adapter's timers: minutes in operation, seconds in a run."""
RESENDS = 500  # an outage of a bus partner must not end in dead letters within the run
