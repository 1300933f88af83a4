"""A simulated party on the bus, in a process of its own: it sends, or it takes and receipts.

It does as little as a party can, since it shares two cores with what is measured: it publishes
without waiting for confirms, and fills ids into forms.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import pika
from pika.adapters.blocking_connection import BlockingConnection

from adapter.bench.board import Board, Goal
from adapter.bench.copybook import Copy, Copybook, Receipts
from adapter.bench.pacing import Pace, Pacer
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Organisation
from adapter.simulators.published_constants import INCOMING, RECEIPT

_LOOK = 0.05  # seconds between looks at whether it is over
_WAIT = 0.005  # seconds that a sender waits for receipts before it looks whether it may send
_PREFETCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who it is, and where it logs in (amqp://user:password@host/vhost)."""

    name: str
    who: Organisation
    url: str

    @property
    def user(self) -> str:
        """Its user at the broker."""
        return unquote(urlsplit(self.url).username or "guest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What one of the senders does: the `place`-th of `senders`, to these receivers."""

    party: Party
    place: int
    senders: int
    receivers: tuple[Organisation, ...]
    pace: Pace


class NotReceiptedError(Exception):
    """A receipt came that is not `ok`: something is wrong with the measurement itself."""


def send(job: Sending, board: Board) -> None:
    """Send until it is over, and note each receipt. NotReceiptedError for one that is not ok."""
    book = Copybook(job.party.who, job.receivers, job.senders)
    numbers = range(job.place, job.pace.total, job.senders)
    pacer = Pacer(numbers, job.pace.share(job.senders), board.ends)
    with closing(_Line(job.party, lambda body: _noted(board, body))) as line:
        board.gate.wait()
        started = time.monotonic()
        while not board.over.is_set():
            for number in pacer.due(time.monotonic() - started):
                board.sent[number] = started + pacer.moment(number, time.monotonic() - started)
                line.publish(book.copy(board, number))
            line.work(pacer.wait(time.monotonic() - started, _WAIT))


def _noted(board: Board, body: bytes) -> None:
    letter = FhirFormat(_NOBODY).read(body)
    number = board.number(letter.about) if letter.event == RECEIPT else None
    if number is None:
        return
    if letter.code != "ok":
        raise NotReceiptedError(letter.code)
    board.receipted[number] = board.receipted[number] or time.monotonic()


_NOBODY = Organisation(hsa="", name="")  # a pen that only reads needs no name


def take(party: Party, board: Board) -> None:
    """Hold each message, and give its receipt where the goal asks for one, until it is over."""
    receipts = Receipts(party.who)

    def taken(body: bytes) -> None:
        letter = FhirFormat(party.who).read(body)
        number = board.number(letter.content_id)
        if number is not None:
            board.held[number] = board.held[number] or time.monotonic()
        if board.goal is Goal.RECEIPTED and letter.event != RECEIPT:
            line.publish(receipts.to(letter))

    with closing(_Line(party, taken)) as line:
        board.gate.wait()
        while not board.over.is_set():
            line.work(_LOOK)


class _Line:
    """A connection to the broker that publishes to the adapter and reads one's own inbox."""

    def __init__(self, party: Party, take: Callable[[bytes], None]) -> None:
        logging.getLogger("pika").setLevel(logging.CRITICAL)
        self._user = party.user
        self._take = take
        self._newest = 0
        self._connection = BlockingConnection(pika.URLParameters(party.url))
        self._channel = self._connection.channel()
        self._channel.basic_qos(prefetch_count=_PREFETCH)
        self._channel.basic_consume(f"{party.name}.inbox", self._on_message)

    def publish(self, copy: Copy) -> None:
        properties = pika.BasicProperties(
            message_id=copy.envelope_id,
            type=copy.event,
            correlation_id=copy.case,
            content_type=FhirFormat.content_type,
            user_id=self._user,
            delivery_mode=2,
        )
        self._channel.basic_publish(INCOMING, "", copy.body, properties)

    def work(self, seconds: float) -> None:
        """Take what has come, or comes within so many seconds, and let go of it."""
        self._connection.process_data_events(seconds)
        if self._newest:
            self._channel.basic_ack(self._newest, multiple=True)
            self._newest = 0

    def _on_message(self, _: Any, method: Any, __: Any, body: bytes) -> None:
        self._take(body)
        self._newest = method.delivery_tag

    def close(self) -> None:
        self._connection.close()
