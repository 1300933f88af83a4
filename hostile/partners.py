"""Well-behaved partners: each sends a valid message at each tick, and notes the answer.

A message's time runs from its tick, so a partner that is kept waiting does not look faster.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import TypeAlias
from uuid import uuid4

import httpx

from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.hl7v2_writer import AdtMessage, acknowledgement_code, write_adt
from adapter.simulators.messages import Draft, Organisation
from adapter.simulators.sample_stays import sample_stays
from hostile.region import TOWN, organisation

_START, _END = b"\x0b", b"\x1c\r"
_SECONDS = 30.0  # for one answer

Send: TypeAlias = Callable[[bytes, str], str]
"""Send a body with this id; return what is wrong, "" for yes. OSError or HTTPError without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a partner got for a message: `wrong` is "" for yes. `due` is of time.monotonic()."""

    partner: str
    id: str
    due: float
    ms: float
    wrong: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """How one partner writes and sends."""

    name: str
    write: Callable[[str], bytes]  # a message with this id
    connect: Callable[[], Iterator[Send]]  # one connection, of a context manager


def post_all(partner: Partner, rate: float, stop: Event) -> list[Answer]:
    """Send `rate` messages a second until `stop`; return the answers."""
    answers: list[Answer] = []
    due = time.monotonic()
    while not stop.is_set():
        with contextmanager(partner.connect)() as send:
            while not stop.is_set():
                due += 1 / rate
                answers.append(_exchange(partner, send, due, stop))
                if answers[-1].wrong:
                    break  # go on over a new connection
    return [answer for answer in answers if answer.wrong != _STOPPED]


def greet(partner: Partner) -> None:
    """Send a message and another: the first of a process loads what the later ones use.

    Errors are those of Send; ValueError with the answer that is no yes.
    """
    with contextmanager(partner.connect)() as send:
        for id_ in (str(uuid4()), str(uuid4())):
            if wrong := send(partner.write(id_), id_):
                raise ValueError(f"{partner.name}: {wrong}")


_STOPPED = "stopped"


def _exchange(partner: Partner, send: Send, due: float, stop: Event) -> Answer:
    id_ = str(uuid4())
    body = partner.write(id_)
    stopped = stop.wait(max(0.0, due - time.monotonic()))
    wrong = _STOPPED if stopped else _wrong(send, body, id_)
    ms = (time.monotonic() - due) * 1000
    return Answer(partner=partner.name, id=id_, due=due, ms=ms, wrong=wrong)


def _wrong(send: Send, body: bytes, id_: str) -> str:
    try:
        return send(body, id_)
    except (OSError, ValueError, httpx.HTTPError) as error:
        return type(error).__name__


def over_http(name: str, port: int, token: str, source: str) -> Partner:
    """Return a partner that posts FHIR."""

    def connect() -> Iterator[Send]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": FhirFormat.content_type}
        transport = httpx.HTTPTransport(local_address=source)
        with httpx.Client(transport=transport, timeout=_SECONDS, headers=headers) as client:
            address = f"http://127.0.0.1:{port}/fhir/$process-message"
            yield lambda body, _: _status(client.post(address, content=body))

    return Partner(name=name, write=lambda id_: _note(organisation(name), id_), connect=connect)


def _status(response: httpx.Response) -> str:
    return "" if response.status_code == 200 else f"HTTP {response.status_code}"


def _note(me: Organisation, id_: str) -> bytes:
    now = datetime.now(UTC)
    draft = Draft(
        event="message",
        content_id=id_,
        case=f"{me.hsa}/{id_}",
        person=sample_stays(1, now, "2580", "Luleå").discharge.person,
        to=(organisation(TOWN),),
        at=now,
        text="Hemtjänsten behöver veta när hon kommer hem.",
    )
    return FhirFormat(me).write(draft).body


def over_mllp(name: str, port: int, source: str) -> Partner:
    """Return a partner that sends an ADT feed."""

    def connect() -> Iterator[Send]:
        with socket.create_connection(("127.0.0.1", port), _SECONDS, (source, 0)) as wire:
            yield lambda body, id_: _code(wire, body, id_)

    return Partner(
        name=name, write=lambda id_: _admission(organisation(name), id_), connect=connect
    )


def _admission(me: Organisation, id_: str) -> bytes:
    now = datetime.now(UTC)
    stay = sample_stays(1, now, "2580", "Luleå").discharge
    own = replace(stay, visit=id_[:18], assessment=None, discharged=None)
    return write_adt(AdtMessage(trigger="A01", control=id_[:20], at=now, stay=own), me)


def _code(wire: socket.socket, body: bytes, id_: str) -> str:
    wire.sendall(_START + body + _END)
    answer = b""
    while not answer.endswith(_END):
        part = wire.recv(65536)
        if not part:
            return "hung up"
        answer += part
    code = acknowledgement_code(answer.removeprefix(_START).removesuffix(_END), id_[:20])
    return "" if code == "AA" else code
