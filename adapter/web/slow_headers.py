"""The time limit of idle connections and slow headers: they would keep others out."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol


class SlowHeaderTimeout(H11Protocol):
    """uvicorn's HTTP/1.1, which closes a connection whose request headers come too slowly.

    uvicorn itself waits for ever, and counts the connection against its limit.
    """

    seconds = 10.0  # from the connection, or the end of the last response, to the complete headers
    _clock: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Stop the clock when the headers are complete; the body has a limit of its own."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Start the clock again."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
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
