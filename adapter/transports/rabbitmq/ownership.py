"""Whose a virtual host is: the exchange `care.store` bears the name of the one store that uses it.

Two stores on one virtual host would each take some of the partners' messages, and send what the
other one has lost. AMQP 0-9-1 has no lock that outlives a connection. But the broker compares an
exchange's alternate exchange at each declaration, in one step, and says which one it has. So the
first store that declares `care.store` owns the virtual host. No message ever goes through it.
"""

from __future__ import annotations

import re

from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import ChannelClosedByBroker

from adapter.core.errors import TransientError
from adapter.transports.rabbitmq.connection import broker_errors, connect

STORE = "care.store"

_OTHER = re.compile(r"inequivalent arg 'alternate-exchange'.* current is (?P<current>.*)$")
_NAME = re.compile(r"care\.store\.(?P<store>[0-9a-z-]+)")
_NOT_FOUND = 404


def claim(connection: BlockingConnection, store: str) -> None:
    """Make the virtual host this store's, unless it is another's.

    Raises TransientError: `other-store` when it is another's, `settings` when the broker refuses
    the exchange, `unreachable` when the connection breaks.
    """
    with broker_errors():
        try:
            channel = connection.channel()
            mark = {"alternate-exchange": f"{STORE}.{store}"}
            channel.exchange_declare(STORE, "fanout", durable=True, arguments=mark)
            channel.close()
        except ChannelClosedByBroker as error:
            raise _refusal(error, store) from error


def verify(connection: BlockingConnection, store: str) -> None:
    """Raise as `claim` does when the virtual host is another store's; create nothing."""
    if _is_claimed(connection):
        claim(connection, store)


def take_over(url: str, store: str) -> None:
    """Make the virtual host this store's, whoever had it. Raises as `claim` and `connect` do."""
    with connect(url, "adapter takes over") as connection:
        with broker_errors():
            connection.channel().exchange_delete(STORE)
        claim(connection, store)


def _is_claimed(connection: BlockingConnection) -> bool:
    with broker_errors():
        try:
            channel = connection.channel()
            channel.exchange_declare(STORE, passive=True)
            channel.close()
        except ChannelClosedByBroker as error:
            if error.reply_code == _NOT_FOUND:
                return False
            raise
    return True


def _refusal(error: ChannelClosedByBroker, store: str) -> TransientError:
    other = _OTHER.search(error.reply_text)
    if other is None:
        why = f"exchange {STORE}: the broker refuses it ({error.reply_code})"
        return TransientError("settings", why)
    named = _NAME.search(other["current"])
    owner = f"store {named['store']}" if named else "nobody known"
    ours = f"store {store}" if store else "a store that does not exist yet"
    return TransientError("other-store", f"the virtual host belongs to {owner}; this is {ours}")
