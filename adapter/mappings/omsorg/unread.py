"""Report what a document says that no reader has a place for, as losses.

A loss is told once for each place, without the number of the element: a document of a thousand
empty elements tells no more than one of two.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from adapter.mappings import Context
from adapter.mappings.omsorg.xml_elements import Element, is_empty, local_name, path_of

_MEANT = frozenset({"DenEnskilde"})  # elements that say something by standing there
_EMPTY = "an empty element says nothing"


def report_unread(document: Element, context: Context) -> None:
    """Report each attribute that is not read, and each empty element, of a valid document."""
    losses = (
        (path_of(node) + attribute, why)
        for node in document.iterdescendants(etree.Element)
        for attribute, why in _unread(node)
    )
    for path, why in dict.fromkeys(losses):
        context.lose(path, why)


def _unread(node: Element) -> Iterator[tuple[str, str]]:
    """Return what of an element is not read: an attribute, or "" for all of it; and why."""
    name = local_name(node)
    if is_empty(node) and name not in _MEANT:
        yield "", _EMPTY
    if name == "PlanId" and "bruk" in node.attrib:
        yield "/@bruk", "it is not used on the number of a plan"
    if "namn" in node.attrib and any(local_name(n) == "Namn" for n in _inside(node)):
        yield "/@namn", "Namn is read"
    if name == "Spar" and "farg" in node.attrib:
        yield from ((f"/@{a}", "the colour is read") for a in ("system", "kod") if a in node.attrib)


def _inside(node: Element) -> Iterator[Element]:
    return node.iterchildren(etree.Element)
