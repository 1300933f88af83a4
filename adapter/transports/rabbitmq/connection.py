"""Opening a connection to the broker, and the errors that replace pika's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingConnection
from pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adapter.core.errors import FatalError, TransientError
from adapter.transports.rabbitmq import pika_internals
from adapter.transports.rabbitmq.causes import why_not

# pika's warnings quote the beginning of a returned message. The adapter reports its errors itself.
logging.getLogger("pika").setLevel(logging.CRITICAL)

HEARTBEAT_SECONDS = 30
TRIES = 3
ADDRESS_SECONDS = 10.0  # for each address: to connect, and to log in


def addresses(url: str) -> list[pika.URLParameters]:
    """Return what to connect to: one amqp or amqps URL, or several with commas between them.

    Raises FatalError `settings`; its text never holds the URL, which may hold a password.
    """
    try:
        return [_parameters(each.strip()) for each in url.split(",")]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise FatalError("settings", "the broker's address cannot be read") from error


def user(url: str) -> str:
    """Return the user that a broker's address names."""
    name: str = getattr(addresses(url)[0].credentials, "username", "")
    return name


def connect(url: str, name: str) -> BlockingConnection:
    """Return an open connection, which the broker's tools show as `name`, after at most `TRIES`.

    Raises FatalError `settings` (the address, or the version of pika) and TransientError
    `no-connection`, also for a user that the broker refuses: passwords change, and no message
    is at fault.
    """
    pika_internals.install()
    parameters = addresses(url)
    for each in parameters:
        each.client_properties = {"connection_name": name}
    attempts: Callable[..., Any] = Retrying(
        stop=stop_after_attempt(TRIES),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        retry=retry_if_exception_type(AMQPConnectionError),
        reraise=True,
    )
    try:
        connection: BlockingConnection = attempts(BlockingConnection, parameters)
    # pika raises ValueError for a connection that is reset while it is being opened.
    except (AMQPError, OSError, ValueError) as error:
        raise TransientError("no-connection", why_not(error, parameters)) from error
    return connection


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise TransientError `unreachable` for any error of pika."""
    try:
        yield
    except AMQPError as error:
        raise unreachable(error) from error


def unreachable(error: BaseException) -> TransientError:
    """Return the error of a lost connection, for one of pika; its detail holds no address."""
    return TransientError("unreachable", _reason(error))


def no_connection(error: BaseException) -> TransientError:
    """Return the error of a message that was not published, for one of pika."""
    return TransientError("no-connection", _reason(error))


def _reason(error: BaseException) -> str:
    if isinstance(error, ProbableAuthenticationError | ProbableAccessDeniedError):
        return "the broker refuses the user"
    return f"broker: {type(error).__name__}"


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.socket_timeout = 5
    parameters.stack_timeout = ADDRESS_SECONDS
    return parameters
