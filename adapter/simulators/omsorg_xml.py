"""Elements of an omsorg document, whatever its version: a child has its parent's namespace."""

from __future__ import annotations

from xml.etree import ElementTree as ET


def add(parent: ET.Element, name: str, **attributes: str) -> ET.Element:
    """Add a child, and return it."""
    return ET.SubElement(parent, _tag(parent, name), attributes)


def child(parent: ET.Element | None, name: str) -> ET.Element | None:
    """Return the first child of a name; None for none."""
    return None if parent is None else parent.find(_tag(parent, name))


def children(parent: ET.Element, name: str) -> list[ET.Element]:
    """Return every child of a name."""
    return parent.findall(_tag(parent, name))


def text_of(parent: ET.Element | None, name: str) -> str:
    """Return the text of a child; "" for none."""
    element = child(parent, name)
    return (element.text or "") if element is not None else ""


def attribute(element: ET.Element | None, name: str) -> str:
    """Return an attribute; "" for none."""
    return "" if element is None else element.get(name, "")


def local_name(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: ET.Element) -> str:
    """Return an element's namespace; "" for none."""
    return element.tag.rpartition("}")[0].removeprefix("{")


def _tag(parent: ET.Element, name: str) -> str:
    return f"{{{namespace(parent)}}}{name}"
