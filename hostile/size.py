"""How large an attack is."""

from __future__ import annotations

from dataclasses import dataclass, replace

CALM = 0.15  # share of the run before the attacks begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of each attack there is; a share of it has fewer pieces, each as large."""

    seconds: float = 60.0  # of the run, with its calm beginning
    addresses: int = 200
    connections: int = 10_000
    bodies: int = 6  # of each kind
    body_bytes: int = 9_900_000
    unfinished: int = 120
    bus_messages: int = 60
    bus_bytes: int = 60_000_000
    packets: int = 20
    start_bytes: int = 60_000
    rate: float = 5.0  # messages a second of each well-behaved partner

    @property
    def calm(self) -> float:
        """Seconds before the attacks begin."""
        return self.seconds * CALM

    @property
    def attacked(self) -> float:
        """Seconds of the attacks."""
        return self.seconds - self.calm

    def part(self, share: float) -> Size:
        """Return an attack with so large a share of the pieces, at least one of each kind."""
        names = ("connections", "bodies", "unfinished", "bus_messages", "packets")
        return replace(self, **{name: max(1, round(getattr(self, name) * share)) for name in names})
