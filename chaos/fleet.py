"""Two workers and two web processes. A process that ends is started again."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from adapter.runner import Part
from chaos.ledger import Ledger, Line, Saw
from chaos.region import Region
from chaos.victim import Victim

_REST = (0.1, 0.8)  # seconds from the end of a process to its restart


class Fleet:
    """The processes of the adapter."""

    def __init__(self, region: Region, ledger: Ledger, folder: Path) -> None:
        self._region, self._ledger = region, ledger
        self._chance = random.Random(region.plan.seed)
        kind = region.plan.sabotage

        def victim(name: str, part: Part, web: int) -> Victim:
            log = folder / f"{name}.log"
            return Victim(name, part, region.settings(web, ""), kind, log)

        self.workers = [victim(f"worker-{n}", Part.WORKER, 0) for n in (1, 2)]
        self.webs = [victim(f"web-{n}", Part.WEB, port) for n, port in enumerate(region.webs, 1)]
        self.deaths: Counter[str] = Counter()
        self.moved = ""  # the mailbox that has a successor at present
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    @property
    def everybody(self) -> Sequence[Victim]:
        """All four processes."""
        return (*self.workers, *self.webs)

    def start(self) -> None:
        """Start every process, and restart each that ends."""
        for victim in self.everybody:
            victim.begin()
        self._thread.start()

    def reload(self, moved: str) -> None:
        """Stop every process in order, and restart it with new settings."""
        self.moved = moved
        webs = [0, 0, *self._region.webs]
        for victim, web in zip(self.everybody, webs, strict=True):
            victim.settings = self._region.settings(web, moved)
            victim.signal(signal.SIGTERM)

    def end(self) -> None:
        """Stop every process."""
        self._stop.set()
        self._thread.join()
        for victim in self.everybody:
            victim.signal(signal.SIGCONT)
            victim.signal(signal.SIGTERM)
        for victim in self.everybody:
            victim.end()

    def _supervise(self) -> None:
        while not self._stop.wait(0.02):
            for victim in self.everybody:
                code = victim.look(self._chance.uniform(*_REST))
                if code is not None:
                    self._note(victim, code)

    def _note(self, victim: Victim, code: int) -> None:
        self.deaths[f"exit {code}"] += 1
        if not victim.was_killed:
            self._ledger.write(Line(what=Saw.DIED, who=victim.name, detail=f"exit {code}"))
