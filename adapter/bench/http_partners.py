"""Fifty simulated municipalities that receive FHIR by HTTP, in one process; one of them is slow."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import partial

from adapter.bench.message_templates import ReceiptTemplates
from adapter.bench.message_times import MessageTimes
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.messages import Organisation
from adapter.simulators.post_server import Post, PostServer, Reply

_PLACE = re.compile(r"/(\d+)")
_KEEP_ALIVE = 600.0  # seconds: connections stay open for the whole measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpPartners:
    """Partner n has the address /n of a loopback port. The first partner is slow."""

    port: int
    organisations: tuple[Organisation, ...]
    slow: float  # seconds before the first partner answers


def serve(partners: HttpPartners, times: MessageTimes) -> None:
    """Note each message and answer its POST with a receipt, until `stop`."""
    receipts = [ReceiptTemplates(each) for each in partners.organisations]
    respond = partial(_respond, partners, receipts, times)
    server = PostServer(partners.port, respond, _KEEP_ALIVE)
    times.all_ready.wait()
    times.stop.wait()
    server.stop()


def _respond(
    partners: HttpPartners, receipts: list[ReceiptTemplates], times: MessageTimes, post: Post
) -> Reply | None:
    match = _PLACE.fullmatch(post.path)
    place = int(match[1]) if match else 0
    if place == 0 and times.stop.wait(partners.slow):
        return None
    message = FhirFormat(partners.organisations[place]).read(post.body)
    number = times.number(message.content_id)
    if number is not None:
        times.note_received(number, time.monotonic())
    body = receipts[place].receipt(message).body
    return Reply(body=body, content_type=FhirFormat.content_type)
