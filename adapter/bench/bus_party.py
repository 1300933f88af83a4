"""A simulated party on the bus, in a process of its own: a sender, or a receiver with receipts.

It shares two cores with what is measured, so it does as little as possible. It publishes without
waiting for confirms, and puts ids into ready messages.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from adapter.bench.message_templates import MessageTemplates, ReceiptTemplates
from adapter.bench.message_times import Goal, MessageTimes
from adapter.bench.send_schedule import SendLimits, SendSchedule
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Organisation, OutgoingMessage
from adapter.simulators.published_constants import RECEIPT
from adapter.simulators.rabbitmq_client import ClientOptions, RabbitMqClient

_RECEIVER_WAIT = 0.05  # seconds that a receiver waits for messages before it looks at `stop`
_SENDER_WAIT = 0.005  # seconds that a sender waits for receipts before it looks at its schedule
_SHORTEST_WAIT = 0.001  # so that what has arrived is read also when the next message is due
_OPTIONS = ClientOptions(prefetch=200, confirms=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusParty:
    """A party and its URL at the broker (amqp://user:password@host/vhost)."""

    name: str
    organisation: Organisation
    url: str

    @property
    def user(self) -> str:
        """Its user at the broker."""
        return unquote(urlsplit(self.url).username or "guest")

    def connect(self) -> RabbitMqClient:
        """Log in, and read the party's inbox."""
        return RabbitMqClient(self.url, f"{self.name}.inbox", _OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderJob:
    """What one of `senders` senders does; `place` counts them from 0."""

    party: BusParty
    place: int
    senders: int
    receivers: tuple[Organisation, ...]
    limits: SendLimits


class NotReceiptedError(Exception):
    """A receipt is not `ok`, so the measurement itself is wrong."""


def send(job: SenderJob, times: MessageTimes) -> None:
    """Send until `stop`, and note each receipt. NotReceiptedError for one that is not ok."""
    templates = MessageTemplates(job.party.organisation, job.receivers, job.senders)
    numbers = range(job.place, job.limits.total, job.senders)
    schedule = SendSchedule(numbers, job.limits.share(job.senders), times.ends)
    message_format = FhirFormat(job.party.organisation)
    with closing(job.party.connect()) as client:
        times.all_ready.wait()
        started = time.monotonic()
        while not times.stop.is_set():
            for number in schedule.due(time.monotonic() - started):
                times.sent[number] = started + schedule.moment(number, time.monotonic() - started)
                publish(client, templates.message(times, number))
            wait = schedule.wait(time.monotonic() - started, _SENDER_WAIT)
            receive_all(client, wait, lambda body: _note_receipt(times, message_format, body))


def _note_receipt(times: MessageTimes, message_format: FhirFormat, body: bytes) -> None:
    message = message_format.read(body)
    number = times.number(message.about) if message.event == RECEIPT else None
    if number is None:
        return
    if message.code != "ok":
        raise NotReceiptedError(message.code)
    times.note_receipted(number, time.monotonic())


def receive(party: BusParty, times: MessageTimes) -> None:
    """Note each message until `stop`, and receipt it where the goal asks for receipts."""
    message_format, receipts = FhirFormat(party.organisation), ReceiptTemplates(party.organisation)

    def handle(body: bytes) -> None:
        message = message_format.read(body)
        number = times.number(message.content_id)
        if number is not None:
            times.note_received(number, time.monotonic())
        if times.goal is Goal.RECEIPTED and message.event != RECEIPT:
            publish(client, receipts.receipt(message))

    with closing(party.connect()) as client:
        times.all_ready.wait()
        while not times.stop.is_set():
            receive_all(client, _RECEIVER_WAIT, handle)


def publish(client: RabbitMqClient, message: OutgoingMessage) -> None:
    """Publish a message of a party."""
    client.publish(
        message.body,
        message_id=message.envelope_id,
        event=message.event,
        case=message.case,
        content_type=FhirFormat.content_type,
    )


def receive_all(client: RabbitMqClient, wait: float, handle: Callable[[bytes], None]) -> None:
    """Handle and acknowledge what arrives within `wait` seconds and what pika has read by then."""
    delivered = client.get(max(wait, _SHORTEST_WAIT))
    while delivered is not None:
        handle(delivered[0])
        delivered = client.get(0)
    client.acknowledge()
