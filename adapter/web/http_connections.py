"""The connections of an HTTP server: how many, which make room, and how long one may be idle."""

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
from adapter.web.middleware import RequestMiddleware
from adapter.web.reading_turns import InTurn, ReadingTurns

REFUSED = 50  # connections that may wait for the answer that the server is full


class Guests:
    """The connections of one server. Those without room are told so, and then closed."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._admitted = Connections[HttpConnection](limits.total, limits.per_address, _hang_up)
        self._refused = Connections[HttpConnection](REFUSED, REFUSED, _hang_up)
        self.turns = ReadingTurns()

    def admit(self, connection: HttpConnection, peer: str) -> bool:
        """Count a new connection; False when it is only to be told that the server is full."""
        if self._admitted.admit(connection, peer):
            return True
        if not self._refused.admit(connection, peer):
            _hang_up(connection)
        return False

    def idle(self, connection: HttpConnection) -> None:
        """Note that it waits for the headers of a request."""
        self._admitted.idle(connection)
        self._refused.idle(connection)

    def busy(self, connection: HttpConnection) -> None:
        """Note that it has sent the headers of a request."""
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
    connection.transport.close()


class HttpConnection(H11Protocol):
    """uvicorn's HTTP/1.1, which counts, and closes one whose request headers come too slowly.

    uvicorn itself waits for ever.
    """

    seconds = 10.0  # from the connection, or the end of the last response, to the complete headers
    _clock: asyncio.TimerHandle | None = None

    def __init__(self, guests: Guests, **fields: Any) -> None:
        super().__init__(**fields)
        self._guests = guests

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Find room for it, and start the clock."""
        super().connection_made(transport)
        self.flow = InTurn(transport, self._guests.turns)
        if not self._guests.admit(self, self.client[0] if self.client else ""):
            self.app = RequestMiddleware(_full)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Stop the clock when the headers are complete; the body has a limit of its own."""
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
        """Start the clock again."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer bytes that are not HTTP, without uvicorn's text: it is no OperationOutcome."""
        head = [(b"Content-Length", b"0"), (b"Connection", b"close")]
        answer = h11.Response(status_code=HTTPStatus.BAD_REQUEST, headers=head)
        for event in (answer, h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop()
        self._guests.leave(self)
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
            self._guests.busy(self)
        elif self._clock is None and not self.transport.is_closing():
            self._clock = self.loop.call_later(self.seconds, self.transport.close)
            self._guests.idle(self)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    response = of_error(TransientError("too-many-connections", retry_after=HttpConnection.seconds))
    response.headers["Connection"] = "close"
    await response(scope, receive, send)
