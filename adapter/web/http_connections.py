"""The connections of an HTTP server: how many, which make room, and how long one may be idle.

A connection keeps its place while it serves a sender whom we know. Any other may be closed to make
room: a caller without a token could otherwise ask and never read, and keep partners out.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from adapter.core.connections import Connections
from adapter.core.endpoint import ConnectionLimits
from adapter.core.errors import TransientError
from adapter.web.error_responses import of_error
from adapter.web.middleware import KEEP_PLACE, RequestMiddleware
from adapter.web.reading_turns import InTurn, ReadingTurns

REFUSED = 50  # connections that may wait for the answer that the server is full
FREE_PARTS, PART = 1000, 512  # a body may come in so many parts, and in one more for so many bytes


class Guests:
    """The connections of one server. Those without room are told so, and then closed."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._admitted = Connections[HttpConnection](limits.total, limits.per_address, _hang_up)
        self._refused = Connections[HttpConnection](REFUSED, REFUSED, _hang_up)
        self.turns, self.pipelined = ReadingTurns(), ReadingTurns()

    def admit(self, connection: HttpConnection, peer: str) -> bool:
        """Count a new connection; False when it is only to be told that the server is full."""
        if self._admitted.admit(connection, peer):
            return True
        if not self._refused.admit(connection, peer):
            _hang_up(connection)
        return False

    def idle(self, connection: HttpConnection) -> None:
        """Note that it serves nobody whom we know."""
        self._admitted.idle(connection)
        self._refused.idle(connection)

    def busy(self, connection: HttpConnection) -> None:
        """Note that it serves a sender whom we know."""
        self._admitted.busy(connection)
        self._refused.busy(connection)

    def leave(self, connection: HttpConnection) -> None:
        """Count it no longer."""
        self._admitted.leave(connection)
        self._refused.leave(connection)

    def shed(self) -> None:
        """Close an idle connection, if there is one."""
        self._admitted.shed()


def _hang_up(connection: HttpConnection) -> None:
    """Close it; what its peer does not read is dropped, as it would keep the socket open."""
    connection.transport.close()
    if connection.transport.get_write_buffer_size():
        connection.transport.abort()


class HttpConnection(H11Protocol):
    """uvicorn's HTTP/1.1, which counts, and closes one whose peer is too slow.

    uvicorn itself waits for ever: for the headers of a request, and for a peer that does not read
    its response. It also takes a body in any number of chunks.
    """

    seconds = 10.0  # from the connection, or the end of the last response, to the complete headers
    patience = 30.0  # from there to the response of a caller whom we do not know; for its reading
    _clock: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def __init__(self, guests: Guests, **fields: Any) -> None:
        super().__init__(**fields)
        self.conn = CountingConnection()
        self.app_state = {**self.app_state, KEEP_PLACE: self._keep_place}
        self._guests = guests
        self._watched: object = self  # the request that the clock is for; None between requests
        self._is_completing = self._is_in_turn = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Find room for it, and start the clock."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)  # `pause_writing` as soon as anything is not read
        self.flow = InTurn(transport, self._guests.turns)
        if not self._guests.admit(self, self.client[0] if self.client else ""):
            self.app = RequestMiddleware(_full)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Give the body of an answered request its turn, as it is still read."""
        super().data_received(data)
        self._watch()
        if self._is_answered:
            self.flow.pause_reading()
            self.flow.resume_reading()

    @property
    def _is_answered(self) -> bool:
        """Whether the rest of a body still comes after its response; uvicorn discards it."""
        answered = self.cycle is not None and self.cycle.response_complete
        return answered and self.conn.their_state is h11.SEND_BODY

    def on_response_complete(self) -> None:
        """Start the clock again; a request that is already here waits for its turn."""
        self._is_completing = True
        super().on_response_complete()
        self._is_completing = False
        self._watch()

    def handle_events(self) -> None:
        """Go on with what has come: at once, or in turn where it came before the last response."""
        if self._is_completing and self.conn.trailing_data[0]:
            self._is_in_turn = True
            self._guests.pipelined.enter(self)
        if self._is_in_turn:
            self.flow.pause_reading()
        else:
            super().handle_events()

    def read_on(self) -> None:
        """Begin the request that has waited for its turn."""
        self._is_in_turn = False
        if not self.transport.is_closing():
            self.flow.resume_reading()
            super().handle_events()
            self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, without uvicorn's text: it is no OperationOutcome.

        After the beginning of another answer there is none.
        """
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            head = [(b"Content-Length", b"0"), (b"Connection", b"close")]
            answer = h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=head)
            for event in (answer, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def pause_writing(self) -> None:
        """Note that the peer does not read; it has so long to read everything."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.patience, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the peer has read everything."""
        super().resume_writing()
        _stop(self._unread)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        _stop(self._clock)
        _stop(self._unread)
        self._guests.leave(self)
        super().connection_lost(exc)

    def _keep_place(self) -> None:
        """Note that the sender of this request is known: it makes room for nobody, in its time."""
        if self._under_way is not None:
            _stop(self._clock)
            self._guests.busy(self)

    @property
    def _under_way(self) -> object:
        is_under_way = self.cycle is not None and not self.cycle.response_complete
        return self.cycle if is_under_way else None

    def _watch(self) -> None:
        """Start the clock for a request, or for the headers of the next one."""
        if self._under_way is not self._watched and not self.transport.is_closing():
            self._watched = self._under_way
            _stop(self._clock)
            seconds = self.seconds if self._watched is None else self.patience
            self._clock = self.loop.call_later(seconds, _hang_up, self)
            self._guests.idle(self)


def _stop(clock: asyncio.TimerHandle | None) -> None:
    if clock is not None:
        clock.cancel()


class CountingConnection(h11.Connection):
    """h11, which refuses a body in crumbs: each part costs a hundred times its few bytes."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER)
        self._parts, self._bytes = 0, 0

    def next_event(self) -> Any:
        """Return the next event; RemoteProtocolError for too many parts of a body."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._parts, self._bytes = 0, 0
        elif isinstance(event, h11.Data):
            self._count(len(event.data))
        return event

    def _count(self, size: int) -> None:
        self._parts += 1
        self._bytes += size
        if self._parts > FREE_PARTS + self._bytes // PART:
            raise h11.RemoteProtocolError("a body in crumbs")


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    response = of_error(TransientError("too-many-connections", retry_after=HttpConnection.seconds))
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
