"""Fields and segments as text (ER7, HL7 v2.5.1 chapter 2): escapes, times, character sets.

Only the functions here make a `Field`, so that no text gets into a message without its escapes.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NewType, TypeAlias

from adapter.core.errors import FatalError

Field = NewType("Field", str)
Component: TypeAlias = "str | tuple[str, ...]"
"""A text, or the texts of its subcomponents. They are not yet escaped."""

EMPTY = Field("")
OURS = "99CPA"  # names our own code tables (HL7 table 0396: 99 and three letters)
SEPARATORS = "^~\\&"
_MARKS = {"|": "F", "^": "S", "&": "T", "~": "R", "\\": "E"}
_ESCAPED = {ord(mark): f"\\{code}\\" for mark, code in _MARKS.items()}
_ESCAPED |= {n: f"\\X{n:02X}\\" for n in (*range(0x20), 0x7F)}
_FORMATTED = _ESCAPED | {ord("\n"): "\\.br\\"}
_NULL = "\\X22\\\\X22\\"  # a text of two quotation marks, which as it is would delete the field
_TIME = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)
_CHARSETS = {"utf-8": "UNICODE UTF-8", "ascii": "ASCII", "cp1252": "WINDOWS-1252"}


def components(*parts: Component) -> Field:
    """Return a field of components, escaped, without empty ones at its end."""
    return _joined("^", (_component(part) for part in parts))


def _component(part: Component) -> str:
    return _escaped(part) if isinstance(part, str) else _joined("&", map(_escaped, part))


def _escaped(text: str) -> str:
    return _NULL if text == '""' else text.translate(_ESCAPED)


def _joined(separator: str, parts: Iterable[str]) -> Field:
    return Field(separator.join(parts).rstrip(separator))


def formatted(text: str) -> Field:
    """Return formatted text (FT): a line break is `\\.br\\`."""
    lines = text.replace("\r\n", "\n")
    return Field(_NULL if lines == '""' else lines.translate(_FORMATTED))


def coded(code: str, text: str = "", system: str = OURS) -> Field:
    """Return a coded element (CE): code, text, name of the code's table."""
    return components(code, text, system)


def repeated(fields: Iterable[Field]) -> Field:
    """Return the repetitions of a field, without empty ones."""
    return Field("~".join(field for field in fields if field))


def segment(name: str, fields: Mapping[int, Field | str]) -> str:
    """Return a segment with fields at their numbers. A plain `str` is a code of the caller's own.

    MSH-1 is the separator itself, and has no place.
    """
    first = 2 if name == "MSH" else 1
    values = [fields.get(number, "") for number in range(first, max(fields) + 1)]
    return "|".join([name, *values]).rstrip("|")


def time(text: str, expression: str) -> Field:
    """Return a FHIR date, dateTime or instant as TS; "" for "". The offset is kept.

    FatalError `bad-time` for another form.
    """
    if not text:
        return Field("")
    match = _TIME.fullmatch(text)
    if match is None:
        raise FatalError("bad-time", expression)
    *parts, fraction, offset = match.groups()
    tail = f".{fraction[:4]}" if fraction else ""
    zone = (offset or "").replace(":", "").replace("Z", "+0000")
    return Field("".join(part or "" for part in parts) + tail + zone)


def time_of(at: datetime) -> Field:
    """Return an aware time as TS, to the second."""
    return Field(at.strftime("%Y%m%d%H%M%S%z"))


def charset_code(charset: str) -> str:
    """Return a charset of Python by its name for MSH-18 (HL7 table 0211); "" is UTF-8.

    FatalError `not-written` for one that HL7 v2 does not have.
    """
    try:
        name = codecs.lookup(charset or "utf-8").name
    except LookupError:
        name = ""
    if part := re.fullmatch(r"iso8859-([0-9]{1,2})", name):
        return f"8859/{part[1]}"
    if name not in _CHARSETS:
        raise FatalError("not-written", "the endpoint's charset is none of HL7 v2")
    return _CHARSETS[name]
