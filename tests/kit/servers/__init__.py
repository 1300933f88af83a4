"""A private RabbitMQ node and a private PostgreSQL cluster on loopback, removed afterwards.

Only the standard library is used, because `python3 -m tests.kit.servers.install` runs before any
package is installed. Each server has one temporary directory. The kernel ends a server together
with the thread that started it, so start servers from a thread that lives long enough.

    with RabbitMQ.start(("planning",)) as broker:
        broker.url                  # the adapter's own user, virtual host "/"
        broker.partner("planning")  # a partner's user: may write care.in, read planning.inbox
        broker.fresh()              # a virtual host not used before
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
