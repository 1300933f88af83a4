"""Replace functions of the adapter in this process: the judge must see each sabotage."""

from __future__ import annotations

from stories.observation import Observation


def commit(kind: str) -> None:
    """Sabotage the adapter. KeyError for an unknown kind."""
    SABOTAGES[kind]


def faked(kind: str, observed: Observation) -> Observation:
    """Return what the judge may see."""
    return observed


SABOTAGES: dict[str, str] = {}
