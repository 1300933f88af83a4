"""Every private name of pika that the adapter uses, with the reason and pika's own issue for it.

pika promises none of these names. `install` therefore refuses a pika that they were not written
for, before anything is sent or received. For a new pika: read the five parts below against its
source, run `tests/transports` with the servers, and then add its version to `WRITTEN_FOR`.
"""

from __future__ import annotations

import hashlib
import inspect
import struct
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import pika
import pika.data
from pika.adapters import blocking_connection
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.adapters.select_connection import SelectConnection
from pika.adapters.utils.connection_workflow import AMQPConnector
from pika.channel import Channel, ContentFrameAssembler
from pika.connection import Connection
from pika.exceptions import ConnectionClosedByClient, StreamLostError
from pika.frame import Body

from adapter.core.errors import FatalError

WRITTEN_FOR = ("1.3", "1.4")

# What is called or replaced below: its owner, its name, and how many arguments it takes.
_FUNCTIONS: tuple[tuple[Any, str, int], ...] = (
    (BlockingConnection, "_flush_output", 2),
    (Connection, "_set_connection_state", 2),
    (Connection, "_send_connection_close", 3),
    (Connection, "_terminate_stream", 2),
    (AMQPConnector, "abort", 1),
    (pika.data, "decode_value", 2),
    (ContentFrameAssembler, "_handle_body_frame", 2),
    (ContentFrameAssembler, "_finish", 1),
)
# What is read or set below, and the class whose constructor sets it.
_ATTRIBUTES: tuple[tuple[Any, str], ...] = (
    (BlockingConnection, "_impl"),
    (BlockingConnection, "_closed_result"),
    (Connection, "_error"),
    (AMQPConnector, "_amqp_conn"),
    (AMQPConnector, "_state"),
    (BlockingChannel, "_impl"),
    (Channel, "_content_assembler"),
    (ContentFrameAssembler, "_header_frame"),
    (ContentFrameAssembler, "_seen_so_far"),
    (ContentFrameAssembler, "_body_fragments"),
)
# `_CallbackResult` is the class of `_closed_result`.
_CONSTANTS: tuple[tuple[Any, str], ...] = (
    (blocking_connection, "_CallbackResult"),
    (Connection, "CONNECTION_CLOSING"),
    (AMQPConnector, "_STATE_ABORTING"),
)


@cache
def install() -> None:
    """Replace the two functions of pika that fail; once per process.

    Raises FatalError `settings` for a pika that this file was not written for.
    """
    problem = incompatibility(pika.__version__)
    if problem:
        raise FatalError("settings", problem)
    pika.data.decode_value = _decode_any_value
    AMQPConnector.abort = _abort_at_any_time  # type: ignore[method-assign]


def incompatibility(version: str) -> str:
    """Why this version of pika, or the pika that is installed, cannot be used; "" when it can."""
    versions = " and ".join(f"{each}.x" for each in WRITTEN_FOR)
    if ".".join(version.split(".")[:2]) not in WRITTEN_FOR:
        return f"pika {version} is installed, and the adapter is written for {versions}"
    missing = missing_names()
    if missing:
        return f"pika {version} is installed and lacks {', '.join(missing)}"
    return ""


def missing_names() -> list[str]:
    """The names that the installed pika does not have, or has with other arguments."""
    functions = [(o, n) for o, n, count in _FUNCTIONS if not _takes(getattr(o, n, None), count)]
    attributes = [(o, n) for o, n in _ATTRIBUTES if n not in o.__init__.__code__.co_names]
    constants = [(o, n) for o, n in _CONSTANTS if not hasattr(o, n)]
    return [f"{owner.__name__}.{name}" for owner, name in functions + attributes + constants]


def _takes(function: Any, count: int) -> bool:
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


# 1. Closing a connection that consumes. https://github.com/pika/pika/issues/1208 (open) asks pika
#    not to cancel consumers first.


def close_without_cancelling(connection: BlockingConnection) -> None:
    """Close a connection that consumes, in one step, so that the order of a queue is kept.

    `BlockingConnection.close` cancels its consumers first. The broker then gives the newer
    messages to the next consumer of the queue, before it returns those that this one held.
    A message would overtake an earlier one of its case.
    """
    blocking: Any = connection
    implementation = blocking._impl
    implementation._error = ConnectionClosedByClient(200, "Normal shutdown")
    implementation._set_connection_state(implementation.CONNECTION_CLOSING)
    implementation._send_connection_close(200, "Normal shutdown")
    blocking._flush_output(blocking._closed_result.is_ready)


