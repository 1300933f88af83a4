"""Parties behind HTTP: a server each, that answers with the receipt, or otherwise."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from chaos import messages
from chaos.cast import OMSORG
from chaos.desk import Desk
from chaos.manners import Manner
from chaos.messages import Post
from chaos.plan import TIMERS

_TOO_LATE = TIMERS["timeout"].total_seconds() * 1.3


class Counter:
    """One party's HTTP door. `slowly` is how many seconds each answer takes from now on."""

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk = desk
        self.port = port
        self.slowly = 0.0
        self.slow_answers = 0  # how many have begun to be slow
        self.stopping = threading.Event()
        self._server: _Server | None = None

    def open(self) -> None:
        """Listen."""
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.counter = self
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

    def try_open(self) -> bool:
        """Whether it listens again: its port may linger."""
        try:
            self.open()
        except OSError:
            return False
        return True

    def shut(self) -> None:
        """Be gone: connections are refused, those in hand are cut."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.hang_up()

    def close(self) -> None:
        """The run is over."""
        self.stopping.set()
        self.shut()

    def dawdle(self, seconds: float) -> None:
        """Let time pass; the end of the run does not wait for it."""
        if seconds:
            self.stopping.wait(seconds)

    def be_slow(self) -> None:
        """Take as long as `slowly` says."""
        self.slow_answers += self.slowly > 0
        self.dawdle(self.slowly)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    counter: Counter

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._wires: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._wires.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._wires.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Cut every connection."""
        for wire in list(self._wires):
            super().shutdown_request(wire)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that was killed in the middle is what this is for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 200
    server: _Server

    def do_POST(self) -> None:
        """Take, note, and answer as the manner of the moment is."""
        counter = self.server.counter
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_omsorg = counter.desk.party is OMSORG
        arrived = messages.read_omsorg(body) if is_omsorg else messages.read(body)
        manner = counter.desk.take(arrived)
        counter.be_slow()
        match manner:
            case Manner.LOSE:
                self.close_connection = True
            case Manner.NOT_NOW if arrived.number % 2:
                self._answer(503, b"", "text/plain", {"Retry-After": "1"})
            case Manner.GARBLE:
                self._answer(200, b"<html>", "text/html", {})
            case _:
                counter.dawdle(_TOO_LATE if manner is Manner.LATE else 0)
                self._receipt(body, arrived.content, manner)

    def _receipt(self, body: bytes, content: str, manner: Manner) -> None:
        code = {Manner.NOT_NOW: "transient-error", Manner.REFUSE: "fatal-error"}.get(manner, "ok")
        about = str(uuid4()) if manner is Manner.WRONG else content
        found = self._written(body, about, code)
        self._answer(200, found.body, found.content_type, {})

    def _written(self, body: bytes, about: str, code: str) -> Post:
        party = self.server.counter.desk.party
        if party is OMSORG:
            return messages.omsorg_receipt(body, about, code)
        return messages.receipt(party, about, code)

    def _answer(self, status: int, body: bytes, type_: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the ledger tells what came."""
