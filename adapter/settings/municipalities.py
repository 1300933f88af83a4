"""The municipalities of Sweden by their code (kommunkod)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "municipalities.txt"


@cache
def municipalities() -> Mapping[str, str]:
    """Return the names of the 290 municipalities by four-digit code ("2580": "Luleå")."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines if not line.startswith("#"))


def code_of(name: str) -> str:
    """Return the code of a municipality by name, in upper or lower case; "" for another name."""
    wanted = name.strip().casefold()
    return next((c for c, n in municipalities().items() if n.casefold() == wanted), "")
