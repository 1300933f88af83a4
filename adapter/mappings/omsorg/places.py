"""Where a value stands in a resource: a path of steps, to take it from and to put it at.

A path is steps with dots between. `name` is an object, `name[]` the first of a list, `name[1]` the
second. `@name` is our extension of that name, `#name` the part of a complex extension, and `~name`
the item of a QuestionnaireResponse with that linkId.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.mappings.omsorg.take_fields import part, parts, take_extension

_INDEXED = re.compile(r"(\w+)\[(\d*)\]")


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


@cache
def split(path: str) -> tuple[str, str]:
    """Return the path of the object that holds a value, and the value's key."""
    above, _, key = path.rpartition(".")
    return above, key


def at(node: Resource, path: str) -> Resource:
    """Return the object at a path, to take from; {} for none. The names of extensions are taken."""
    for step in _steps(path):
        node = _next(node, step)
    return node


def _next(node: Resource, step: str) -> Resource:
    if step[0] == "@":
        return take_extension(node, step[1:])
    if step[0] == "#":
        return _named(parts(node, "extension"), "url", step[1:])
    if step[0] == "~":
        return _named(parts(node, "item"), "linkId", step[1:])
    indexed = _INDEXED.fullmatch(step)
    if indexed is None:
        return part(node, step)
    items, place = node.get(indexed[1]), int(indexed[2] or 0)
    item = items[place] if isinstance(items, list) and place < len(items) else None
    return item if isinstance(item, dict) else {}


def _named(items: list[Resource], key: str, name: str) -> Resource:
    """Return the item of a name, its name taken."""
    item = next((item for item in items if item.get(key) == name), {})
    item.pop(key, None)
    return item


def made(node: Resource, path: str) -> Resource:
    """Return the object at a path, to put into; what is missing is made."""
    for step in _steps(path):
        node = _made(node, step)
    return node


def _made(node: Resource, step: str) -> Resource:
    if step[0] == "@":
        return _kept(node.setdefault("extension", []), "url", extension_url(step[1:]))
    if step[0] == "#":
        return _kept(node.setdefault("extension", []), "url", step[1:])
    if step[0] == "~":
        return _kept(node.setdefault("item", []), "linkId", step[1:])
    indexed = _INDEXED.fullmatch(step)
    if indexed is None:
        made_: Resource = node.setdefault(step, {})
        return made_
    items: list[Resource] = node.setdefault(indexed[1], [])
    while len(items) <= int(indexed[2] or 0):
        items.append({})
    return items[int(indexed[2] or 0)]


def _kept(items: list[Resource], key: str, name: str) -> Resource:
    """Return the item of a name in a list; a new one where there is none."""
    item = next((item for item in items if item.get(key) == name), None)
    if item is None:
        item = {key: name}
        items.append(item)
    return item


def pruned(value: Any) -> Any:
    """Return JSON without what is empty, and without extensions and items that only have a name."""
    if isinstance(value, dict):
        kept = {key: pruned(inside) for key, inside in value.items()}
        return {key: inside for key, inside in kept.items() if inside not in ("", None, [], {})}
    if isinstance(value, list):
        items = [pruned(item) for item in value]
        return [item for item in items if item not in ("", None, {}) and not _is_bare(item)]
    return value


def _is_bare(item: object) -> bool:
    return isinstance(item, dict) and set(item) in ({"url"}, {"linkId"})
