"""The whole program as operations run it: `adapter serve` in its own process, on all transports.

Its log is a file, and the tests read its store. Every response to a partner is remembered, so that
log and responses can be searched for personal data and for tracebacks.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from typer.testing import CliRunner

from adapter.cli import app
from adapter.runner import utc_now
from adapter.simulators.post_server import PostServer, Reply
from adapter.store import Store, blobs, endpoints
from adapter.store.tables import delivery, history, message
from adapter.transports.rabbitmq.pika_internals import HEAD_BYTES
from tests.kit.partners import BusPartner, at_its_inbox
from tests.kit.program.region import BROKEN_SYSTEMS, DOORS, HTTP_PARTNERS, settings
from tests.kit.servers import RabbitMQ
from tests.kit.servers.base import free_ports
from tests.kit.waiting import wait_for

PERSONS = ("195009072553", "19500907-2553", "500907-2553", "Tolvan", "Storgatan", "LULEÅ", "Luleå")
TRACES = ("Traceback", 'File "', ".py:", ".py\\", "sqlalchemy", "pydantic", "lxml")
_START = """
import sys
from adapter import mappings
mappings.__path__.append(sys.argv.pop(1))
from adapter.cli import main
main()
"""


class Program:
    """One running adapter. `answers` has every response that it gave."""

    def __init__(self, folder: Path, broker: RabbitMQ, url: str) -> None:
        self.folder, self._broker, self._url = folder, broker, url
        self.web, self.health, self.far, *ports = free_ports(3 + len(DOORS))
        self.doors = dict(zip(DOORS, ports, strict=True))
        self.log = folder / "log"
        self.answers: list[bytes] = []
        self._checked = 0
        self._looked = 0
        self.settings = folder / "adapter.toml"
        text = settings(f"sqlite:///{folder / 'adapter.db'}", self.web, self.far, self.doors)
        text = f'health = "127.0.0.1:{self.health}"\n{text}'
        self.settings.write_text(text, encoding="utf-8")
        for name, code in BROKEN_SYSTEMS.items():
            (folder / "systems").mkdir(exist_ok=True)
            (folder / "systems" / f"{name}.py").write_text(code, encoding="utf-8")
        self.process = self._start()
        self.store = Store(f"sqlite:///{folder / 'adapter.db'}")
        self.wait(self._is_ready)
        self.tokens = {name: self._token(name) for name in HTTP_PARTNERS}

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = ["serve", "--settings", str(self.settings), "--log-level", "debug"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", _START, str(self.folder / "systems"), *arguments],
                env=os.environ | {"ADAPTER_BROKER": self._url},
                stdout=log,
                stderr=log,
            )

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.address}/health/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def _token(self, name: str) -> str:
        with self.store.begin() as tx:
            return endpoints.new_token(tx, name, utc_now())

    def close(self) -> None:
        """Stop it with SIGTERM; its exit code must be 0."""
        self.process.terminate()
        try:
            assert self.process.wait(60) == 0, self.log.read_text()[-2000:]
        finally:
            self.process.kill()
            self.store.close()

    def restart(self, *without: str) -> None:
        """Kill it, and start it again with settings `without` some endpoints."""
        self.process.kill()
        self.process.wait()
        head, *stanzas = self.settings.read_text(encoding="utf-8").split("[[")
        lost = tuple(f'endpoint]]\nname = "{name}"\n' for name in without)
        kept = [stanza for stanza in stanzas if not stanza.startswith(lost)]
        self.settings.write_text("[[".join([head, *kept]), encoding="utf-8")
        self.process = self._start()
        self.wait(self._is_ready)

    # How partners come in

    @property
    def address(self) -> str:
        """The base address of the HTTP server."""
        return f"http://127.0.0.1:{self.web}"

    def partner(self, name: str) -> BusPartner:
        """A partner on the bus, once its queue is there."""
        return at_its_inbox(self._broker.partner(name, beside=self._url), name)

    def remember(self, answer: bytes) -> bytes:
        """Remember a response to a partner, and return it."""
        self.answers.append(answer)
        return answer

    # What is in the store

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[sa.RowMapping]:
        """Rows, oldest first."""
        with self.store.read() as tx:
            query = sa.select(table).where(*where).order_by(table.c.seq)
            return list(tx.execute(query).mappings())

    def kept(self, body: bytes, count: int = 1, sender: str = "") -> Mapping[str, Any]:
        """Wait until a message with these bytes is processed; return the newest one."""
        digest = hashlib.sha256(body).hexdigest()
        same = [message.c.fingerprint == digest, message.c.standing != "received"]
        same += [message.c.endpoint == sender] if sender else []
        self.wait(lambda: len(self.rows(message, *same)) >= count)
        found = self.rows(message, *same)[-1]
        with self.store.read() as tx:
            row: dict[str, Any] = {**found, "body": blobs.whole(tx, found["body"])}
        assert row["body"] in (body, body[:HEAD_BYTES])  # of a body over the limit, the beginning
        return row

    def deliveries(self, row: Mapping[str, Any]) -> list[sa.RowMapping]:
        """The deliveries of a message, without receipts."""
        of_message = sa.and_(delivery.c.message_id == row["id"], delivery.c.event != "receipt")
        return self.rows(delivery, of_message)

    def happened(self, row: sa.RowMapping) -> list[str]:
        """The history of a message."""
        return [r["what"] for r in self.rows(history, history.c.message_id == row["id"])]

    def stored(self) -> int:
        """How many messages there are."""
        with self.store.read() as tx:
            return tx.execute(sa.select(sa.func.count()).select_from(message)).scalar_one()

    def owner(self, id_: str) -> str:
        """The owner of a dead letter, as `adapter dead` shows it."""
        command = ["dead", "--settings", str(self.settings), "--json"]
        shown = CliRunner().invoke(app, command, env={"ADAPTER_BROKER": self._url}).stdout
        causes = json.loads(shown)["causes"]
        return next(c["owner"] for c in causes if id_ in {dead["id"] for dead in c["letters"]})

    # What everybody may see

    def emitted(self) -> Iterator[Any]:
        """The JSON that it responded with or wrote to send, since the last call."""
        rows = self.rows(delivery, delivery.c.seq > self._looked)
        self._looked = max((row["seq"] for row in rows), default=self._looked)
        written = [r["body"] for r in rows if not r["forwarded"] and r["endpoint"] != "broken"]
        for body in [*self.answers, *written]:
            with suppress(ValueError):
                yield json.loads(body)

    def check_silence(self) -> None:
        """Check that no log line has personal data, no response a traceback, and that it runs."""
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        printed = self.log.read_text(encoding="utf-8")
        assert [p for p in PERSONS if p in printed] == []
        for line in printed[self._checked :].splitlines():
            json.loads(line)
        self._checked = printed.rfind("\n") + 1
        responses = b"\n".join(self.answers).decode(errors="replace")
        assert [t for t in TRACES if t in responses] == []
        self.answers.clear()

    def wait(self, true: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until `true` holds; fail with the end of the log."""
        wait_for(
            "such state of the program",
            true,
            seconds=seconds,
            saw=lambda: self.log.read_text()[-3000:],
        )


@contextmanager
def running(folder: Path, broker: RabbitMQ) -> Iterator[Program]:
    """The program, and an HTTP server that answers 204 to all it sends, without receipts."""
    program = Program(folder, broker, broker.fresh())
    far = PostServer(program.far, lambda _: Reply(status=204))
    try:
        yield program
    finally:
        far.stop()
        program.close()
