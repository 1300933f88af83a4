"""RabbitMQ 3.10 to 4.x through pika (AMQP 0-9-1). It carries messages; the store keeps them.

    care        topic exchange; routing key <endpoint>.<event>
      └ <endpoint>.inbox    one quorum queue each, bound <endpoint>.*
    care.in     exchange that partners publish to
      └ care.in             quorum queue with a single active consumer: the adapter
    care.dead   exchange for the messages that a queue gave up
      └ care.dead           quorum queue; the adapter takes from it
    care.store  exchange that says whose the virtual host is (`ownership.py`); carries nothing

`Topology` declares and verifies this; `check` only verifies. `Consumer` takes from `care.in` or
`care.dead` on one connection. `Publisher` sends on another, with pipelined confirms.

A partner is a user of the broker, with the permissions that `permissions(endpoint)` returns:
write `^care\\.in$`, read `^<endpoint>\\.inbox$`, configure `^$` (nothing). It publishes with the
AMQP property `user_id`, which the broker verifies; without it a message has no known sender.
"""

from __future__ import annotations

from adapter.transports.rabbitmq.account_sources import read_accounts
from adapter.transports.rabbitmq.accounts import Account, Power, powers
from adapter.transports.rabbitmq.connection import user
from adapter.transports.rabbitmq.consumer import Consumer
from adapter.transports.rabbitmq.ownership import STORE, take_over
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
    "STORE",
    "Account",
    "Consumer",
    "Permissions",
    "Power",
    "Publisher",
    "Topology",
    "check",
    "inbox",
    "permissions",
    "powers",
    "read_accounts",
    "take_over",
    "user",
]
