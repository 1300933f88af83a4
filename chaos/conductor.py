"""Draw faults from a seeded deck and carry them out, several at once, until the load ends."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random

from chaos.faults import Fault
from chaos.ledger import Line, Saw
from chaos.plan import GAP
from chaos.servers import UnmendedError
from chaos.stage import Stage

log = logging.getLogger(__name__)
AT_ONCE = 6


class Conductor:
    """One thread draws the faults, and a few threads carry them out."""

    def __init__(self, stage: Stage, deck: Sequence[Fault]) -> None:
        self._stage, self._kinds = stage, deck
        self._chance = Random(f"{stage.plan.seed}/faults")
        self._deck: list[Fault] = []
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._hands = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fault")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.counts: Counter[str] = Counter()
        self.kill_points: Counter[str] = Counter()
        self.mishaps: list[str] = []
        self.unmended: list[str] = []

    def start(self) -> None:
        """Start to draw faults."""
        self._thread.start()

    def end(self) -> None:
        """Draw no more faults; return when every fault is mended."""
        self._stage.ending.set()
        self._thread.join()
        self._hands.shutdown(wait=True)

    def _run(self) -> None:
        while not self._stage.ending.wait(GAP * self._chance.uniform(0.3, 1.7)):
            fault = self._drawn()
            if fault is not None:
                seed = self._chance.random()
                self._hands.submit(self._carry_out, fault, Random(seed))

    def _drawn(self) -> Fault | None:
        """Return the next fault of the deck whose target is free; None when there is none.

        Each kind is drawn as often as its share. When the rest of the deck has only busy targets,
        a new deck begins: a broken broker takes long to mend.
        """
        with self._lock:
            if all(fault.on in self._busy for fault in self._deck):
                self._deck = [fault for fault in self._kinds for _ in range(fault.share)]
                self._chance.shuffle(self._deck)
            free = (fault for fault in self._deck if fault.on not in self._busy)
            fault = next(free, None)
            if fault is not None:
                self._deck.remove(fault)
                self._busy.add(fault.on)
            return fault

    def _carry_out(self, fault: Fault, chance: Random) -> None:
        ledger = self._stage.ledger
        ledger.write(Line(what=Saw.FAULT, kind=fault.kind, detail=fault.at))
        happened = False
        try:
            happened = fault.act(self._stage, chance)
        except UnmendedError as error:
            happened = True  # the fault took place; the adapter has not recovered from it
            self.unmended.append(f"{fault.kind}: {error}")
        except Exception as error:
            log.exception("fault %s failed", fault.kind)
            self.mishaps.append(f"{fault.kind}: {type(error).__name__}")
        finally:
            detail = "" if happened else "did not take place"
            ledger.write(Line(what=Saw.HEALED, kind=fault.kind, detail=detail))
            with self._lock:
                self.counts += Counter({fault.kind: int(happened)})  # only what took place
                self.kill_points += Counter({fault.at: int(happened and bool(fault.at))})
                self._busy.discard(fault.on)
