"""Build and read XML elements of omsorg/1."""

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

_SPACES = re.compile("[ \t\r\n]+")
_DEFAULT: Any = {None: NAMESPACE}  # Any: lxml's stubs do not allow a default namespace


def element(
    name: str, children: Iterable[Element | None] = (), text: str = "", **attributes: str
) -> Element:
    """Return an element of our namespace, without empty attributes and absent children."""
    kept = {key: value for key, value in attributes.items() if value}
    node = etree.Element(f"{{{NAMESPACE}}}{name}", kept, nsmap=_DEFAULT)
    node.text = text or None
    node.extend([child for child in children if child is not None])
    return node


def leaf(name: str, text: str, **attributes: str) -> Element | None:
    """Return an element with text; None where the text is empty."""
    return element(name, (), text, **attributes) if text else None


def leaves(name: str, texts: Iterable[str]) -> list[Element | None]:
    """Return an element for each text."""
    return [leaf(name, text) for text in texts]


def child(node: Element, name: str) -> Element | None:
    """Return the first child of a name."""
    return node.find(f"{{{NAMESPACE}}}{name}")


def children(node: Element, *names: str) -> list[Element]:
    """Return the children of these names, in document order."""
    return list(node.iterchildren(*(f"{{{NAMESPACE}}}{name}" for name in names)))


def local_name(node: Element) -> str:
    """Return the name of an element, without its namespace."""
    return etree.QName(node).localname


def text_of(node: Element | None) -> str:
    """Return the text as it was written, without comments; "" for white space alone."""
    text = "" if node is None else "".join(str(part) for part in node.itertext())
    return text if text.strip() else ""


def path_of(node: Element) -> str:
    """Return the names from the root down to an element, without numbers."""
    names = [local_name(each) for each in (node, *node.iterancestors())]
    return "/" + "/".join(reversed(names))


def is_empty(node: Element) -> bool:
    """Whether an element has no attribute, no element and no text."""
    inside = next(node.iterchildren(etree.Element), None)
    return inside is None and not node.attrib and not text_of(node)


def token_of(node: Element | None) -> str:
    """Return the text of a number or designation (xs:token), with white space collapsed."""
    return collapsed(text_of(node))


def attribute(node: Element, name: str) -> str:
    """Return an attribute (code, id or time) without surrounding white space; "" for none."""
    return collapsed(str(node.get(name, "")))


def time_or_written(node: Element, name: str) -> str:
    """Return the time in an attribute of a body, else the time when the document was written."""
    document = node.getparent()
    written = "" if document is None else attribute(document, "skapad")
    return attribute(node, name) or written


def collapsed(text: str) -> str:
    """Return a token without surrounding and repeated white space (xs:token)."""
    return _SPACES.sub(" ", text).strip(" ")


def moment(node: Element, name: str) -> datetime | None:
    """Return a time of the schema's form; FatalError where the calendar does not have it."""
    text = attribute(node, name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise refusal("bad-time", f"/{local_name(node)}/@{name}") from error


def refusal(code: ErrorCode, expression: str, detail: str = "") -> FatalError:
    """Return the error for one fault at one place."""
    return FatalError(code, detail, [Issue(code=code, expression=expression, detail=detail)])
