"""text/plain: text in UTF-8 that no program takes for something else."""

from __future__ import annotations

import re

_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that text does not have (mimesniff.spec.whatwg.org, binary data byte), and DEL."""
_MARKUP = re.compile(
    rb"\s*<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p"
    rb"|!--|svg|\?xml)[\s>:]|\s*<\?xml|\s*<!--",
    re.IGNORECASE,
)
"""How a page begins: the list by which browsers know one (the same, rule 7.1), and SVG."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def fault(content: bytes) -> str:
    """Return why bytes are no plain text; "" where they are."""
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    if _BINARY.search(content):
        return "has control characters: it is no text"
    if _MARKUP.match(content.removeprefix(_BYTE_ORDER_MARK)):
        return "begins with HTML, SVG or XML: it is no plain text"
    return "is a PDF, not a text" if content.startswith(b"%PDF-") else ""
