"""The words of a later version for those of omsorg/1, which every tree here is built in.

A document is renamed on its way in and out: omsorg/1 itself is never renamed (docs/decisions/0026).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from adapter.core.errors import FatalError, Issue
from adapter.mappings.omsorg.code_tables import NAMESPACE
from adapter.mappings.omsorg.xml_elements import Element, collapsed, local_name

Place = tuple[str, str]  # an element and its parent, or an attribute and its element


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What a version calls elements, by parent and name of omsorg/1, and words, by attribute."""

    namespace: str
    elements: Mapping[Place, str]
    attributes: Mapping[Place, str]
    words: Mapping[Place, Mapping[str, str]]

    @cached_property
    def _earlier(self) -> Vocabulary:
        """The way back, to omsorg/1."""
        names = {name: later for (_, name), later in self.elements.items()}
        back = {
            (names.get(parent, parent), later): name
            for (parent, name), later in self.elements.items()
        }
        words = {
            (names.get(element, element), attribute): {new: old for old, new in table.items()}
            for (element, attribute), table in self.words.items()
        }
        attributes = {
            (names.get(element, element), later): name
            for (element, name), later in self.attributes.items()
        }
        return Vocabulary(namespace=NAMESPACE, elements=back, attributes=attributes, words=words)

    def later(self, document: Element) -> Element:
        """Return a copy of a document of ours in the words of this version."""
        return _renamed(document, self, "")

    def earlier(self, document: Element) -> Element:
        """Return a copy of a document of this version in the words of omsorg/1."""
        return _renamed(document, self._earlier, "")

    def shown(self, error: FatalError) -> FatalError:
        """Return an error whose paths have the names of this version."""
        issues = [
            Issue(
                code=issue.code,
                expression=self._shown_path(issue.expression),
                detail=issue.detail,
                severity=issue.severity,
            )
            for issue in error.issues
        ]
        return FatalError(error.code, error.detail, issues)

    def _shown_path(self, path: str) -> str:
        steps = path.split("/")
        pairs = zip(["", *steps], steps, strict=False)
        return "/".join(self.elements.get(pair, pair[1]) for pair in pairs)


def _renamed(node: Element, words: Vocabulary, parent: str) -> Element:
    """Return a copy under its other name, without comments."""
    name = local_name(node)
    tag = f"{{{words.namespace}}}{words.elements.get((parent, name), name)}"
    attributes = {
        words.attributes.get((name, str(key)), str(key)): _word(words, name, str(key), str(text))
        for key, text in node.attrib.items()
    }
    nsmap: Any = {None: words.namespace}  # Any: lxml's stubs do not allow a default namespace
    copy = etree.Element(tag, attributes, nsmap=nsmap)
    copy.text = _own_text(node) or None
    copy.extend([_renamed(child, words, name) for child in node.iterchildren(etree.Element)])
    return copy


def _own_text(node: Element) -> str:
    """Return the text before, between and after the children, as the document has it."""
    return (node.text or "") + "".join(child.tail or "" for child in node)


def _word(words: Vocabulary, element: str, attribute: str, text: str) -> str:
    table = words.words.get((element, attribute))
    return text if table is None else table.get(collapsed(text), text)
