"""RabbitMQ 3.10 to 4.x through pika (AMQP 0-9-1): the bus, never the memory.

    care        topic exchange; routing key <endpoint>.<event>
      └ <endpoint>.inbox    one quorum queue each, bound <endpoint>.*
    care.in     exchange that partners publish to
      └ care.in             quorum queue with a single active consumer: the adapter
    care.dead   exchange for what a queue gave up
      └ care.dead           quorum queue; the adapter takes it

`Topology` declares and verifies this, `check` only looks. `Consumer` takes `care.in` or
`care.dead` on one connection, `Publisher` sends on another with its confirms pipelined.

A partner is a user of the broker. It may do what `permissions(endpoint)` says: write
`^care\\.in$`, read `^<endpoint>\\.inbox$`, configure `^$` (nothing). It publishes with the AMQP
property `user_id`, which the broker checks; a message without it names no sender.
"""

from __future__ import annotations

from adapter.transports.rabbitmq.consumer import Consumer
from adapter.transports.rabbitmq.publisher import Publisher
from adapter.transports.rabbitmq.topology import (
    DEAD,
    EXCHANGE,
    INCOMING,
    Permissions,
    Topology,
    check,
    inbox,
    permissions,
)

__all__ = [
    "DEAD",
    "EXCHANGE",
    "INCOMING",
    "Consumer",
    "Permissions",
    "Publisher",
    "Topology",
    "check",
    "inbox",
    "permissions",
]
