"""A desk behind HTTP: a server takes what is POSTed, a thread POSTs to the adapter's door.

A receipt is given in the 2xx body, or, with `receipts_after`, 202 comes first and the receipt is
POSTed later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from adapter.simulators.desk import Desk
from adapter.simulators.ledger import Fate
from adapter.simulators.letters import Outgoing

_LARGEST = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The adapter's HTTP door: its URL, and the bearer token that it gave us."""

    url: str
    token: str


class HttpWire:
    """Carries for `desk`: listens on a loopback `port`, and POSTs to `door` where there is one."""

    def __init__(
        self,
        desk: Desk,
        port: int,
        door: Door | None = None,
        receipts_after: float | None = None,
    ) -> None:
        self.desk = desk
        self.door = door
        self._port = port
        self._receipts_after = receipts_after
        self._stop = threading.Event()
        self._server: _Server | None = None
        self._threads: list[threading.Thread] = []
        self._down_until = 0.0
        self._lock = threading.Lock()  # of the listener, which two threads open and shut

    def start(self) -> None:
        """Listen, and work until `stop`; OSError when somebody else has the port."""
        self._open()
        self._thread(self._run, "post")

    def stop(self) -> None:
        """Shut the door, and wait until the threads have ended."""
        self._stop.set()
        self._shut()
        for thread in self._threads:
            thread.join()

    def down(self, seconds: float) -> None:
        """Be gone for so long: nobody listens, and nothing is sent."""
        self._down_until = time.monotonic() + seconds
        self._shut()

    def answer(self, body: bytes, delivery: str) -> tuple[int, bytes]:
        """What to answer a POST: status and body."""
        try:
            receipt = self.desk.take(body, delivery)
        except ValueError:
            return 400, b""
        if receipt is None:
            return 202, b""
        if self._receipts_after is None:
            return 200, receipt.body
        self.desk.post_later(receipt, self._receipts_after)
        return 202, b""

    def _open(self) -> None:
        """Listen, unless that is so already, or should not be."""
        with self._lock:
            if self._server or self._stop.is_set() or self._is_down():
                return
            self._server = _Server(("127.0.0.1", self._port), _Handler)
            self._server.wire = self
            self._thread(self._server.serve_forever, "take", 0.05)

    def _shut(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _is_down(self) -> bool:
        return time.monotonic() < self._down_until

    def _thread(self, target: Any, what: str, *arguments: Any) -> None:
        name = f"{what} {self.desk.ledger.who}"
        thread = threading.Thread(target=target, args=arguments, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            if self._is_down():
                continue
            self._open()
            while (outgoing := self.desk.work()) is not None:
                self._post(outgoing)

    def _post(self, outgoing: Outgoing) -> None:
        """One attempt; the desk sends again what stays without a receipt."""
        if self.door is None:
            return
        try:
            status, body = _posted(self.door, outgoing, self.desk.pen.content_type)
        except (OSError, HTTPException):
            return
        if status < 300 and body:
            self.desk.take(body)
        elif 400 <= status < 500:
            self.desk.ledger.note(
                Fate.NOTED,
                "refusal",
                outgoing.envelope_id,
                about=outgoing.content_id,
                code=f"http-{status}",
            )


def _posted(door: Door, outgoing: Outgoing, content_type: str) -> tuple[int, bytes]:
    parts = urlsplit(door.url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    headers = {
        "Content-Type": content_type,
        "Authorization": f"Bearer {door.token}",
        "Idempotency-Key": outgoing.envelope_id,
        "X-Correlation-Id": outgoing.case,
    }
    try:
        connection.request("POST", parts.path, outgoing.body, headers)
        response = connection.getresponse()
        return response.status, response.read(_LARGEST)
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    """Its threads end with each request; `wire` is set before the first."""

    daemon_threads = True
    allow_reuse_address = True
    wire: HttpWire


class _Handler(BaseHTTPRequestHandler):
    timeout = 20
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST:
            self._reply(413, b"")
            return
        body = self.rfile.read(length)
        self._reply(*self.server.wire.answer(body, self.headers.get("x-delivery-id", "")))

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if body:
            self.send_header("Content-Type", self.server.wire.desk.pen.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the ledger tells what came."""
