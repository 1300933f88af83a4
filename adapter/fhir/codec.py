"""Parse and write JSON, XML and HL7 v2. Each library's errors are translated here, once.

Parsing loads no external entity and no network resource, and refuses duplicate JSON keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import hl7

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Limits
from adapter.core.errors import FatalError
from adapter.fhir import exact_json, part_counts

if TYPE_CHECKING:  # imported where XML is read or written: most commands need none
    from lxml import etree

_LIMITS = Limits()
_CHARSETS = {  # names in HL7 table 0211 or in Nordic use, without marks, and Python's names
    "": "",
    "ASCII": "ascii",
    "USASCII": "ascii",
    "ISOIR6": "ascii",
    "WINDOWS1252": "cp1252",
    "CP1252": "cp1252",
    "UNICODE": "utf-8",  # in bytes that begin with MSH it can be nothing else
    "UNICODEUTF8": "utf-8",
    "UTF8": "utf-8",
}
_ISO_8859 = re.compile(r"(?:ISO)?8859([1-9]|1[013456])")  # there is no part 12


def parse(content: str, body: bytes, limits: Limits = _LIMITS, charset: str = "") -> Any:
    """Parse a document of "json", "xml" or "hl7"; FatalError with the reason when it fails.

    Returns dicts for JSON, an lxml element for XML, an `hl7.Message` for HL7 v2. `charset` is the
    endpoint's, and is used only when the document declares none.
    """
    if len(body) > limits.body:
        raise FatalError("too-large", f"{len(body)} bytes; the limit is {limits.body}")
    if content == "json":
        return _json(body, limits)
    return _xml(body, limits) if content == "xml" else _hl7(body, charset)


def dump(content: str, document: Any, charset: str = "") -> bytes:
    """Return a document as bytes: in UTF-8, or for HL7 v2 in its charset."""
    if content == "json":
        return exact_json.dumps(document).encode()
    if content == "xml":
        from lxml import etree

        return etree.tostring(document, encoding="UTF-8", xml_declaration=True)
    return _hl7_bytes(str(document), charset)


def without_mark(body: bytes) -> bytes:
    """Return a document without the byte order mark, which JSON must not have (RFC 8259, 8.1)."""
    return body.removeprefix(b"\xef\xbb\xbf")


def readable(content: str, document: Any) -> str:
    """Return a document with line breaks, for people; it parses to the same document."""
    if content == "json":
        return exact_json.readable(document) + "\n"
    if content == "xml":
        from lxml import etree

        copy = deepcopy(document)
        etree.indent(copy)
        return etree.tostring(copy, encoding="unicode") + "\n"
    text = str(document)  # where a field has a line feed, carriage returns must stay
    return text.replace("\r", "\r\n" if "\n" in text else "\n")


def _hl7_bytes(text: str, charset: str) -> bytes:
    """Encode a document in the charset that its MSH-18 declares, else in the named one."""
    declared = hl7_charset(text.encode())
    try:
        return text.encode(declared or charset or "utf-8")
    except (UnicodeEncodeError, LookupError) as error:
        raise FatalError("not-written", "the text does not fit its character set") from error


def _json(body: bytes, limits: Limits) -> Any:
    part_counts.check_json(body, limits.depth)
    try:
        document = exact_json.loads(body.decode("utf-8-sig"), _unique)
    except UnicodeDecodeError as error:
        raise FatalError("wrong-charset", f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise part_counts.too_deep(limits.depth) from error
    except ValueError as error:  # JSONDecodeError quotes nothing of the document
        raise FatalError("unreadable", f"not JSON: {error}") from error
    _check_json_levels(document, limits)
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise FatalError("duplicate-key", _second(pairs))
    return document


def _second(pairs: Iterable[tuple[str, Any]]) -> str:
    """Tell the place of a key that has stood before; the key itself may be anything."""
    before = dict[str, int]()
    for number, (key, _) in enumerate(pairs, start=1):
        if key in before:
            return f"key number {number} of an object is its key number {before[key]} again"
        before[key] = number
    return ""


def _check_json_levels(document: Any, limits: Limits) -> None:
    """Raise FatalError `too-deep` when a document has more levels than the limits allow.

    Only objects and arrays are looked into: most of a message are texts.
    """
    level: list[Any] = [document] if isinstance(document, dict | list) else []
    for _ in range(limits.depth - 1):
        if not level:
            return
        level = [
            value
            for item in level
            for value in (item.values() if type(item) is dict else item)
            if type(value) is dict or type(value) is list
        ]
    if any(level):
        raise part_counts.too_deep(limits.depth)


def _xml(body: bytes, limits: Limits) -> etree._Element:
    from lxml import etree

    part_counts.check_xml(body, limits.depth)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (ValueError, etree.XMLSyntaxError) as error:
        raise FatalError(_xml_code(body, error), _xml_place(error)) from None
    if _doctype(root):
        raise FatalError("forbidden-xml", "the document has a DOCTYPE")
    _check_xml_levels(root, limits)
    return root


def _check_xml_levels(root: etree._Element, limits: Limits) -> None:
    level = [root]
    for _ in range(limits.depth):
        level = [child for node in level for child in node]
        if not level:
            return
    raise part_counts.too_deep(limits.depth)


def _doctype(root: etree._Element) -> str:
    docinfo: Any = root.getroottree().docinfo  # the stubs do not know doctype
    return str(docinfo.doctype)


def _xml_code(body: bytes, error: Exception) -> ErrorCode:
    if b"<!DOCTYPE" in body[:4096]:
        return "forbidden-xml"
    return "too-deep" if str(error).startswith("Excessive depth") else "unreadable"


def _xml_place(error: Exception) -> str:
    """Return only the place, because the parser's message may quote the document."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"not XML at line {error.lineno}, column {error.offset}"
    return "not XML"


