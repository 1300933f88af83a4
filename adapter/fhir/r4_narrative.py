"""What XHTML a Narrative may have (FHIR R4 4.0.1, narrative.html; invariants txt-1 and txt-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_XHTML = "{http://www.w3.org/1999/xhtml}"
_ELEMENTS = _words(
    "a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div"
    " dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li map ol p pre q samp small span strong sub sup"
    " table tbody td tfoot th thead tr tt ul var"
)
_ATTRIBUTES = _words(
    "abbr accesskey align alt axis border cellpadding cellspacing char charoff charset cite class"
    " colspan coords dir frame headers height href hreflang id ismap lang longdesc name nohref rel"
    " rev rowspan rules scope shape span src style summary tabindex title type usemap valign"
    " width {http://www.w3.org/XML/1998/namespace}lang"
    " {http://www.w3.org/XML/1998/namespace}space"
    " {http://www.w3.org/XML/1998/namespace}id"
)
_LINKS = frozenset({"cite", "href", "longdesc", "src", "usemap"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "ftp", "urn"})  # what a link may lead to
_IN_STYLE = (
    *("url(", "src(", "image(", "image-set(", "expression("),
    *("@import", "javascript:", "behavior:"),
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|\n|(.))")  # CSS Syntax 3, 4.3.7
_LAST_CHARACTER = 0x10FFFF
_DECLARES = ("<!doctype", "<!entity", "<?")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")
"""An entity that only HTML knows. R4, narrative.html#xhtml: Unicode characters stand instead."""


def faults(div: Any) -> tuple[str, ...]:
    """Return what is wrong with a `div`, in words without its content; () for a good one.

    Anything but a string has no fault here: its JSON type is wrong already.
    """
    if not isinstance(div, str):
        return ()
    if any(mark in div.casefold() for mark in _DECLARES):
        return ("a declaration",)
    try:
        root = fromstring(div)
    except (ParseError, ValueError):
        return ("an entity of HTML, which XML does not know" if _ENTITY.search(div) else "no XML",)
    if root.tag != f"{_XHTML}div":
        return ("no div of XHTML",)
    return tuple(dict.fromkeys([*_inside(root), *_emptiness(root)]))


def _inside(root: Element) -> Iterator[str]:
    for element in root.iter():
        if element.tag.removeprefix(_XHTML) not in _ELEMENTS or _XHTML not in element.tag:
            yield "an element that is not allowed"
        for name, value in element.attrib.items():
            yield from _in_attribute(name, value)


def _in_attribute(name: str, value: str) -> Iterator[str]:
    if name not in _ATTRIBUTES:
        yield "an attribute that is not allowed"
    elif name in _LINKS and not _is_allowed(name, value):
        yield "a link that is not allowed"
    elif name == "style" and _loads(value):
        yield "a style that loads something"


def _loads(style: str) -> bool:
    """Whether a style loads or runs something, also where escapes or comments hide it.

    What looks like a comment may stand in a string: both readings count.
    """
    readings = [_ESCAPE.sub(_unescaped, text) for text in (style, _without_comments(style))]
    return any(mark in reading.casefold() for mark in _IN_STYLE for reading in readings)


def _unescaped(escape: re.Match[str]) -> str:
    number = int(escape[1] or "0", 16)
    if number:
        return chr(number) if number <= _LAST_CHARACTER else "\ufffd"
    return escape[2] or ""


def _without_comments(style: str) -> str:
    first, *rest = style.split("/*")
    return first + "".join(part.partition("*/")[2] for part in rest)


def _is_allowed(name: str, link: str) -> bool:
    """Whether a link only leads somewhere. An image is loaded, so it must be in the message."""
    text = "".join(link.split()).casefold()
    scheme, colon, _ = text.partition(":")
    if not colon or not scheme.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return name != "src" or not text.startswith("//")
    return scheme == "data" if name == "src" else scheme in _SCHEMES


def _emptiness(root: Element) -> Iterator[str]:
    """R4, txt-2: the div has some text or an image."""
    has_text = any(text.strip() for text in root.itertext())
    if not has_text and root.find(f".//{_XHTML}img") is None:
        yield "no text"
