"""An HTTP server in a thread of this process: that of the partners, or that of health."""

from __future__ import annotations

import threading

from adapter.core.errors import FatalError
from adapter.core.listening import listen
from adapter.settings.addresses import host_port
from adapter.web import serving


class WebServer:
    """uvicorn in a thread, with the interface of the other doors."""

    def __init__(self, server: serving.Server, key: str, listen_at: str) -> None:
        self._server, self._key, self._address = server, key, listen_at
        self._thread = threading.Thread(target=self._server.run, name="web")

    def start(self) -> None:
        """Return when the port is open; FatalError `settings` when it cannot be opened."""
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            self._thread.join(0.01)
        if not self._server.started:
            listen(*host_port(self._address), self._key).close()
            raise FatalError("settings", f"{self._key}: cannot listen at {self._address}")

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish the requests in progress, then close."""
        self._server.should_exit = True
        self._thread.join()
