"""Elements of omsorg/1: how they are made, and what stands in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lxml import etree

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError, Issue
from adapter.mappings.omsorg.code_tables import NAMESPACE

Element = etree._Element

_DEFAULT: Any = {None: NAMESPACE}  # the stubs know no default namespace


def element(
    name: str, children: Iterable[Element | None] = (), text: str = "", **attributes: str
) -> Element:
    """An element of our namespace; empty attributes and absent children are left out."""
    kept = {key: value for key, value in attributes.items() if value}
    found = etree.Element(f"{{{NAMESPACE}}}{name}", kept, nsmap=_DEFAULT)
    found.text = text or None
    found.extend([child for child in children if child is not None])
    return found


def leaf(name: str, text: str, **attributes: str) -> Element | None:
    """An element with text; None where there is no text."""
    return element(name, (), text, **attributes) if text else None


def leaves(name: str, texts: Iterable[str]) -> list[Element | None]:
    """One element for each text."""
    return [leaf(name, text) for text in texts]


def filled(name: str, children: Iterable[Element | None] = (), **attributes: str) -> Element | None:
    """An element that says something; None where it would be empty."""
    found = element(name, children, **attributes)
    return found if len(found) or found.attrib else None


def child(node: Element, name: str) -> Element | None:
    """The first child of a name."""
    return node.find(f"{{{NAMESPACE}}}{name}")


def children(node: Element, *names: str) -> list[Element]:
    """The children of these names, in document order."""
    return list(node.iterchildren(*(f"{{{NAMESPACE}}}{name}" for name in names)))


def kind(node: Element) -> str:
    """The name of an element, without its namespace."""
    return etree.QName(node).localname


def prose(node: Element | None) -> str:
    """The text as it was written; "" for white space alone. Comments are no text."""
    found = "" if node is None else "".join(str(text) for text in node.itertext())
    return found if found.strip() else ""


def token(node: Element | None) -> str:
    """The text of a number or designation: xs:token, so white space is collapsed."""
    return _collapsed(prose(node))


def attribute(node: Element, name: str) -> str:
    """A code, id or time in an attribute, without white space around it; "" for none."""
    return _collapsed(str(node.get(name, "")))


def happened(node: Element, name: str) -> str:
    """When a body's matter happened; when the document was written, where it does not say."""
    document = node.getparent()
    written = "" if document is None else attribute(document, "skapad")
    return attribute(node, name) or written


def _collapsed(text: str) -> str:
    return re.sub("[ \t\r\n]+", " ", text).strip(" ")


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """A resource, or part of one, without what is empty."""
    return {key: value for key, value in fields.items() if value not in ("", None, [], {})}


def moment(node: Element, name: str) -> datetime | None:
    """A time that the schema has checked; FatalError for one that no calendar has."""
    text = attribute(node, name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise refusal("bad-time", f"/{kind(node)}/@{name}") from error


def refusal(code: ErrorCode, expression: str, detail: str = "") -> FatalError:
    """The error of one fault at one place."""
    return FatalError(code, detail, [Issue(code=code, expression=expression, detail=detail)])
