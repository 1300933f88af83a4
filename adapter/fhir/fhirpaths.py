"""The FHIRPath of a place in a message, as the lists of losses name it."""

from __future__ import annotations

from adapter.core.model import Bundle

Path = tuple[str | int, ...]
"""The keys and numbers that lead to a place from the Bundle."""


def fhirpath(bundle: Bundle, path: Path) -> str:
    """Return a FHIRPath such as `Patient.name[1].use`; outside resources it begins at Bundle."""
    root, steps = "Bundle", path
    if path[:1] == ("entry",) and path[2:3] in ((), ("resource",)) and len(path) > 1:
        resource = bundle["entry"][path[1]].get("resource", {})
        root, steps = str(resource.get("resourceType", "Bundle.entry")), path[3:]
    return root + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
