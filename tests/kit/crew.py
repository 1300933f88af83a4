"""Processes of the adapter as operations run them, and a simulated party that it sends to.

`planning` publishes on the bus, `lulea` reads there, `umea` receives and receipts over HTTP.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from adapter.runner import utc_now
from adapter.simulators import parties
from adapter.simulators.messages import Organisation
from adapter.simulators.traffic_log import EntryKind, TrafficLog, has
from adapter.store import Store, endpoints, heartbeats
from adapter.store.tables import delivery, history, message
from tests.kit import drafts
from tests.kit.drafts import LULEA, PLANNING, UMEA, Party
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for

NOTHING: Mapping[str, str] = MappingProxyType({})
TIMEOUT = 4  # seconds; the time-out of a sending
_START = """
import ctypes, os, signal, threading
def die(*_):
    for thread in threading.enumerate():
        if thread.name.startswith(os.environ["DIES"]):
            number, cause = ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, cause)
if "DIES" in os.environ:
    signal.signal(signal.SIGUSR1, die)
from adapter.cli import main
main()
"""
"""Runs the program. If DIES names a thread, SIGUSR1 raises SystemExit in that thread."""


class Member:
    """One process, and its log."""

    def __init__(
        self,
        command: Sequence[str],
        settings: Path,
        log: Path,
        web: int,
        given: Mapping[str, str],
    ) -> None:
        self.log = log
        self.address = f"http://127.0.0.1:{web}"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _START, *command, "--settings", str(settings)],
                env=os.environ | given,
                stdout=output,
                stderr=output,
            )

    def lines(self, what: str = "") -> list[dict[str, Any]]:
        """The lines of the log so far: those with one name, or all."""
        text = self.log.read_text(encoding="utf-8")
        complete = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [line for line in complete if what in ("", line["what"])]

    def ready(self) -> dict[str, Any]:
        """What its web process reports at /health/ready."""
        health: dict[str, Any] = httpx.get(f"{self.address}/health/ready", timeout=10).json()
        return health

    def warned(self, name: str) -> list[str]:
        """The reason of each finding with this name."""
        health = self.ready()
        return [f["why"] for f in (*health["why"], *health["warnings"]) if f["name"] == name]

    def ends(self, seconds: float) -> int:
        """Wait for its end; return the exit code."""
        return self.process.wait(seconds)


class Crew:
    """The processes. `folder` has a settings file for each, because each has its own web port."""

    def __init__(self, folder: Path, broker: RabbitMQ, url: str, store: str) -> None:
        self.folder, self._broker, self._url = folder, broker, url
        (self._umea_port,) = free_ports(1)
        umea = Organisation(hsa=UMEA.organization, name="Umeå kommun")
        self.umea = parties.fhir_municipality(umea, TrafficLog("umea"), port=self._umea_port)
        self.store_url = store
        self.store = Store(store)
        self.store.upgrade()
        self.members: list[Member] = []

    def all_seen_together(self) -> bool:
        """Whether every process has a heartbeat later than the last start."""
        with self.store.read() as tx:
            rows = heartbeats.rows(tx)
        return min(row.seen_at for row in rows) > max(row.started_at for row in rows)

    def launch(
        self,
        command: str,
        broker: str = "",
        more: str = "",
        given: Mapping[str, str] = NOTHING,
        flags: Sequence[str] = (),
    ) -> Member:
        """Start a process, whether it succeeds or not. `more` may begin with keys of the top."""
        number = len(self.members)
        (web,) = free_ports(1)
        path = self.folder / f"{command}-{number}.toml"
        keys, bracket, stanzas = more.partition("[[")
        text = keys + self._settings(web, broker or self._url) + bracket + stanzas
        path.write_text(text, encoding="utf-8")
        log = self.folder / f"{command}-{number}.log"
        member = Member([command, *flags], path, log, web, given)
        self.members.append(member)
        return member

    def start(
        self, command: str, *, broker: str = "", more: str = "", given: Mapping[str, str] = NOTHING
    ) -> Member:
        """Start a process, and wait until it has started and consumes from the bus."""
        member = self.launch(command, broker, more, given)
        self.wait(lambda: bool(member.lines("started")), member)
        if command != "web":
            self.wait(lambda: self.consuming(member), member)
        return member

    def consuming(self, member: Member) -> bool:
        """Whether a process reports in its heartbeat that it consumes from the bus."""
        with self.store.read() as tx:
            names = [row.name for row in heartbeats.rows(tx) if row.consumes]
        return any(name.endswith(f"/{member.process.pid}") for name in names)

    def _settings(self, web: int, broker: str) -> str:
        head = f'organization = "SE0000000009-ADAPTER"\nstore = "{self.store_url}"\n'
        head += f'broker = "{broker}"\nweb = "127.0.0.1:{web}"\n'
        bus = [_stanza(p, f'transport = "rabbitmq"\nbroker_user = "{p.endpoint}"') for p in _BUS]
        address = f'transport = "http"\naddress = "http://127.0.0.1:{self._umea_port}/"'
        return head + "".join([*bus, _stanza(UMEA, address)])

    def partner(self, name: str) -> BusPartner:
        """Connect as a partner on the bus."""
        return BusPartner(self._broker.partner(name, beside=self._url), f"{name}.inbox")

    def publish(self, count: int, to: Sequence[Party] = (UMEA,)) -> set[str]:
        """Publish messages as planning, each of a new case; return their content ids."""
        ids = [str(uuid4()) for _ in range(count)]
        with closing(self.partner("planning")) as planning:
            for id_ in ids:
                note = drafts.note(sender=PLANNING, to=to, visit=id_, content=id_)
                planning.publish(drafts.dump(note), content_type="application/fhir+json")
        return set(ids)

    def post(self, web: Member, to: Sequence[Party] = (UMEA,)) -> str:
        """Post a message as Luleå over HTTP; return its content id."""
        with self.store.begin() as tx:
            token = endpoints.new_token(tx, "lulea", utc_now())
        id_ = str(uuid4())
        note = drafts.note(sender=LULEA, to=to, visit=id_, content=id_)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
        url = f"{web.address}/fhir/$process-message"
        answer = httpx.post(url, content=drafts.dump(note), headers=headers, timeout=20)
        assert answer.status_code == 200
        return id_

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[sa.RowMapping]:
        """Rows, oldest first."""
        with self.store.read() as tx:
            query = sa.select(table).where(*where).order_by(table.c.seq)
            return list(tx.execute(query).mappings())

    def sent(self) -> list[sa.RowMapping]:
        """Every delivery to Umeå."""
        return self.rows(delivery, delivery.c.endpoint == "umea")

    def slow_umea(self, seconds: float) -> None:
        """Let Umeå apply messages at once, and answer after so many seconds."""
        self.umea.system.faults.answer_delay = seconds

    def umea_has_begun(self) -> bool:
        """Whether Umeå has received a message within 30 s."""
        return self.umea.system.traffic.wait(has(EntryKind.APPLIED, "message"), 30)

    def received_by_umea(self) -> Counter[str]:
        """How many copies of each content id Umeå has received."""
        kinds = (EntryKind.APPLIED, EntryKind.COPY)
        return Counter(e.content_id for e in self.umea.system.traffic.entries() if e.kind in kinds)

    def taken(self) -> list[sa.RowMapping]:
        """Every message of planning."""
        return self.rows(message, message.c.endpoint == "planning")

    def happened(self) -> list[str]:
        """The words of the whole history."""
        return [row["what"] for row in self.rows(history)]

    def wait(self, true: Callable[[], bool], *of: Member, seconds: float = 120) -> None:
        """Wait until `true` holds; fail with the logs, at once when one of `of` has ended."""

        def logs() -> str:
            return "\n".join(m.log.read_text("utf-8")[-3000:] for m in of or self.members)

        def happened() -> bool:
            holds = true()
            assert holds or all(m.process.poll() is None for m in of), logs()
            return holds

        wait_for("such state of the processes", happened, seconds=seconds, saw=logs)

    @contextmanager
    def around(self) -> Iterator[Crew]:
        """With Umeå running. At the end every process has ended."""
        self.umea.start()
        try:
            yield self
        finally:
            for member in self.members:
                with suppress(ProcessLookupError):
                    member.process.send_signal(signal.SIGCONT)
                member.process.kill()
                member.process.wait()
            self.umea.stop()
            self.store.close()


_BUS = (PLANNING, LULEA)


def _stanza(party: Party, lines: str) -> str:
    quick = f'timeout = "{TIMEOUT}s"\nretry_first = "500ms"\nreceipt_within = "5m"'
    return (
        f'\n[[endpoint]]\nname = "{party.endpoint}"\norganization = "{party.organization}"\n'
        f'system = "fhir"\nowner = "The test, 000-00 00 00"\n{quick}\n{lines}\n'
    )
