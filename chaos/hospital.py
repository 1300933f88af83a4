"""Who sends over HTTP: clerks, each of whom takes a case after the other to the adapter."""

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
from chaos.messages import FHIR, Post

CLERKS = 10
_ENOUGH = 3  # answers that are no receipt, after which a clerk stops sending poison
_PATH = "/fhir/$process-message"


class Hospital:
    """A sender: the next message of a case leaves only when the one before is receipted."""

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
        self.receipts = 0  # answers of the adapter, about
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._clerk, daemon=True) for _ in range(CLERKS)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let go, also of what has no receipt."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _clerk(self) -> None:
        wires = Wires(self._ports, self._token)
        while not self._load.ended.is_set():
            for message in self._load.case(self._party):
                if not self._load.wait_turn():
                    break
                self._bring(message, wires)
        wires.close()

    def _bring(self, message: Message, wires: Wires) -> None:
        """Repeat until there is a final receipt; sometimes once more than needed."""
        roll = message.chance.random()
        if roll < 0.01:
            self._twice_at_once(message)
        answers = 0
        while not self._stop.is_set() and answers < _ENOUGH:
            code = self._once(message, message.post, wires)
            if code in ("ok", "fatal-error"):
                break
            answers += message.poisoned and bool(code)
            self._stop.wait(0.05)
        if 0.01 < roll < 0.03:
            self._manners.count("message-doubled")
            self._once(message, message.post, wires)
        elif 0.03 < roll < 0.05:
            self._manners.count("message-resent")
            self._once(message, message.post.again(), wires)

    def _twice_at_once(self, message: Message) -> None:
        """The same bytes through both doors in the same moment."""
        self._manners.count("message-doubled-at-once")
        threads = [
            threading.Thread(target=self._through, args=(message, port)) for port in self._ports
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _through(self, message: Message, port: int) -> None:
        wires = Wires([port], self._token)
        self._once(message, message.post, wires)
        wires.close()

    def _once(self, message: Message, post: Post, wires: Wires) -> str:
        """One attempt; the code of the receipt, "" when there was none."""
        self._ledger.write(message.line(post))
        status, body = wires.post(post)
        about, code = _said(status, body, post.content)
        if code:
            self.receipts += 1
            self._ledger.write(
                Line(
                    what=Saw.RECEIPTED,
                    who=self._party.endpoint,
                    content=about,
                    asked=post.content,
                    code=code,
                )
            )
        return code if about == post.content else ""


def _said(status: int, body: bytes, asked: str) -> tuple[str, str]:
    """Of which content id an answer speaks, and what it says; an OperationOutcome is a refusal."""
    if status == 200:
        receipt = messages.read(body)
        return receipt.about, receipt.code
    if status == 503 and b"adapter-fault" in body:
        return asked, "transient-error"
    return asked, "fatal-error" if 400 <= status < 500 and status not in (408, 429) else ""


class Wires:
    """Connections of one clerk to the doors: the next one when one does not answer."""

    def __init__(self, ports: list[int], token: str) -> None:
        self._ports = list(ports)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": FHIR}
        self._open: HTTPConnection | None = None

    def post(self, post: Post) -> tuple[int, bytes]:
        """Status and body; status 0 when nobody answered."""
        if self._open is None:
            self._open = HTTPConnection("127.0.0.1", self._ports[0], timeout=6)
        headers = self._headers | {"Idempotency-Key": post.envelope, "X-Request-Id": str(uuid4())}
        try:
            self._open.request("POST", _PATH, post.body, headers)
            answer = self._open.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            self.close()
            self._ports.append(self._ports.pop(0))
            time.sleep(0.05)
            return 0, b""

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None
