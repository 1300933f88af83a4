"""Say a word at a real door: MLLP, HTTP or the bus. Return what came back."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping

import httpx

from stories import hearing, hl7
from stories.observation import Answer
from stories.rig.flow import MSA, read_http
from stories.rig.sockets.parties import BusParty, Mailbag
from stories.truth import Word
from stories.world import PARTIES

_START, _END = b"\x0b", b"\x1c\r"
_PATIENCE = 60.0  # seconds


class Senders:
    """Every sender's end. A hospital's feed has one connection, so that it stays in order."""

    def __init__(
        self,
        doors: Mapping[str, int],
        web: int,
        tokens: Mapping[str, str],
        bus: BusParty,
        bag: Mailbag,
    ) -> None:
        self._doors, self._tokens, self._bus, self._bag = doors, tokens, bus, bag
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=_PATIENCE)
        self._feeds: dict[str, socket.socket] = {}
        self._locks = {name: threading.Lock() for name in doors}

    def close(self) -> None:
        """Close every connection."""
        self._http.close()
        for feed in self._feeds.values():
            feed.close()

    def say(self, word: Word) -> Answer:
        """Say a word; return the answer."""
        party = PARTIES[word.sender]
        if party.door == "mllp":
            return self._mllp(word)
        if party.door == "bus":
            return self._on_the_bus(word)
        path = "/fhir/$process-message" if party.form == "fhir" else "/inbox"
        headers = {"Authorization": f"Bearer {self._tokens[word.sender]}"}
        headers["Content-Type"] = word.content_type
        response = self._http.post(path, content=word.body, headers=headers)
        if response.status_code == 204:
            return Answer(code="ok")
        return read_http(response.status_code, response.content, party.form)

    def _mllp(self, word: Word) -> Answer:
        with self._locks[word.sender]:
            feed = self._feeds.get(word.sender)
            if feed is None:
                address = ("127.0.0.1", self._doors[word.sender])
                feed = self._feeds[word.sender] = socket.create_connection(address, _PATIENCE)
            feed.sendall(_START + word.body + _END)
            received = b""
            while not received.endswith(_END):
                chunk = feed.recv(65536)
                if not chunk:
                    raise ConnectionError("the door closed")
                received += chunk
        code, issues = hl7.read_ack(received.removeprefix(_START))
        return Answer(code=MSA.get(code, ""), issues=issues)

    def _on_the_bus(self, word: Word) -> Answer:
        self._bus.say(word.body)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for arrival in self._bag.all():
                if arrival.party == word.sender and word.control.encode() in arrival.body:
                    heard = hearing.read(arrival.body, "fhir")
                    if heard.event == "receipt" and heard.about == word.control:
                        return Answer(code=heard.code, issues=heard.issues)
            time.sleep(0.1)
        return Answer(code="")
