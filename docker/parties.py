"""The simulated parties as a service: a journal, a planning service and two municipalities.

They reach the adapter only by MLLP, HTTP with a token, and the broker with their own users. They
simulate a short discharge, then receipt and answer until SIGTERM. All persons are invented. The
full simulation, with faults, is `adapter demo`.
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
from adapter.simulators.bus_connector import BusConnector
from adapter.simulators.hl7v2_writer import Assessment
from adapter.simulators.http_connector import Door, HttpConnector
from adapter.simulators.journal import AdtFeed, Journal
from adapter.simulators.messages import Organisation, Plan
from adapter.simulators.party_system import Behaviour
from adapter.simulators.rabbitmq_client import RabbitMqClient
from adapter.simulators.sample_stays import sample_stays
from adapter.simulators.traffic_log import EntryKind, TrafficLog, has

HOSPITAL = Organisation(hsa="SE0000000001-SJUKHUS", name="Provsjukhuset")
PLANNING = Organisation(hsa="SE0000000002-PLANERING", name="Planeringstjänsten")
LULEA = Organisation(hsa="SE0000000003-LULEA", name="Luleå kommun")
UMEA = Organisation(hsa="SE0000000004-UMEA", name="Umeå kommun")
CENTRE = "SE0000000002-VARDCENTRAL"  # reads its messages in the planning service
PATIENCE = 60.0  # seconds for each step
USED = (
    *("PARTIES_FEED_PORT", "PARTIES_JOURNAL_PORT", "PARTIES_LULEA_PORT", "PARTIES_LULEA_DOOR"),
    *("PARTIES_LULEA_TOKEN_FILE", "PARTIES_PLANNING", "PARTIES_UMEA"),
)
"""The environment variables that are needed; PARTIES_SEED is optional."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """All parties except the adapter."""

    journal: Journal
    planning: BusConnector
    lulea: HttpConnector
    umea: BusConnector

    @property
    def traffic_logs(self) -> tuple[TrafficLog, ...]:
        """The traffic log of each party."""
        everybody = (self.journal, self.planning, self.lulea, self.umea)
        return tuple(party.system.traffic for party in everybody)


def network(given: Mapping[str, str], first_control: int) -> Network:
    """Return the parties of an environment. KeyError when a variable is missing."""
    token = Path(given["PARTIES_LULEA_TOKEN_FILE"]).read_text("utf-8").strip()
    return Network(
        journal=parties.journal(
            HOSPITAL,
            TrafficLog("journal"),
            inbox_port=int(given["PARTIES_JOURNAL_PORT"]),
            feed=AdtFeed(port=int(given["PARTIES_FEED_PORT"])),
            first_control=first_control,
        ),
        planning=_on_the_bus(PLANNING, "planning", given["PARTIES_PLANNING"]),
        lulea=parties.omsorg_municipality(
            LULEA,
            TrafficLog("lulea"),
            port=int(given["PARTIES_LULEA_PORT"]),
            door=Door(url=given["PARTIES_LULEA_DOOR"], token=token),
            behaviour=Behaviour(answers_after=1.0),
        ),
        umea=_on_the_bus(UMEA, "umea", given["PARTIES_UMEA"]),
    )


def _on_the_bus(me: Organisation, name: str, url: str) -> BusConnector:
    return parties.bus_party(
        me, TrafficLog(name), connect=lambda: RabbitMqClient(url, f"{name}.inbox")
    )


def play(everybody: Network, seed: int) -> None:
    """Send one admission without an assessment, and another until its discharge."""
    stays = sample_stays(seed, datetime.now(UTC), "2580", "Luleå")
    everybody.journal.send("A01", stays.unseen)
    assessment = Assessment(at=datetime.now(UTC), units=(UMEA.hsa, CENTRE))
    stay = replace(stays.discharge, assessment=assessment)
    everybody.journal.send("A01", stay)
    _told(everybody, "admission-notice")
    plan = Plan(id=str(uuid4()), version=1, status="active", title="SIP", activities=("Hemtjänst",))
    case = f"{HOSPITAL.hsa}/{stay.visit}"
    to = (LULEA, HOSPITAL)
    everybody.planning.system.send("care-plan", case, stay.person, to, plan=plan)
    _wait(everybody.lulea.system.traffic, "care-plan")
    everybody.journal.send("A16", stay)
    _told(everybody, "discharge-ready")
    everybody.journal.send("A03", replace(stay, discharged=datetime.now(UTC)))
    _told(everybody, "discharged")


def _told(everybody: Network, event: str) -> None:
    for traffic_log in everybody.traffic_logs[1:]:
        _wait(traffic_log, event)


def _wait(traffic_log: TrafficLog, event: str) -> None:
    if not traffic_log.wait(has(EntryKind.APPLIED, event, 1), PATIENCE):
        raise SystemExit(f"{traffic_log.party} never had: {event}")


def summary(traffic_log: TrafficLog) -> str:
    """Return one line about a party: how many copies of each kind, no persons."""
    kinds = Counter(str(entry.kind) for entry in traffic_log.entries())
    return f"{traffic_log.party}: " + ", ".join(f"{count} {kind}" for kind, count in kinds.items())


def main() -> None:
    """Start the parties, run the simulation, and work until a signal."""
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
        lines = [
            f"played with seed {seed}",
            *(summary(traffic_log) for traffic_log in everybody.traffic_logs),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        ended.wait()


if __name__ == "__main__":
    main()
