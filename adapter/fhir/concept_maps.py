"""The concept maps in `profiles/`, which the mappings translate codes by."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from adapter.core.errors import FatalError
from adapter.fhir.profiles.definitions import folder


def translations(id_: str, target: str = "") -> dict[str, str]:
    """Return the target code of each source code of a ConceptMap, in its order.

    `target` names one of its target systems; without it, the groups are read together. Raises
    FatalError `settings` where the map is missing.
    """
    groups = [g for g in _groups(id_) if not target or g["target"] == target]
    return {e["code"]: e["target"][0]["code"] for group in groups for e in group["element"]}


@cache
def _groups(id_: str) -> list[dict[str, Any]]:
    path = folder() / f"ConceptMap-{id_}.json"
    if not path.is_file():
        raise FatalError("settings", "a concept map is missing: install the package again")
    groups: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["group"]
    return groups
