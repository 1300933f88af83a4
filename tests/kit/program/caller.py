"""A partner that calls the program over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from xml.etree import ElementTree

import httpx

from tests.kit.program import messages
from tests.kit.program.running import Program

PROCESS = "/fhir/$process-message"
FHIR = "application/fhir+json"
XML = "application/xml"
_OMSORG = "{https://careplan-adapter.example/omsorg/1}"


def post(
    program: Program,
    content: Any,
    *,
    path: str = PROCESS,
    sender: str = "sundby",
    **headers: str,
) -> httpx.Response:
    """Post as a sender, with only the headers that a request needs; return the response."""
    given = {
        "Authorization": f"Bearer {program.tokens[sender]}",
        "Content-Type": FHIR if path == PROCESS else XML,
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    sent = [(name.encode(), value.encode("latin-1")) for name, value in given.items()]
    response = httpx.post(
        program.address + path, content=content, headers=sent, timeout=30, trust_env=False
    )
    program.remember(response.content)
    program.remember(str(response.headers).encode())
    return response


def codes(response: httpx.Response) -> list[str]:
    """The codes of an OperationOutcome, or of a Kvittens."""
    if response.headers["content-type"] == FHIR:
        outcome = response.json()
        assert outcome["resourceType"] == "OperationOutcome"
        return [i["details"]["coding"][0]["code"] for i in outcome["issue"]]
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{_OMSORG}Kvittens"
    return [str(fault.get("kod")) for fault in root.iter(f"{_OMSORG}Fel")]


def raw(program: Program, request: bytes, *, hang_up: bool = False) -> bytes:
    """Send bytes that need not be HTTP; return what comes back."""
    with socket.create_connection(("127.0.0.1", program.web), timeout=20) as wire:
        wire.sendall(request)
        if hang_up:
            wire.shutdown(socket.SHUT_WR)  # then wait for what the server does
        answer = b""
        with suppress(ConnectionResetError):  # it answered before it had read everything
            while chunk := wire.recv(65536):
                answer += chunk
    return program.remember(answer)


@contextmanager
def still_served(program: Program) -> Iterator[None]:
    """After the `with`, check that the program still accepts messages."""
    yield
    assert post(program, messages.dumped(messages.note())).status_code == 200
    assert post(program, messages.document(), path="/inbox", sender="astad").status_code == 200
