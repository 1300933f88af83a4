"""The doors of a process: MLLP, HTTP, and health; and what limits them all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from adapter import web
from adapter.core.endpoint import ConnectionLimits, Endpoint, Settings
from adapter.core.memory import Memory
from adapter.core.shortage import Shortage
from adapter.operate.health import Finding, OwnHealth
from adapter.runner import descriptors
from adapter.runner.loops import Loops
from adapter.runner.web_server import WebServer
from adapter.settings.network import Network
from adapter.store import Store
from adapter.transports import Accept
from adapter.transports.mllp import DoorLimits, Keep, MllpServer
from adapter.web import serving

FRAME = 64 * 1024 * 1024  # bytes
WATCHERS = ConnectionLimits(total=50, per_address=25)  # of health and metrics


class Doors:
    """Opens the doors that the settings name, and stops them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = Memory(settings.limits.memory, settings.limits.body)
        self._shortage = Shortage()
        self._files = descriptors.limit()
        mllp_doors = sum(_is_mllp_door(e) for e in settings.endpoints)
        self._limits = descriptors.fitting(settings.connections, mllp_doors, self._files)
        self._mllp: list[MllpServer] = []
        self._web: list[WebServer] = []

    def open_mllp(self, loops: Loops, accept: Accept, keep: Keep) -> None:
        """Start a loop for each MLLP door."""
        # Over the limit of a body: the adapter must read a body that is too large to refuse it.
        frame = max(FRAME, 2 * self._settings.limits.body)
        most = self._limits.mllp
        limits = DoorLimits(frame=frame, connections=most, per_peer=max(1, most // 2))
        for endpoint in filter(_is_mllp_door, self._settings.endpoints):
            door = MllpServer(
                endpoint,
                accept,
                keep,
                limits=limits,
                memory=self._memory,
                shortage=self._shortage,
            )
            self._mllp.append(door)
            loops.start(f"mllp {endpoint.name}", door.run, lambda: None)

    def open_web(
        self, network: Network, store: Store, accepted: Callable[[], None], own_health: OwnHealth
    ) -> None:
        """Start the HTTP server for partners, and that of health where it has its own address."""
        partners = web.app(network, store, accepted, own_health, self._memory)
        at = self._settings.web
        self._serve(serving.server(partners, at, self._limits, self._shortage), "web", at)
        if at := self._settings.health:
            watching = web.watching(network, store, own_health)
            self._serve(serving.server(watching, at, WATCHERS, self._shortage), "health", at)

    def _serve(self, server: serving.Server, key: str, listen_at: str) -> None:
        self._web.append(WebServer(server, key, listen_at))
        self._web[-1].start()

    @property
    def alive(self) -> bool:
        """Whether every HTTP server still runs."""
        return all(server.alive for server in self._web)

    def findings(self) -> Iterator[Finding]:
        """Yield what keeps connections out at present."""
        if self._shortage.why:
            yield Finding(name="descriptors", why=f"connections wait: {self._shortage.why}")
        wanted, limits = self._settings.connections, self._limits
        if limits != wanted:
            fewer = f"HTTP {limits.total} of {wanted.total}, MLLP {limits.mllp} of {wanted.mllp}"
            yield Finding(name="descriptors", why=f"{self._files} open files allow only {fewer}")

    def stop(self) -> None:
        """Take nothing new; finish what is under way."""
        for door in self._mllp:
            door.stop()
        for server in self._web:
            server.stop()


def _is_mllp_door(endpoint: Endpoint) -> bool:
    return endpoint.transport == "mllp" and bool(endpoint.listen)