def _hl7(body: bytes, charset: str) -> hl7.Message:
    whole = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    text = _decoded(whole, hl7_charset(whole) or charset or "utf-8")
    _check_separators(text)
    lines = _segment_lines(text)
    if "\rMSH" in lines:
        raise FatalError("unreadable", "more than one HL7 v2 message")
    try:
        return hl7.parse(lines + "\r")
    except (hl7.HL7Exception, ValueError, IndexError, LookupError) as error:
        raise FatalError("unreadable", "not HL7 v2: the segments cannot be split") from error


def _segment_lines(text: str) -> str:
    """Return the segments with a carriage return between them (HL7 v2.8 chapter 2, 2.6).

    A line feed ends a segment only where the message has no carriage return at all. Elsewhere it
    is text, unless it stands right beside a carriage return.
    """
    whole = text.strip("\r\n")
    if "\r" not in whole:
        return whole.replace("\n", "\r")
    segments = (part.strip("\n") for part in whole.split("\r"))
    return "\r".join(segment for segment in segments if segment)


def _check_separators(text: str) -> None:
    """Check that MSH-1 and MSH-2 name different separators, and that there are not too many.

    The escape character and the subcomponent separator may be left out (HL7 v2.8, 2.5.4).
    """
    marks = text[3:].split(text[3:4], 2)[1] if text[3:4] and text.count(text[3]) > 1 else ""
    every = {text[3:4], *marks}
    if not 2 <= len(marks) <= 5 or len(every) != len(marks) + 1 or any(map(_is_text, every)):
        raise FatalError("unreadable", "not HL7 v2: MSH-1 and MSH-2 do not name the separators")
    used = sum(text.count(mark) for mark in every | {"\r", "\n"})
    if used > part_counts.MOST:
        raise FatalError("too-large", f"{used} separators; the limit is {part_counts.MOST}")


def _is_text(mark: str) -> bool:
    return mark.isalnum() or mark.isspace() or not mark.isprintable() or mark == '"'


def hl7_charset(body: bytes) -> str:
    """Return the charset that MSH-18 declares, as Python's name; "" for none.

    Raises FatalError `unreadable` without an MSH, `wrong-charset` for an unsupported charset.
    """
    if not body.startswith(b"MSH") or len(body) < 8:
        raise FatalError("unreadable", "not HL7 v2: it does not begin with MSH")
    fields = first_segment(body).split(body[3:4])
    declared = fields[17].split(body[5:6])[0] if len(fields) > 17 else b""
    return charset_named(declared.decode("ascii", "backslashreplace"))


def first_segment(body: bytes) -> bytes:
    """Return the first segment of an HL7 v2 message: its header, without what ends it."""
    whole = body.strip(b"\r\n")
    return whole.split(b"\r" if b"\r" in whole else b"\n", 1)[0]


def charset_named(name: str) -> str:
    """Return Python's name of a charset of HL7 table 0211; else FatalError `wrong-charset`."""
    code = re.sub(r"[\s_/-]", "", name).upper()
    if part := _ISO_8859.fullmatch(code):
        return f"iso-8859-{part[1]}"
    if code not in _CHARSETS:
        raise FatalError("wrong-charset", "MSH-18 names a character set that is not supported")
    return _CHARSETS[code]


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise FatalError("wrong-charset", f"not {charset} at byte {error.start}") from error
    except LookupError as error:
        raise FatalError("wrong-charset", "the endpoint's charset is unknown") from error


def charset_of(content: str, body: bytes) -> str:
    """Return the charset that an HL7 v2 document declares, for the response to it; "" for none."""
    try:
        return hl7_charset(body) if content == "hl7" and body.startswith(b"MSH") else ""
    except FatalError:
        return ""
