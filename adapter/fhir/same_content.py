"""Whether two messages of one id say the same: all is compared but what a resend changes."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from adapter.fhir.bundles import Resource

_ENVELOPE = ("id", "timestamp", "signature", "link")


def is_same(first: Any, second: Any) -> bool:
    """Compare two message Bundles, any JSON (R4, messaging.html#reliable).

    The envelope, `meta` and Provenance do not count; a label of protection in `meta` does.
    """
    return bool(_content(first) == _content(second))


def is_same_elsewhere(first: Any, second: Any) -> bool:
    """Compare two message Bundles as `is_same` does, whoever their receivers are.

    The destinations do not count, nor do the resources that name their receivers.
    """
    named = {*_receivers(first), *_receivers(second)}
    return is_same(_unaddressed(first, named), _unaddressed(second, named))


def _unaddressed(bundle: Any, named: Set[str]) -> Any:
    kept = [_undirected(entry) for entry in _entries(bundle) if not named & _names(entry)]
    return bundle | {"entry": kept} if isinstance(bundle, dict) else bundle


def _entries(bundle: Any) -> list[Any]:
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    return entries if isinstance(entries, list) else []


def _receivers(bundle: Any) -> Iterator[str]:
    """Yield the references to receivers in each MessageHeader."""
    for entry in _entries(bundle):
        for destination in _destinations(_resource(entry)):
            receiver = destination.get("receiver") if isinstance(destination, dict) else None
            reference = receiver.get("reference") if isinstance(receiver, dict) else None
            if isinstance(reference, str):
                yield reference


def _destinations(resource: Any) -> list[Any]:
    named = resource.get("destination") if _type(resource) == "MessageHeader" else None
    return named if isinstance(named, list) else []


def _names(entry: Any) -> set[str]:
    """Return what an Organization of the Bundle is referenced by."""
    resource = _resource(entry)
    if _type(resource) != "Organization":
        return set()
    return {str(entry.get("fullUrl")), f"Organization/{resource.get('id')}"}


def _undirected(entry: Any) -> Any:
    resource = _resource(entry)
    if _type(resource) != "MessageHeader":
        return entry
    return entry | {"resource": {k: v for k, v in resource.items() if k != "destination"}}


def _content(bundle: Any) -> Any:
    if not isinstance(bundle, dict):
        return bundle
    whole = _unstamped(bundle)
    rest = {key: value for key, value in whole.items() if key not in (*_ENVELOPE, "entry")}
    return rest | {"entry": [_bare(each) for each in _entries(bundle) if not _is_provenance(each)]}


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
