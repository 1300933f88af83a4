"""Connects a party by HTTP: a server receives POSTs, a thread POSTs to the adapter's door.

A receipt is the body of the 2xx answer. With `receipts_after` the answer is 202 and the receipt
is POSTed later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from adapter.simulators.messages import OutgoingMessage
from adapter.simulators.party_system import PartySystem
from adapter.simulators.post_server import LARGEST_BODY, Post, PostServer, Reply
from adapter.simulators.traffic_log import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The adapter's HTTP door: its URL, and the bearer token of this party."""

    url: str
    token: str


class HttpConnector:
    """Receives for `system` on a loopback `port`, and sends to `door` where there is one."""

    def __init__(
        self,
        system: PartySystem,
        port: int,
        door: Door | None = None,
        receipts_after: float | None = None,
    ) -> None:
        self.system = system
        self.door = door
        self._port = port
        self._receipts_after = receipts_after
        self._stop = threading.Event()
        self._server: PostServer | None = None
        self._down_until = 0.0
        self._lock = threading.Lock()  # two threads open and close the server
        name = f"POST {system.traffic.party}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Listen, and work until `stop`. OSError when the port is taken."""
        self._open()
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and wait until the threads have ended."""
        self._stop.set()
        self._close()
        self._thread.join()

    def down(self, seconds: float) -> None:
        """Refuse connections and send nothing for so long; 0 ends an outage."""
        self._down_until = time.monotonic() + seconds
        self._close()

    def _respond(self, post: Post) -> Reply:
        try:
            receipt = self.system.receive(post.body, post.delivery)
        except ValueError:
            return Reply(status=400)
        if receipt is None:
            return Reply(status=202)
        if self._receipts_after is None:
            content_type = self.system.message_format.content_type
            return Reply(body=receipt.body, content_type=content_type)
        self.system.enqueue_later(receipt, self._receipts_after)
        return Reply(status=202)

    def _open(self) -> None:
        with self._lock:
            if not (self._server or self._stop.is_set() or self._is_down()):
                self._server = PostServer(self._port, self._respond)

    def _close(self) -> None:
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()

    def _is_down(self) -> bool:
        return time.monotonic() < self._down_until

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            if self._is_down():
                continue
            self._open()
            while (outgoing := self.system.next_outgoing()) is not None:
                self._send(outgoing)

    def _send(self, outgoing: OutgoingMessage) -> None:
        """Make one attempt. The party's system resends a message that gets no receipt."""
        if self.door is None:
            return
        content_type = self.system.message_format.content_type
        try:
            status, body = _post(self.door, outgoing, content_type)
        except (OSError, HTTPException):
            return
        if status < 300 and body:
            self.system.receive(body)
        elif 400 <= status < 500:
            self.system.traffic.note(
                EntryKind.NOTED,
                "refusal",
                outgoing.envelope_id,
                about=outgoing.content_id,
                code=f"http-{status}",
            )


def _post(door: Door, outgoing: OutgoingMessage, content_type: str) -> tuple[int, bytes]:
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
        return response.status, response.read(LARGEST_BODY)
    finally:
        connection.close()
