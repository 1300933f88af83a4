"""Whether two messages of one id say the same: all is compared but what a resend changes."""

from __future__ import annotations

from typing import Any

from adapter.fhir.bundles import Resource

_ENVELOPE = ("id", "timestamp", "signature", "link")


def is_same(first: Any, second: Any) -> bool:
    """Compare two message Bundles, any JSON (R4, messaging.html#reliable).

    The envelope, `meta` and Provenance do not count; a label of protection in `meta` does.
    """
    return bool(_content(first) == _content(second))


def _content(bundle: Any) -> Any:
    if not isinstance(bundle, dict):
        return bundle
    entries = bundle.get("entry")
    kept = entries if isinstance(entries, list) else []
    whole = _unstamped(bundle)
    rest = {key: value for key, value in whole.items() if key not in (*_ENVELOPE, "entry")}
    return rest | {"entry": [_bare(entry) for entry in kept if not _is_provenance(entry)]}


def _is_provenance(entry: Any) -> bool:
    return bool(_type(_resource(entry)) == "Provenance")


def _resource(entry: Any) -> Any:
    return entry.get("resource") if isinstance(entry, dict) else None


def _type(resource: Any) -> Any:
    return resource.get("resourceType") if isinstance(resource, dict) else None


def _bare(entry: Any) -> Any:
    resource = _resource(entry)
    return entry | {"resource": _unstamped(resource)} if isinstance(resource, dict) else entry


def _unstamped(resource: Resource) -> Resource:
    meta = resource.get("meta")
    labels = meta.get("security") if isinstance(meta, dict) else None
    return {k: v for k, v in resource.items() if k != "meta"} | ({"meta": labels} if labels else {})
