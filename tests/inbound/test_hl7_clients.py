"""Clients that none of us wrote: `mllp_send` of python-hl7, and hl7apy, at a real MLLP door."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.core import Message
from hl7apy.mllp import AbstractHandler, MLLPServer
from hl7apy.parser import parse_message

from adapter.core.model import Envelope
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.store.tables import delivery
from adapter.transports import Response
from adapter.transports.mllp import MllpClient, framed
from tests.kit.hl7v2 import EVN, PID, adt
from tests.kit.mllp_doors import Door, answer
from tests.kit.region import SETTINGS, Region
from tests.kit.waiting import WAIT

_SEND = "import sys; from hl7.client import mllp_send; sys.exit(mllp_send())"


@pytest.fixture
def journal(store_url: str) -> Iterator[Region]:
    """The hospital sends HL7 v2, and takes HL7 v2 at the same endpoint."""
    feed = replace(SETTINGS.endpoints[0], name="feed", system="hl7v2", broker_user="feed")
    region = Region(store_url, replace(SETTINGS, endpoints=(*SETTINGS.endpoints, feed)))
    yield region
    region.store.close()


@contextmanager
def door(region: Region) -> Iterator[Door]:
    """A real MLLP port before the region."""

    def accept(arrived: Envelope) -> Response:
        return Response(body=region.accept("feed", arrived.body).body)

    with Door(accept).open() as opened:
        yield opened


def asking(body: bytes, accept: str, application: str) -> bytes:
    """The message with MSH-15 and MSH-16."""
    return body.replace(b"|P|2.5||||||", f"|P|2.5|||{accept}|{application}||".encode())


def mllp_send(region: Region, folder: Path, content: bytes, *options: str) -> list[str]:
    """Send a file by python-hl7's command; return each segment MSA that it printed."""
    file = folder / "messages"
    file.write_bytes(content)
    with door(region) as opened:
        host, port = opened.server.address
        command = [sys.executable, "-c", _SEND, *options, "-p", str(port), "-f", str(file), host]
        said = subprocess.run(command, capture_output=True, check=True, timeout=WAIT)
    lines = said.stdout.replace(b"\x1c", b"\r").split(b"\r")
    return [line.strip(b"\x0b\n").decode() for line in lines if line.startswith(b"MSA")]


def test_mllp_send_gets_an_acknowledgement_for_each_of_its_messages(
    journal: Region, tmp_path: Path
) -> None:
    stream = framed(adt("A01")) + framed(adt("A99")) + framed(adt("A08"))
    assert mllp_send(journal, tmp_path, stream) == ["MSA|AA|A1", "MSA|AE|A1", "MSA|AA|A1"]


def test_mllp_send_gets_the_commit_in_the_enhanced_mode(journal: Region, tmp_path: Path) -> None:
    bodies = [asking(adt(trigger), "AL", "AL") for trigger in ("A01", "A99")]
    assert mllp_send(journal, tmp_path, b"".join(map(framed, bodies))) == [
        "MSA|CA|A1",
        "MSA|CR|A1",
    ]


def test_mllp_send_sends_a_loose_file(journal: Region, tmp_path: Path) -> None:
    content = adt("A01").replace(b"\r", b"\r\n")
    assert mllp_send(journal, tmp_path, content, "--loose") == ["MSA|AA|A1"]


def admission(accept: str = "", application: str = "") -> Any:
    """An admission that hl7apy builds and writes."""
    built: Any = Message("ADT_A01", version="2.5")
    built.msh.msh_3, built.msh.msh_4 = "COSMIC", "SJUKHUS"
    built.msh.msh_7, built.msh.msh_9 = "20260310102000+0100", "ADT^A01^ADT_A01"
    built.msh.msh_10, built.msh.msh_11 = "APY-1", "P"
    built.msh.msh_15, built.msh.msh_16 = accept, application
    built.msh.msh_18 = "UNICODE UTF-8"
    built.evn, built.pid = EVN, PID
    built.pv1 = "PV1|1|I|MED3||||||||||||||||7100231" + "|" * 25 + "20260310081500+0100"
    return built


def exchanged(region: Region, built: Any) -> Any:
    """Send a message of hl7apy; return the acknowledgement, which hl7apy has found valid."""
    with door(region) as opened, closing(opened.connect()) as wire:
        wire.sendall(built.to_mllp().encode())
        said = answer(wire)[1:-2].decode()
    parsed = parse_message(said, validation_level=VALIDATION_LEVEL.STRICT)
    assert parsed.validate()
    return parsed


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [("", "", "AA"), ("AL", "NE", "CA"), ("AL", "AL", "CA"), ("NE", "AL", "AA")],
)
def test_hl7apy_finds_the_acknowledgement_of_its_message_valid(
    journal: Region, accept: str, application: str, expected: str
) -> None:
    parsed = exchanged(journal, admission(accept, application))
    assert parsed.msa.msa_1.value == expected
    assert parsed.msa.msa_2.value == "APY-1"


def test_hl7apy_finds_the_problems_of_a_refusal_at_their_places(journal: Region) -> None:
    built = admission()
    built.msh.msh_9 = "QBP^Q22^QBP_Q21"
    parsed = exchanged(journal, built)
    assert parsed.msa.msa_1.value == "AE"
    assert parsed.err.err_2.value == "MSH^1^9"
    assert parsed.err.err_3.err_3_1.value == "200"


class Commit(AbstractHandler):  # type: ignore[misc]
    """The hospital's listener: keeps what comes, and answers by a commit."""

    taken: list[str] = []  # noqa: RUF012

    def reply(self) -> str:
        self.taken.append(self.incoming_message)
        control = self.incoming_message.split("\r")[0].split("|")[9]
        head = "MSH|^~\\&|COSMIC|SJUKHUS|||20260310||ACK|C1|P|2.5"
        return f"\x0b{head}\rMSA|CA|{control}\r\x1c\r"


def test_the_application_acknowledgement_reaches_a_server_of_hl7apy(journal: Region) -> None:
    assert exchanged(journal, admission("AL", "AL")).msa.msa_1.value == "CA"
    server = MLLPServer("127.0.0.1", 0, {"ACK^A01^ACK": (Commit,)})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    listener = replace(journal.network.endpoint("feed"), address=f"{host}:{port}")
    batch = claim(journal.store, journal.network, {"feed": 1}, journal.now)
    with closing(MllpClient(listener)) as client:
        journal.written(send.hand_over(client, batch, lambda: journal.now))
    server.shutdown()
    server.server_close()
    [taken] = Commit.taken
    Commit.taken.clear()
    parsed = parse_message(taken, validation_level=VALIDATION_LEVEL.STRICT)
    assert (parsed.msa.msa_1.value, parsed.msa.msa_2.value) == ("AA", "APY-1")
    assert [row["state"] for row in journal.rows(delivery, endpoint="feed")] == ["confirmed"]


def test_a_client_that_ends_a_frame_by_its_end_block_alone_is_answered(journal: Region) -> None:
    with door(journal) as opened, closing(opened.connect()) as wire:
        wire.sendall(framed(adt("A01"))[:-1])
        wire.shutdown(socket.SHUT_WR)
        assert b"MSA|AA|A1" in answer(wire)
