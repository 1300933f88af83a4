"""Parties with real sockets: HTTP servers and a queue. They keep what they get, and receipt it."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pika
from pika.exceptions import AMQPError
from pika.spec import BasicProperties

from stories import fhir_bytes, omsorg_bytes
from stories.observation import Arrival
from stories.rig.receivers import written_receipt
from stories.truth import Weather
from stories.world import Party


class Mailbag:
    """Everything that the parties got; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: list[Arrival] = []

    def take(self, party: Party, body: bytes) -> bytes | None:
        """Keep a message; return the party's receipt for it, if it gets one."""
        now = datetime.now(UTC)
        arrival = Arrival(party=party.name, at=now, body=body, weather=Weather.UP)
        with self._lock:
            self._arrivals.append(arrival)
        return written_receipt(party, body, "ok", now)

    def all(self) -> list[Arrival]:
        """Return what has come so far."""
        with self._lock:
            return list(self._arrivals)


class HttpServers:
    """One HTTP server for each party."""

    def __init__(self, ports: Iterable[tuple[Party, int]], bag: Mailbag) -> None:
        self._servers = [_server(party, port, bag) for party, port in ports]

    def start(self) -> None:
        """Listen."""
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop."""
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _server(party: Party, port: int, bag: Mailbag) -> ThreadingHTTPServer:
    media = omsorg_bytes.CONTENT_TYPE if party.form == "omsorg" else fhir_bytes.CONTENT_TYPE

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            """Take a message, and respond with its receipt."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receipt = bag.take(party, body) or b""
            self.send_response(200 if receipt else 204)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(receipt)))
            self.end_headers()
            self.wfile.write(receipt)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


class BusParty:
    """The planning service: one connection, in one thread, that takes, receipts and says."""

    def __init__(self, url: str, party: Party, bag: Mailbag) -> None:
        self._url, self._party, self._bag = url, party, bag
        self._out: list[bytes] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Connect."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect."""
        self._stop.set()
        self._thread.join(10)

    def say(self, body: bytes) -> None:
        """Publish a message soon."""
        with self._lock:
            self._out.append(body)

    def _run(self) -> None:
        while not self._stop.is_set():
            with suppress(AMQPError, OSError):
                self._session()
            self._stop.wait(0.2)

    def _session(self) -> None:
        with pika.BlockingConnection(pika.URLParameters(self._url)) as connection:
            channel = connection.channel()
            queue = f"{self._party.name}.inbox"
            for method, _, body in channel.consume(queue, inactivity_timeout=0.05):
                if method is not None and body is not None:
                    receipt = self._bag.take(self._party, body)
                    channel.basic_ack(method.delivery_tag or 0)
                    self._publish(channel, [receipt] if receipt else [])
                with self._lock:
                    waiting, self._out = self._out, []
                self._publish(channel, waiting)
                if self._stop.is_set():
                    return

    def _publish(self, channel: Any, bodies: Iterable[bytes]) -> None:
        properties = BasicProperties(user_id=self._party.name, delivery_mode=2)
        for body in bodies:
            channel.basic_publish("care.in", "", body, properties, mandatory=True)
