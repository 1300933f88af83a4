"""The naive pipeline: consume, validate with fhir.resources, dump, publish with confirms.

What somebody writes who needs none of the guarantees: no store, no receipts, no duplicates, no
order, no retries; a message is acknowledged once the broker has confirmed its copy. `adapter
bench` runs it on the same broker, with the same queue type, messages and number of processes,
and compares (docs/performance.md). One process; its job comes as JSON on standard input:

    {"broker": "amqp://…", "queue": "naive.in", "exchange": "care",
     "endpoints": {"urn:hsa:SE…": "lulea"}}
"""

from __future__ import annotations

import json
import signal
import sys
from typing import Any

import pika
from fhir.resources.R4B.bundle import Bundle
from pika.adapters.blocking_connection import BlockingChannel


def main() -> None:
    """Work until told to stop."""
    job = json.load(sys.stdin)
    connection = pika.BlockingConnection(pika.URLParameters(job["broker"]))
    channel = connection.channel()
    channel.basic_qos(prefetch_count=200)
    channel.confirm_delivery()
    for method, properties, body in channel.consume(job["queue"]):
        forward(channel, job, properties, body)
        channel.basic_ack(method.delivery_tag or 0)


def forward(channel: BlockingChannel, job: dict[str, Any], properties: Any, body: bytes) -> None:
    """One message to its receivers."""
    bundle: Any = Bundle.model_validate_json(body)
    header = bundle.entry[0].resource
    copy = bundle.model_dump_json().encode()
    for destination in header.destination:
        name = job["endpoints"][destination.endpoint]
        key = f"{name}.{header.eventCoding.code}"
        properties.user_id = None
        channel.basic_publish(job["exchange"], key, copy, properties, mandatory=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main()
