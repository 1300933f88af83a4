"""Documents of omsorg with one optional attribute or empty element more, each still valid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree

Element = Any
XS = "{http://www.w3.org/2001/XMLSchema}"
PLAIN = ["Ord", "7", "2026-11-20", "2026-11-20T12:00:00+01:00", "true", "SE0000000009-X"]
PLAIN += ["https://x.example/sid", "fd4bb31e-3cb8-54f3-9a28-1f5fd2cba7d1", "m1"]
"""Values of which one fits each attribute that has no list of words."""


class Additions:
    """What a schema allows besides what its fixtures have; each addition is made once."""

    def __init__(self, schema: Path) -> None:
        parsed = etree.parse(schema)
        self._valid = etree.XMLSchema(parsed).validate
        self._types = {t.get("name"): t for t in parsed.getroot() if t.get("name")}
        self._attributes: dict[str, dict[str, list[str]]] = defaultdict(dict)
        self._elements: dict[str, set[str]] = defaultdict(set)
        self._done: set[tuple[str, str, str]] = set()
        for declared in parsed.iter(f"{XS}element"):
            self._learn(declared.get("name"), declared)

    def _learn(self, name: str, holder: Element) -> None:
        """Learn the attributes and children that an element of a name may have somewhere."""
        for base in (holder.get("type"), holder.get("base")):
            if base in self._types:
                self._learn(name, self._types[base])
        for part in holder:
            if part.tag == f"{XS}attribute":
                self._attributes[name][part.get("name")] = self._words(part) + PLAIN
            elif part.tag == f"{XS}element":
                self._elements[name].add(part.get("name"))
            else:
                self._learn(name, part)

    def _words(self, attribute: Element) -> list[str]:
        holders = [attribute, self._types.get(attribute.get("type"), attribute)]
        facets = [f for h in holders for f in h.iter(f"{XS}enumeration", f"{XS}pattern")]
        return [facet.get("value") for facet in facets]

    def to(self, document: Element) -> Iterator[str]:
        """Change the document in place, once for each addition, and name what was added."""
        for node in list(document.iter(etree.Element)):
            place = (_name(node.getparent()), _name(node))
            yield from self._with_attributes(document, node, place)
            yield from self._with_elements(document, node, place)

    def _with_attributes(
        self, document: Element, node: Element, place: tuple[str, str]
    ) -> Iterator[str]:
        for name, values in self._attributes[place[1]].items():
            if name in node.attrib or (*place, f"@{name}") in self._done:
                continue
            for value in values:
                node.set(name, value)
                if self._valid(document):
                    yield self._noted(*place, f"@{name}")
                    break
            del node.attrib[name]

    def _with_elements(
        self, document: Element, node: Element, place: tuple[str, str]
    ) -> Iterator[str]:
        for name in self._elements[place[1]]:
            if (*place, name) in self._done:
                continue
            for index in range(len(node) + 1):
                added = etree.Element(f"{{{etree.QName(node).namespace}}}{name}")
                node.insert(index, added)
                valid = self._valid(document)
                if valid:
                    yield self._noted(*place, name)
                node.remove(added)
                if valid:
                    break

    def _noted(self, above: str, name: str, added: str) -> str:
        self._done.add((above, name, added))
        return f"{above}/{name}/{added}"


def _name(node: Element | None) -> str:
    return "" if node is None else etree.QName(node).localname
