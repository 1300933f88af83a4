"""The HTTP doors in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable

from adapter.core.errors import FatalError
from adapter.core.listening import listen
from adapter.operate.health import OwnHealth
from adapter.settings.addresses import host_port
from adapter.settings.network import Network
from adapter.store import Store
from adapter.web import app, serving


class WebServer:
    """uvicorn in a thread, with the interface of the other doors."""

    def __init__(
        self,
        network: Network,
        store: Store,
        listen_at: str,
        accepted: Callable[[], None],
        own_health: OwnHealth,
    ) -> None:
        self._address = listen_at
        self._server = serving.server(app(network, store, accepted, own_health), listen_at)
        self._thread = threading.Thread(target=self._server.run, name="web")

    def start(self) -> None:
        """Return when the port is open; FatalError `settings` when it cannot be opened."""
        self._thread.start()
        while self._thread.is_alive() and not self._server.started:
            self._thread.join(0.01)
        if not self._server.started:
            listen(*host_port(self._address), "web").close()
            raise FatalError("settings", f"web: cannot listen at {self._address}")

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish the requests in progress, then close."""
        self._server.should_exit = True
        self._thread.join()
