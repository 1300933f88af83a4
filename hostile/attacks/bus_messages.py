"""Messages over RabbitMQ that are far over the adapter's limit, and within the broker's."""

from __future__ import annotations

from collections import Counter
from urllib.parse import unquote, urlsplit

import pika
from pika.exceptions import AMQPError

from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import Target

_EXCHANGE = "care.in"


def run(target: Target, size: Size, stop: Stop) -> Counter[str]:
    """Publish them one after the other; count what the broker confirmed."""
    counts, body = Counter[str](), b" " * size.bus_bytes
    parameters = pika.URLParameters(target.bus)
    properties = pika.BasicProperties(
        content_type="application/fhir+json",
        user_id=unquote(urlsplit(target.bus).username or ""),
        delivery_mode=2,
    )
    try:
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for number in range(size.bus_messages):
                properties.message_id = f"hostile-{number}"
                channel.basic_publish(_EXCHANGE, "", body, properties, mandatory=True)
                counts["confirmed"] += 1
                if stop.is_set():
                    break
    except (AMQPError, OSError) as error:
        counts[f"broken off: {type(error).__name__}"] += 1
    return counts
