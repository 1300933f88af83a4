"""Take the examples of the package from our fixtures: every message that our profiles accept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tools.profiles.places import FIXTURES, Resource

_END = ".fhir.json"


def examples() -> Iterator[Resource]:
    """Yield a message of each event, and its variants, with a Bundle.id that says what it shows."""
    for path in sorted(FIXTURES.glob(f"*/*{_END}")):
        case = path.name.removesuffix(_END)
        if not path.with_name(f"{case}.error.json").exists():
            yield _named(path, f"{path.parent.name}-{case}")


def _named(path: Path, id_: str) -> Resource:
    message: Resource = json.loads(path.read_text(encoding="utf-8"))
    return message | {"id": id_}
