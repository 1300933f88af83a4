"""The simulated parties as a service of their own: a journal, a planning service, two towns.

They know the adapter only by its doors: MLLP, HTTP with a token, the broker with users of their
own. A short discharge is played, then they go on receipting and answering until SIGTERM. All
persons are invented. The whole play, with everything that can go wrong, is `adapter demo`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import time
from uuid import uuid4

from adapter.simulators import parties
from adapter.simulators.adtpen import Assessment
from adapter.simulators.broker import BrokerLine
from adapter.simulators.buswire import BusWire
from adapter.simulators.cast import cast
from adapter.simulators.desk import Habits
from adapter.simulators.httpwire import Door, HttpWire
from adapter.simulators.journal import Feed, Journal
from adapter.simulators.ledger import Fate, Ledger, has
from adapter.simulators.letters import Organisation, Plan

HOSPITAL = Organisation(hsa="SE0000000001-SJUKHUS", name="Provsjukhuset")
PLANNING = Organisation(hsa="SE0000000002-PLANERING", name="Planeringstjänsten")
LULEA = Organisation(hsa="SE0000000003-LULEA", name="Luleå kommun")
UMEA = Organisation(hsa="SE0000000004-UMEA", name="Umeå kommun")
PATIENCE = 60.0  # seconds for each step
USED = (
    *("PARTIES_FEED_PORT", "PARTIES_JOURNAL_PORT", "PARTIES_LULEA_PORT", "PARTIES_LULEA_DOOR"),
    *("PARTIES_LULEA_TOKEN_FILE", "PARTIES_PLANNING", "PARTIES_UMEA"),
)
"""The environment that must be there; PARTIES_SEED may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Everybody but the adapter."""

    journal: Journal
    planning: BusWire
    lulea: HttpWire
    umea: BusWire

    @property
    def ledgers(self) -> tuple[Ledger, ...]:
        """What each of them got and gave."""
        everybody = (self.journal, self.planning, self.lulea, self.umea)
        return tuple(party.desk.ledger for party in everybody)


def network(given: Mapping[str, str], first_control: int) -> Network:
    """The parties that an environment describes; KeyError when it says too little."""
    token = Path(given["PARTIES_LULEA_TOKEN_FILE"]).read_text("utf-8").strip()
    return Network(
        journal=parties.journal(
            HOSPITAL,
            Ledger("journal"),
            inbox_port=int(given["PARTIES_JOURNAL_PORT"]),
            feed=Feed(port=int(given["PARTIES_FEED_PORT"])),
            first_control=first_control,
        ),
        planning=_on_the_bus(PLANNING, "planning", given["PARTIES_PLANNING"]),
        lulea=parties.omsorg_municipality(
            LULEA,
            Ledger("lulea"),
            port=int(given["PARTIES_LULEA_PORT"]),
            door=Door(url=given["PARTIES_LULEA_DOOR"], token=token),
            habits=Habits(answers_after=1.0),
        ),
        umea=_on_the_bus(UMEA, "umea", given["PARTIES_UMEA"]),
    )


def _on_the_bus(me: Organisation, name: str, url: str) -> BusWire:
    return parties.bus_party(me, Ledger(name), connect=lambda: BrokerLine(url, f"{name}.inbox"))


def play(everybody: Network, seed: int) -> None:
    """An admission that nobody may see; another from its assessment to the discharge."""
    stays = cast(seed, datetime.now(UTC), "2580", "Luleå")
    everybody.journal.tell("A01", stays.unseen)
    assessment = Assessment(at=datetime.now(UTC), units=(UMEA.hsa,))
    stay = replace(stays.discharge, assessment=assessment)
    everybody.journal.tell("A01", stay)
    _told(everybody, "admission-notice")
    plan = Plan(id=str(uuid4()), version=1, status="active", title="SIP", activities=("Hemtjänst",))
    case = f"{HOSPITAL.hsa}/{stay.visit}"
    to = (LULEA, HOSPITAL)
    everybody.planning.desk.say("care-plan", case, stay.person, to, plan=plan)
    _wait(everybody.lulea.desk.ledger, "care-plan")
    everybody.journal.tell("A16", stay)
    _told(everybody, "discharge-ready")
    everybody.journal.tell("A03", replace(stay, discharged=datetime.now(UTC)))
    _told(everybody, "discharged")


def _told(everybody: Network, event: str) -> None:
    for ledger in everybody.ledgers[1:]:
        _wait(ledger, event)


def _wait(ledger: Ledger, event: str) -> None:
    if not ledger.wait(has(Fate.APPLIED, event, 1), PATIENCE):
        raise SystemExit(f"{ledger.who} never had: {event}")


def told(ledger: Ledger) -> str:
    """One party in one line: counts, no persons."""
    fates = Counter(str(entry.fate) for entry in ledger.entries())
    return f"{ledger.who}: " + ", ".join(f"{count} {fate}" for fate, count in fates.items())


def main() -> None:
    """Start everybody, play, and stay until somebody ends it."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    seed = int(os.environ.get("PARTIES_SEED") or time())
    everybody = network(os.environ, first_control=seed % 900_000)
    with ExitStack() as stack:
        for party in (everybody.journal, everybody.planning, everybody.lulea, everybody.umea):
            party.start()
            stack.callback(party.stop)
        play(everybody, seed)
        lines = [f"played with seed {seed}", *(told(ledger) for ledger in everybody.ledgers)]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
