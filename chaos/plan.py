"""What a run is to be, and how its times scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

LONG = 300  # seconds from which on a run has time for what takes minutes

GAP = 2.3  # seconds between two faults, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run. `folder` gets the ledger and the processes' log lines."""

    seconds: float
    seed: str
    folder: Path
    sabotage: str = ""
    rate: float = 55.0  # messages a second that the senders begin, at most

    @property
    def ledger(self) -> Path:
        """The file that the parties write."""
        return self.folder / "ledger.jsonl"

    @property
    def is_long(self) -> bool:
        """Whether there is time for faults that take minutes."""
        return self.seconds >= LONG

    @property
    def slow_answer(self) -> float:
        """Seconds that the slow partner takes."""
        return 120.0 if self.is_long else 4.0

    @property
    def away(self) -> tuple[float, float]:
        """Seconds that a party, a network or a server is gone, at least and at most."""
        return (1.0, 8.0) if self.is_long else (0.5, 3.0)

    @property
    def clock_jump(self) -> float:
        """Seconds that a clock is wrong, at most."""
        return 60.0 if self.is_long else 6.0

    @property
    def slow_timeout(self) -> float:
        """Seconds that the adapter gives the slow partner."""
        return self.slow_answer * 1.1 + 1

    @property
    def mends(self) -> float:
        """Seconds after which an adapter that has not made its queues never will.

        New settings stop both workers at once, and each first ends what it sends, also to the
        slow partner.
        """
        return 60.0 + self.slow_timeout

    @property
    def quiet(self) -> float:
        """Seconds without news after which what is still missing will not come."""
        return 20.0 + self.clock_jump + (3.5 * self.slow_answer if self.is_long else 0)

    @property
    def longest(self) -> float:
        """Seconds from the end of the load until no claim of before it can still be open.

        Whoever was killed while it sent to the slow partner leaves a lease of twice its time-out,
        and where its clock was fast, so much more. Nobody is killed after the load.
        """
        return 2 * self.slow_timeout + self.clock_jump


CALM = 12.0
"""Seconds without news in which every wait that follows an answer has ended: for a receipt (3 s,
and one that is late comes after 4.5), for a lease (4 s), for a back-off (1 s), for a probe."""

_PATIENCE = 4.0  # seconds


def patience(times: int) -> float:
    """Seconds until a sender on the bus repeats what left `times` times and has no receipt.

    Doubling, as any sender's should: copies that are never fewer than what a loaded machine
    works off would keep the messages behind them waiting for ever.
    """
    return float(_PATIENCE * min(2 ** (times - 1), 4))


TIMERS = {
    "receipt_within": timedelta(seconds=3),
    "timeout": timedelta(seconds=2),
    "retry_first": timedelta(seconds=0.2),
    "retry_ceiling": timedelta(seconds=1),
}
"""What takes minutes in operation takes seconds here."""
RESENDS = 500  # an outage of a bus partner must not end in dead letters within the run
