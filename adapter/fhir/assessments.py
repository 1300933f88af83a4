"""The assessment that efforts may be needed, as an Encounter carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Need
from adapter.fhir import bundles


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The physician's judgement that efforts may be needed (SFS 2017:612 2 kap. 1 §)."""

    needs: frozenset[Need] = frozenset()
    assessed: datetime | None = None
    units: tuple[str, ...] = ()
    withdrawn: bool = False


def assessment(bundle: Bundle) -> Assessment | None:
    """Return the Encounter's assessment, if any; ValueError for an unknown need."""
    carried = next(iter(bundles.extensions(bundles.focus(bundle), "assessment")), None)
    if carried is None:
        return None
    parts: list[tuple[str, Any]] = [
        (e.get("url", ""), next((v for k, v in e.items() if k.startswith("value")), None))
        for e in carried.get("extension", ())
    ]
    return Assessment(
        needs=frozenset(Need(v) for name, v in parts if name == "need"),
        assessed=next((bundles.instant(v) for name, v in parts if name == "assessed"), None),
        units=tuple(hsa_id(v.get("value", "")) for name, v in parts if name == "unit"),
        withdrawn=any(v is True for name, v in parts if name == "withdrawn"),
    )
