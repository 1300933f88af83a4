"""Connections over which nothing is asked are not held: they would keep others out."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class SlowHeaderTimeout(H11Protocol):
    """uvicorn's HTTP/1.1, which hangs up on a peer that is slow with the head of its request.

    uvicorn itself waits for ever, and counts the connection as one of those that it may have.
    """

    seconds = 10.0  # from the connection, or the end of the last answer, to a whole head
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The clock begins."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """The clock stops when a request is begun; for its body there is another limit."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The clock begins anew."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The clock stops."""
        self._stop()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._clock is None and not self.transport.is_closing():
            self._clock = self.loop.call_later(self.seconds, self.transport.close)

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
