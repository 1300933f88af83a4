"""A private RabbitMQ node and a private PostgreSQL cluster, on loopback, gone afterwards.

Only the standard library, so that `python3 -m tests.servers.install` runs before anything else
is installed. Everything lives in one temporary directory per server. Each server is a child
process that the kernel ends together with the thread that started it: start servers from a
thread that lives as long as they are needed.

    with RabbitMQ.start(("planning",)) as broker:
        broker.url                  # the adapter's own user, virtual host "/"
        broker.partner("planning")  # a partner's user: may write care.in, read planning.inbox
        broker.fresh()              # a virtual host that nobody has used yet
        broker.partner("planning", beside=url)  # the partner on that virtual host
        broker.kill(), broker.restart(), broker.wipe(), broker.alarm(), broker.calm()

    with PostgreSQL.start() as cluster:
        cluster.url, cluster.fresh(), cluster.kill(), cluster.restart()
"""

from __future__ import annotations

from tests.kit.servers.packages import ServerError
from tests.kit.servers.postgresql import PostgreSQL
from tests.kit.servers.rabbitmq import RabbitMQ

__all__ = ["PostgreSQL", "RabbitMQ", "ServerError"]
