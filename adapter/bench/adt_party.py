"""The parties of the ADT feed: the journal that sends it, and the receivers of the notices."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from dataclasses import dataclass

from adapter.bench import adt_messages
from adapter.bench.bus_party import BusParty, publish, receive_all
from adapter.bench.message_templates import ReceiptTemplates
from adapter.bench.message_times import MessageTimes
from adapter.bench.send_schedule import SendLimits, SendSchedule
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.hl7v2_writer import acknowledgement_code
from adapter.simulators.messages import Organisation
from adapter.simulators.published_constants import RECEIPT

_START, _END = b"\x0b", b"\x1c\r"
_TIMEOUT = 60.0  # seconds for one acknowledgement
_LONGEST_WAIT = 0.05  # seconds until the sender looks at `stop`
_NOTICE = "admission-notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedJob:
    """What the journal sends, and to which loopback port."""

    organisation: Organisation
    port: int
    limits: SendLimits


class NotAcceptedError(Exception):
    """An acknowledgement is not AA, so the measurement itself is wrong."""


def send(job: FeedJob, times: MessageTimes) -> None:
    """Send one message at a time, as HL7 v2 prescribes, until `stop`; note each acknowledgement."""
    schedule = SendSchedule(range(job.limits.total), job.limits, times.receipted)
    with socket.create_connection(("127.0.0.1", job.port), _TIMEOUT) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        times.all_ready.wait()
        started = time.monotonic()
        while not times.stop.is_set():
            due = schedule.due(time.monotonic() - started)
            for number in due:
                if times.stop.is_set():
                    return
                times.sent[number] = started + schedule.moment(number, time.monotonic() - started)
                _exchange(wire, job.organisation, times, number)
            if not due:
                time.sleep(schedule.wait(time.monotonic() - started, _LONGEST_WAIT))


def _exchange(wire: socket.socket, me: Organisation, times: MessageTimes, number: int) -> None:
    wire.sendall(_START + adt_messages.message(me, times, number) + _END)
    answer = b""
    while not answer.endswith(_END):
        part = wire.recv(65536)
        if not part:
            raise NotAcceptedError("the connection ended")
        answer += part
    control = adt_messages.control_id(times, number)
    code = acknowledgement_code(answer.removeprefix(_START).removesuffix(_END), control)
    if code != "AA":
        raise NotAcceptedError(code)
    times.note_receipted(number, time.monotonic())


def receive(party: BusParty, times: MessageTimes) -> None:
    """Receipt each notice until `stop`; note when an admission notice was received."""
    message_format, receipts = FhirFormat(party.organisation), ReceiptTemplates(party.organisation)

    def handle(body: bytes) -> None:
        message = message_format.read(body)
        stay = adt_messages.stay_of(times, message.case)
        if stay is not None and message.event == _NOTICE:
            times.note_received(adt_messages.first_message(stay), time.monotonic())
        if message.event != RECEIPT:
            publish(client, receipts.receipt(message))

    with closing(party.connect()) as client:
        times.all_ready.wait()
        while not times.stop.is_set():
            receive_all(client, _LONGEST_WAIT, handle)


def receive_beside(party: BusParty, times: MessageTimes) -> None:
    """Receipt each notice until `stop`, without a time: another receiver notes the same ones."""
    message_format, receipts = FhirFormat(party.organisation), ReceiptTemplates(party.organisation)

    def handle(body: bytes) -> None:
        message = message_format.read(body)
        if message.event != RECEIPT:
            publish(client, receipts.receipt(message))

    with closing(party.connect()) as client:
        times.all_ready.wait()
        while not times.stop.is_set():
            receive_all(client, _LONGEST_WAIT, handle)
