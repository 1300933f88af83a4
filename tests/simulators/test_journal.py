"""How the journal's feed is sent until it is acknowledgement_code."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from adapter.simulators import parties
from adapter.simulators.hl7v2_writer import acknowledgement_code
from adapter.simulators.journal import AdtFeed, Journal, NotAcknowledgedError
from adapter.simulators.sample_stays import sample_stays
from adapter.simulators.traffic_log import TrafficLog
from tests.kit.samples import HOSPITAL, NOW
from tests.kit.servers.base import free_ports


@contextmanager
def mllp(answers: list[Callable[[bytes], bytes]]) -> Iterator[int]:
    """Somebody who takes one frame after the other, and answers as the list says."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                wire, _ = listener.accept()
                with wire:
                    body = b""
                    while not body.endswith(b"\x1c\r"):
                        body += wire.recv(65536)
                    wire.sendall(answer(body))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def ack(code: str) -> Callable[[bytes], bytes]:
    def answer(body: bytes) -> bytes:
        control = body.split(b"|")[9]
        return b"\x0bMSH|^~\\&|\rMSA|%s|%s\r\x1c\r" % (code.encode(), control)

    return answer


def journal(port: int, patience: float = 10.0) -> Journal:
    feed = AdtFeed(port=port, patience=patience, timeout=1)
    return parties.journal(HOSPITAL, TrafficLog("journal"), inbox_port=0, feed=feed)


STAY = sample_stays(1, NOW, "2580", "Luleå").discharge


def test_the_journal_sends_again_until_it_is_acknowledged() -> None:
    answers = [lambda _: b"", ack("AR"), lambda _: b"\x0bMSA|AA|other\x1c\r", ack("AA")]
    with mllp(answers) as port:
        hospital = journal(port)
        assert hospital.send("A01", STAY) == "AA"
    kinds = [e.kind for e in hospital.system.traffic.entries()]
    assert kinds == ["sent", "repeated", "repeated", "repeated", "noted"]


def test_a_refusal_is_told_and_not_sent_again() -> None:
    with mllp([ack("AE")]) as port:
        assert journal(port).send("A01", STAY) == "AE"


def test_a_journal_that_nobody_acknowledges_says_so() -> None:
    (port,) = free_ports(1)
    with pytest.raises(NotAcknowledgedError):
        journal(port, patience=0.5).send("A01", STAY)


def test_an_acknowledgement_of_another_message_is_none_of_ours() -> None:
    with pytest.raises(ValueError, match="not an acknowledgement"):
        acknowledgement_code(b"MSH|\rMSA|AA|S2\r", "S1")
