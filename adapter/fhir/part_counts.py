"""Count the parts of a document in its bytes, before a parser makes objects of them.

An empty list costs three bytes to send and some sixty in memory, so a count after parsing comes
too late. Short documents are counted roughly, at the speed of C; only what looks large is scanned.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from adapter.core.errors import FatalError

MOST = 50_000  # values, nodes with their attributes, or separators; each becomes an object
_JSON_MARKS = (b",", b"[", b"{")
_EBCDIC = b"\x4c\x6f\xa7\x94"  # `<?xm`
_XML_MARKS = (b"<", b"=")
# What stands between, then a string or a group of _STEPS. A string that never ends takes the rest,
# so that no byte is looked at twice.
_JSON = re.compile(
    rb'[^",\[\]{}]*+(?:"(?:[^"\\]++|\\.)*+"?'
    rb"|(?P<part>,)|(?P<begin>[\[{](?!\s*+[\]}]))|(?P<empty>[\[{])|(?P<end>[\]}]))",
    re.DOTALL,
)
_XML = re.compile(rb"<(?:!--|!\[CDATA\[|[?!/]|(?P<tag>(?:[^>\"']++|\"[^\"]*+\"?|'[^']*+'?)*+))")
_ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_STEPS = {"part": (1, 0), "begin": (1, 1), "empty": (0, 1), "end": (0, -1)}  # parts, levels
_DECLARED = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)")
_LIKE_ASCII = re.compile(
    rb"utf-?8|us-ascii|ascii|iso[-_]?8859-\d+|latin-?\d|windows-125\d|cp-?125\d", re.I
)


def check_json(body: bytes, depth: int) -> None:
    """Raise FatalError `too-large` for more than MOST values, `too-deep` for too many levels.

    Levels are looked at only where there may be too many values: a parser stops at its own depth.
    """
    if _marks(body, _JSON_MARKS) > MOST:
        count_json(body, depth)


def check_xml(body: bytes, depth: int) -> None:
    """Raise FatalError as `check_json` does, for nodes and attributes.

    FatalError `wrong-charset` for an encoding that writes `<` and `=` with other bytes: these
    cannot be counted, and no partner needs such an encoding.
    """
    text = _bytes_like_ascii(body)
    if _marks(text, _XML_MARKS) > MOST:
        count_xml(text, depth)


def count_json(body: bytes, depth: int) -> int:
    """Return how many values are in a document; FatalError `too-large`, `too-deep`."""
    return _count((_STEPS.get(t.lastgroup or "", (0, 0)) for t in _JSON.finditer(body)), depth)


def count_xml(body: bytes, depth: int) -> int:
    """Return how many nodes and attributes are in a document; FatalError likewise."""
    return _count(_xml_steps(body), depth)


def _xml_steps(body: bytes) -> Iterator[tuple[int, int]]:
    """Yield parts and levels; an `=` in a tag counts as an attribute, also within a value."""
    place = 0
    while token := _XML.search(body, place):
        place = token.end()
        tag = token["tag"]
        if tag is not None:
            yield 1 + tag.count(b"="), 0 if tag.endswith(b"/") else 1
        elif token[0] == b"</":
            yield 0, -1
        else:
            yield 1, 0
            place = _after(body, _ENDS.get(token[0], b""), place)


def _after(body: bytes, end: bytes, place: int) -> int:
    """Return where a comment, CDATA or an instruction is over; the rest belongs to an open one."""
    start = body.find(end, place)
    return len(body) if start < 0 else start + len(end)


def _marks(body: bytes, marks: Sequence[bytes]) -> int:
    return sum(body.count(mark) for mark in marks)


def _count(steps: Iterable[tuple[int, int]], depth: int) -> int:
    """Add up parts and levels.

    More steps than MOST parts can have are those of a document that a parser soon gives up.
    """
    parts = level = 0
    for more, deeper in islice(steps, 5 * MOST):
        parts += more
        level += deeper
        if level > depth:
            raise too_deep(depth)
        if parts > MOST:
            raise FatalError("too-large", f"over {MOST} parts")
    return parts


def too_deep(depth: int) -> FatalError:
    """Return the error for a document with more levels than the limits allow."""
    return FatalError("too-deep", f"the limit is {depth} levels")


def _bytes_like_ascii(body: bytes) -> bytes:
    """Return XML in an encoding that agrees with ASCII: UTF-16 becomes UTF-8."""
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return body.decode("utf-16", "replace").encode("utf-8", "replace")
    declared = _DECLARED.match(body)
    known = _LIKE_ASCII.fullmatch(declared[1]) if declared else b"\0" not in body[:4]
    if not known or body.startswith(_EBCDIC):
        raise FatalError("wrong-charset", "use UTF-8")
    return body
