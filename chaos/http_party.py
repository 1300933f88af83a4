"""Parties on HTTP: each is a server that responds with a receipt, or with a fault."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from adapter.fhir.builders import Party
from chaos import messages
from chaos.manners import Manner
from chaos.messages import Arrived, Post
from chaos.parties import OMSORG, OMSORG_2
from chaos.plan import TIMERS
from chaos.receiver import Receiver

_TOO_LATE = TIMERS["timeout"].total_seconds() * 1.3


class HttpParty:
    """One party's HTTP server. `slowly` is the number of seconds that each response takes."""

    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        self.port = port
        self.slowly = 0.0
        self.slow_answers = 0  # how many responses were slow
        self.stopping = threading.Event()
        self._server: _Server | None = None

    def open(self) -> None:
        """Start to listen."""
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.http_party = self
        thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        thread.start()

    def try_open(self) -> bool:
        """Whether it listens again; its port may still be taken."""
        try:
            self.open()
        except OSError:
            return False
        return True

    def shut(self) -> None:
        """Stop to listen: new connections are refused, and open ones are cut."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.hang_up()

    def close(self) -> None:
        """Stop at the end of the run."""
        self.stopping.set()
        self.shut()

    def pause(self, seconds: float) -> None:
        """Wait so many seconds; the end of the run cuts the wait short."""
        if seconds:
            self.stopping.wait(seconds)

    def be_slow(self) -> None:
        """Wait as long as `slowly` says, and count it."""
        self.slow_answers += self.slowly > 0
        self.pause(self.slowly)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    http_party: HttpParty

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Cut every connection."""
        for connection in list(self._connections):
            super().shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the rig kills peers in the middle of a request."""


def _reader(party: Party) -> Callable[[bytes], Arrived]:
    if party is OMSORG:
        return messages.read_omsorg
    return messages.read_omsorg_2 if party is OMSORG_2 else messages.read


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 200
    server: _Server

    def do_POST(self) -> None:
        """Take a message, note it, and respond as the drawn manner says."""
        http_party = self.server.http_party
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived = _reader(http_party.receiver.party)(body)
        manner = http_party.receiver.take(arrived)
        http_party.be_slow()
        match manner:
            case Manner.LOSE:
                self.close_connection = True
            case Manner.NOT_NOW if arrived.number % 2:
                self._respond(503, b"", "text/plain", {"Retry-After": "1"})
            case Manner.GARBLE:
                self._respond(200, b"<html>", "text/html", {})
            case _:
                http_party.pause(_TOO_LATE if manner is Manner.LATE else 0)
                self._send_receipt(body, arrived.content, manner)

    def _send_receipt(self, body: bytes, content: str, manner: Manner) -> None:
        code = {Manner.NOT_NOW: "transient-error", Manner.REFUSE: "fatal-error"}.get(manner, "ok")
        about = str(uuid4()) if manner is Manner.WRONG else content
        receipt = self._written(body, about, code)
        self._respond(200, receipt.body, receipt.content_type, {})

    def _written(self, body: bytes, about: str, code: str) -> Post:
        party = self.server.http_party.receiver.party
        if party is OMSORG:
            return messages.omsorg_receipt(body, about, code)
        if party is OMSORG_2:
            return messages.omsorg_2_receipt(about, code)
        return messages.receipt(party, about, code)

    def _respond(self, status: int, body: bytes, type_: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", type_)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing: the ledger has what came."""
