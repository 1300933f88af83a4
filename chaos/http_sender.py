"""Senders over HTTP: each has several clerks, and each clerk sends one case after another."""

from __future__ import annotations

import threading
import time
from http.client import HTTPConnection, HTTPException
from uuid import uuid4

from adapter.fhir.builders import Party
from chaos import messages
from chaos.ledger import Ledger, Line, Saw
from chaos.load import Load, Message
from chaos.manners import Manners
from chaos.messages import FHIR, Arrived, Post

CLERKS = 10
_ENOUGH = 3  # responses that are not final, after which a clerk stops sending poison
_PATH = "/fhir/$process-message"


class HttpSender:
    """A party that sends a message only when the one before it in the case has its receipt."""

    def __init__(
        self,
        party: Party,
        load: Load,
        ledger: Ledger,
        manners: Manners,
        ports: list[int],
        token: str,
    ) -> None:
        self._party = party
        self._load, self._ledger, self._manners = load, ledger, manners
        self._ports, self._token = ports, token
        self.receipts = 0  # roughly: several clerks add to it
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._clerk, daemon=True) for _ in range(CLERKS)]

    def start(self) -> None:
        """Start the clerks."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop the clerks, even those without a receipt."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _clerk(self) -> None:
        connections = Connections(self._ports, self._token)
        while not self._load.ended.is_set():
            for message in self._load.case(self._party):
                if not self._load.wait_turn():
                    break
                self._send(message, connections)
        connections.close()

    def _send(self, message: Message, connections: Connections) -> None:
        """Send until there is a final receipt; sometimes once more than needed."""
        roll = message.chance.random()
        if roll < 0.01:
            self._twice_at_once(message)
        responses = 0
        while not self._stop.is_set() and responses < _ENOUGH:
            code = self._once(message, message.post, connections)
            if code in ("ok", "fatal-error"):
                break
            responses += message.poisoned and bool(code)
            self._stop.wait(0.05)
        if 0.01 < roll < 0.03:
            self._manners.count("message-doubled")
            self._once(message, message.post, connections)
        elif 0.03 < roll < 0.05:
            self._manners.count("message-resent")
            self._once(message, message.post.again(), connections)

    def _twice_at_once(self, message: Message) -> None:
        """Send the same bytes to both web processes at the same moment."""
        self._manners.count("message-doubled-at-once")
        threads = [
            threading.Thread(target=self._send_to_port, args=(message, port))
            for port in self._ports
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send_to_port(self, message: Message, port: int) -> None:
        connections = Connections([port], self._token)
        self._once(message, message.post, connections)
        connections.close()

    def _once(self, message: Message, post: Post, connections: Connections) -> str:
        """Send once; return the code of the receipt, "" when there was none."""
        self._ledger.write(message.line(post))
        status, body = connections.post(post)
        about, code, arrived = _receipt(status, body, post.content)
        if code:
            self.receipts += 1
            self._ledger.write(
                Line(
                    what=Saw.RECEIPTED,
                    who=self._party.endpoint,
                    content=about,
                    asked=post.content,
                    code=code,
                    to=arrived.had if arrived else (),
                    spared=arrived.spared if arrived else (),
                )
            )
        return code if about == post.content else ""


def _receipt(status: int, body: bytes, asked: str) -> tuple[str, str, Arrived | None]:
    """Return a response's content id, code and receipt; an OperationOutcome is a refusal."""
    if status == 200:
        receipt = messages.read(body)
        return receipt.about, receipt.code, receipt
    if status == 503 and b"adapter-fault" in body:
        return asked, "transient-error", None
    is_refusal = 400 <= status < 500 and status not in (408, 429)
    return asked, "fatal-error" if is_refusal else "", None


class Connections:
    """One clerk's connection, to the next web process when one does not respond."""

    def __init__(self, ports: list[int], token: str) -> None:
        self._ports = list(ports)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": FHIR}
        self._open: HTTPConnection | None = None

    def post(self, post: Post) -> tuple[int, bytes]:
        """Post a message; return status and body, status 0 when there was no response."""
        if self._open is None:
            self._open = HTTPConnection("127.0.0.1", self._ports[0], timeout=6)
        headers = self._headers | {"Idempotency-Key": post.envelope, "X-Request-Id": str(uuid4())}
        try:
            self._open.request("POST", _PATH, post.body, headers)
            response = self._open.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException):
            self.close()
            self._ports.append(self._ports.pop(0))
            time.sleep(0.05)
            return 0, b""

    def close(self) -> None:
        """Close the open connection."""
        if self._open is not None:
            self._open.close()
            self._open = None
