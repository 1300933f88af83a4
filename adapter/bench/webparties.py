"""Fifty simulated municipalities that take FHIR by HTTP, in one process; one of them is slow."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from adapter.bench.board import Board
from adapter.bench.copybook import Receipts
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Organisation

_PLACE = re.compile(r"/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """Who listens on a loopback port: partner n at the address /n; the first one is slow."""

    port: int
    partners: tuple[Organisation, ...]
    slow: float  # seconds before the first partner answers


def serve(street: Street, board: Board) -> None:
    """Take, hold, and answer each POST with its receipt, until it is over."""
    server = _Server(("127.0.0.1", street.port), _Handler)
    server.street, server.board = street, board
    server.receipts = [Receipts(each) for each in street.partners]
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    board.gate.wait()
    board.over.wait()
    server.shutdown()
    server.socket.close()


class _Server(ThreadingHTTPServer):
    """`street`, `board` and `receipts` are set before the first request."""

    daemon_threads = True
    request_queue_size = 128
    street: Street
    board: Board
    receipts: list[Receipts]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as those of real servers do
    wbufsize = 64 * 1024  # head and body leave together
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        found = _PLACE.fullmatch(self.path)
        self._take(int(found[1]) if found else 0, body)

    def _take(self, place: int, body: bytes) -> None:
        board = self.server.board
        if place == 0 and board.over.wait(self.server.street.slow):
            self.close_connection = True
            return
        letter = FhirFormat(self.server.street.partners[place]).read(body)
        number = board.number(letter.content_id)
        if number is not None:
            board.held[number] = board.held[number] or time.monotonic()
        self._answer(self.server.receipts[place].to(letter).body)

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", FhirFormat.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the board tells what came."""