# 2. Dropping a connection. https://github.com/pika/pika/issues/764 (closed): a broker in alarm
#    does not read, and `close` waits for its answer. pika offers no close without that wait.


class DroppableConnection(SelectConnection):
    """A connection that can be closed without waiting for the broker."""

    def drop(self) -> None:
        """Close the socket now; the callback for a closed connection is called as usual."""
        if not self.is_closed:
            self._terminate_stream(StreamLostError("dropped"))  # type: ignore[attr-defined]


# 3. Reading header tables. https://github.com/pika/pika/issues/1698, mended by pull request 1699,
#    which is in no release up to 1.4.4. For nested tables we found no issue.

_Decoder: TypeAlias = Callable[[bytes, int], tuple[Any, int]]
_decode_value: _Decoder = getattr(pika.data, "decode_value", None)  # type: ignore[assignment]


def _decode_any_value(encoded: bytes, offset: int) -> tuple[Any, int]:
    """Return a field of a header table (AMQP 0-9-1, 4.2.5.5); None for one that pika cannot read.

    pika drops the connection on a timestamp after the year 9999 (milliseconds taken for
    seconds) and on deep nesting. The broker delivers that message again each time, and in the
    end gives up every message that was prefetched beside it.
    """
    try:
        return _decode_value(encoded, offset)
    except (ValueError, OverflowError, OSError, RecursionError):
        if encoded[offset : offset + 1] == b"T":
            return None, offset + 1 + 8
        (length,) = struct.unpack_from(">I", encoded, offset + 1)
        return None, offset + 5 + length


# 4. Giving up while connecting. https://github.com/pika/pika/issues/970 (closed) made that
#    possible. For the assertion that still stops it in 1.4 we found no issue.

_abort: Any = getattr(AMQPConnector, "abort", None)


def _abort_at_any_time(self: Any) -> None:
    """Give up connecting, also during the AMQP handshake.

    There an assertion stops pika's own `abort` before it closes the socket. What follows the
    assertion is right, and is done here.
    """
    connection = self._amqp_conn
    if connection is None:
        _abort(self)
        return
    self._state = self._STATE_ABORTING
    if not connection.is_closing:
        connection.close()


# 5. Bounding a message that is taken: pika gathers the whole body, whatever its size, and RabbitMQ
#    knows no prefetch by bytes. We found no issue.

HEAD_BYTES = 64 * 1024


class Head(bytes):
    """The beginning of a body over the limit; `size` and `digest` (SHA-256) are of all of it."""

    size: int
    digest: str


class _BoundedAssembler(ContentFrameAssembler):
    """Gathers a body up to a limit. Of a larger one it keeps the head, and reads past the rest."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self._kept = 0
        self._hash = hashlib.sha256()

    def _handle_body_frame(self, body_frame: Body) -> Any:
        parent: Any = super()
        if self._size <= self._limit:
            return parent._handle_body_frame(body_frame)
        self._hash.update(body_frame.fragment)
        head = body_frame.fragment[: max(0, HEAD_BYTES - self._kept)]
        self._kept += len(head)
        # pika counts what it has seen by the fragment, and joins what it gathers.
        finished = parent._handle_body_frame(body_frame)
        if finished is None:
            self._mine._body_fragments[-1] = head
        return finished

    def _finish(self) -> Any:
        size = self._size
        if size > self._limit:
            return self._finish_head(size)
        parent: Any = super()
        return parent._finish()

    def _finish_head(self, size: int) -> Any:
        parent: Any = super()
        method, header, body = parent._finish()
        head = Head(body[:HEAD_BYTES])
        head.size, head.digest = size, self._hash.hexdigest()
        self._kept, self._hash = 0, hashlib.sha256()
        return method, header, head

    @property
    def _size(self) -> int:
        size: int = self._mine._header_frame.body_size
        return size

    @property
    def _mine(self) -> Any:
        return self


def bound(channel: BlockingChannel, limit: int) -> None:
    """Let the consumers of a new channel get the `Head` of each body over `limit` bytes."""
    blocking: Any = channel
    blocking._impl._content_assembler = _BoundedAssembler(limit)
