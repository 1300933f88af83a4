"""Opening a connection to the broker, and what to call it when that fails."""

from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from typing import Any

import pika
import pika.data
from pika.adapters.blocking_connection import BlockingConnection
from pika.adapters.utils.connection_workflow import AMQPConnector
from pika.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ConnectionClosedByClient,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from adapter.core.errors import FatalError, TransientError

# pika writes how a returned message begins into its warnings. Its errors are ours already.
logging.getLogger("pika").setLevel(logging.CRITICAL)

HEARTBEAT_SECONDS = 30
TRIES = 3
ADDRESS_SECONDS = 10.0  # for each address: to connect, and to log in


def addresses(url: str) -> list[pika.URLParameters]:
    """What to connect to: one amqp or amqps URL, or several with commas between them.

    Raises FatalError `settings`; its text never holds the URL, which may hold a password.
    """
    try:
        return [_parameters(each.strip()) for each in url.split(",")]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise FatalError("settings", "the broker's address cannot be read") from error


def connect(url: str, name: str) -> BlockingConnection:
    """An open connection that the broker's tools show as `name`; bounded tries.

    Raises FatalError `settings` (address) and TransientError `unreachable`, also for a user
    that the broker refuses: credentials change, and nobody's message is at fault.
    """
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
    except (AMQPError, OSError, ValueError) as error:  # ValueError: reset in the same moment
        raise unreachable(error) from error
    return connection


def hang_up(connection: BlockingConnection) -> None:
    """Close a connection that consumes, in one step: what it holds goes back before all else.

    `BlockingConnection.close` cancels its consumers first. The broker then hands what came later
    to the next consumer of the queue, and only after that what this one still held: a message
    would overtake an earlier one of its case.
    """
    wire: Any = connection
    impl = wire._impl  # pika has no name for it
    impl._error = ConnectionClosedByClient(200, "Normal shutdown")
    impl._set_connection_state(impl.CONNECTION_CLOSING)
    impl._send_connection_close(200, "Normal shutdown")
    wire._flush_output(wire._closed_result.is_ready)


def unreachable(error: BaseException) -> TransientError:
    """What any failure of a connection is called; the detail says which, without addresses."""
    if isinstance(error, ProbableAuthenticationError | ProbableAccessDeniedError):
        return TransientError("unreachable", "the broker refuses the user")
    return TransientError("unreachable", f"broker: {type(error).__name__}")


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    if parameters.heartbeat is None:
        parameters.heartbeat = HEARTBEAT_SECONDS
    parameters.socket_timeout = 5
    parameters.stack_timeout = ADDRESS_SECONDS
    return parameters


_decode_value = pika.data.decode_value


def _decode_any_value(encoded: bytes, offset: int) -> tuple[Any, int]:
    """A field of a header table (AMQP 0-9-1, 4.2.5.5); None for one that pika 1.4 cannot read.

    It drops the connection on a timestamp after the year 9999 (milliseconds taken for seconds)
    and on deep nesting. The message would come back and do so again, until the broker had
    given up every message that was prefetched beside it.
    """
    try:
        return _decode_value(encoded, offset)
    except (ValueError, OverflowError, OSError, RecursionError):
        if encoded[offset : offset + 1] == b"T":
            return None, offset + 1 + 8
        (length,) = struct.unpack_from(">I", encoded, offset + 1)
        return None, offset + 5 + length


pika.data.decode_value = _decode_any_value


_abort = AMQPConnector.abort


def _abort_at_any_time(self: Any) -> None:
    """Give up connecting, as pika 1.4 means to: during the greeting an assertion stops it.

    What it goes on to do after that assertion is right, and closes the socket.
    """
    connection = self._amqp_conn
    if connection is None:
        _abort(self)
        return
    self._state = self._STATE_ABORTING
    if not connection.is_closing:
        connection.close()


AMQPConnector.abort = _abort_at_any_time  # type: ignore[method-assign]
