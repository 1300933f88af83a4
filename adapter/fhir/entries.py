"""The entries of a Bundle: FHIR R4's invariants bdl-1 to bdl-11, and its rules for fullUrl.

FHIR R4 (4.0.1), bundle.html. Takes any JSON. The invariants `header-first` and
`entries-distinct` of our profiles check bdl-12 and bdl-7 in messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapter.fhir.r4_references import Found
from adapter.fhir.r4_types import is_resource_type
from adapter.fhir.r4_values import is_absolute, is_uuid

_REQUESTS = frozenset({"batch", "transaction", "history"})
_RESPONSES = frozenset({"batch-response", "transaction-response", "history"})
_COUNTED = frozenset({"searchset", "history"})
_OF_RESOURCES = frozenset({"message", "document", "collection"})  # each entry is a resource

_NAMED = frozenset({"fullUrl", "resource"})


def found(bundle: Mapping[str, Any], path: str) -> Iterator[Found]:
    """Yield what is wrong with a Bundle as a whole and with its entries."""
    type_ = bundle.get("type")
    kind = type_ if isinstance(type_, str) else ""
    if "total" in bundle and kind not in _COUNTED:
        yield "invariant", f"{path}.total", "bdl-1: only in a searchset or a history"
    entries = bundle.get("entry")
    items = entries if isinstance(entries, list) else []
    for index, entry in enumerate(items):
        if isinstance(entry, dict) and not _is_usual(entry, kind):
            yield from _entry(entry, kind, f"{path}.entry[{index}]")
    if kind not in ("history", "message"):
        yield from _twice(items, path)
    if kind == "document":
        yield from _document(bundle, items, path)


def _is_usual(entry: Mapping[str, Any], kind: str) -> bool:
    """Whether an entry of such a Bundle has only a resource, and a UUID as its fullUrl."""
    is_named = entry.keys() == _NAMED and is_uuid(entry["fullUrl"])
    return is_named and kind in _OF_RESOURCES


def _entry(entry: Mapping[str, Any], kind: str, path: str) -> Iterator[Found]:
    if "resource" not in entry and (
        kind in _OF_RESOURCES or not {"request", "response"} & set(entry)
    ):
        yield "required", f"{path}.resource", "bdl-5: missing"
    for key, name, kinds in (("bdl-3", "request", _REQUESTS), ("bdl-4", "response", _RESPONSES)):
        if name in entry and kind not in kinds:
            yield "invariant", f"{path}.{name}", f"{key}: not in a Bundle of this type"
        elif name not in entry and kind in kinds:
            yield "required", f"{path}.{name}", f"{key}: missing"
    if "search" in entry and kind != "searchset":
        yield "invariant", f"{path}.search", "bdl-2: only in a searchset"
    url = entry.get("fullUrl")
    if isinstance(url, str):
        yield from _full_url(url, entry.get("resource"), f"{path}.fullUrl")


def _full_url(url: str, resource: Any, path: str) -> Iterator[Found]:
    if not is_absolute(url):
        yield "invariant", path, "no absolute URL, and no UUID"
    elif "/_history/" in url:
        yield "invariant", path, "bdl-8: names a version"
    elif isinstance(resource, dict) and not _agree(url, resource):
        yield "invariant", path, "does not agree with type and id of the resource"


def _agree(url: str, resource: Mapping[str, Any]) -> bool:
    """Whether a fullUrl on a server ends with id, and where it names a type, with the type."""
    if not url.startswith(("http://", "https://")) or not isinstance(resource.get("id"), str):
        return True
    rest, _, last = url.rpartition("/")
    type_ = rest.rpartition("/")[2]
    is_same_type = not is_resource_type(type_) or type_ == resource.get("resourceType")
    return last == resource["id"] and is_same_type


def _twice(items: list[Any], path: str) -> Iterator[Found]:
    """Yield bdl-7: outside a history or message no fullUrl occurs twice in the same version."""
    named = [_named(item) for item in items if isinstance(item, dict)]
    urls = [each for each in named if each[0]]
    if len(urls) != len(set(urls)):
        yield "invariant", f"{path}.entry.fullUrl", "bdl-7: the same one twice"


def _named(entry: Mapping[str, Any]) -> tuple[str, str]:
    url, resource = entry.get("fullUrl"), entry.get("resource")
    meta = resource.get("meta") if isinstance(resource, dict) else None
    version = meta.get("versionId") if isinstance(meta, dict) else ""
    return (url if isinstance(url, str) else ""), str(version)


def _document(bundle: Mapping[str, Any], items: list[Any], path: str) -> Iterator[Found]:
    identifier = bundle.get("identifier")
    named = isinstance(identifier, dict) and {"system", "value"} <= set(identifier)
    if not named:
        yield "required", f"{path}.identifier", "bdl-9: a document has a system and a value"
    if "timestamp" not in bundle:
        yield "required", f"{path}.timestamp", "bdl-10: missing"
    first = items[0].get("resource") if items and isinstance(items[0], dict) else None
    if not isinstance(first, dict) or first.get("resourceType") != "Composition":
        yield "invariant", f"{path}.entry[0]", "bdl-11: must be the Composition"
