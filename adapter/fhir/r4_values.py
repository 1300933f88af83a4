"""The grammars of FHIR R4's primitive types (4.0.1, datatypes.html), as JSON writes them.

Each has a cheap way for usual values, and the exact grammar for all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

Accepts = Callable[[Any], bool]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_CODE = re.compile(r"[^\s]+(?: [^\s]+)*")
_UNHEARD_OF = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_IS_UUID = re.compile(f"urn:uuid:{_UUID}")
_IS_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)  # in groups of four
_UNSPACED = str.maketrans("", "", " \t\n\r\f\v")
_DAY = r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_DATE = re.compile(_DAY, re.ASCII)
_INSTANT = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)T{_CLOCK}{_ZONE}", re.ASCII)
_TIME = re.compile(_CLOCK, re.ASCII)
_SPACE = re.compile(r"\s")
_LONGEST_KNOWN = 200  # characters of a URI or code that is remembered
_LONGEST = 1024 * 1024  # characters of a string
_LEAST, _MOST = -(2**31), 2**31 - 1
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+", re.ASCII)


def is_id(value: Any) -> bool:
    """Whether a value has the form of FHIR's `id`."""
    return type(value) is str and _ID.fullmatch(value) is not None


def is_text(value: Any) -> bool:
    """Whether a value is a string of Unicode with more than white space.

    It has no control characters but tab, CR, LF. R4, datatypes.html#string: white space alone could
    be trimmed to nothing, which no element may be.
    """
    if type(value) is not str or not 0 < len(value) <= _LONGEST or value.isspace():
        return False
    return value.isprintable() or not _UNHEARD_OF.search(value)


def is_code(value: Any) -> bool:
    """Whether a value is a code: words with one space between them."""
    if type(value) is not str:
        return False
    return _is_known_code(value) if len(value) <= _LONGEST_KNOWN else _is_code(value)


def _is_code(value: str) -> bool:
    return is_text(value) and _CODE.fullmatch(value) is not None


_is_known_code = lru_cache(maxsize=4096)(_is_code)  # messages repeat the same few codes


def is_uri(value: Any) -> bool:
    """Whether a value is a URI: no white space; a real UUID or OID where it says that it is one."""
    if type(value) is not str:
        return False
    if value.startswith("urn:uuid:"):  # each is another one: not remembered
        return is_uuid(value.casefold())
    return _is_known_uri(value) if len(value) <= _LONGEST_KNOWN else _is_uri(value)


def _is_uri(value: str) -> bool:
    if not is_text(value) or _SPACE.search(value):
        return False
    return is_oid(value) if value.startswith("urn:oid:") else True


_is_known_uri = lru_cache(maxsize=4096)(_is_uri)  # messages repeat the same few systems


def is_absolute(value: str) -> bool:
    """Whether a URI has a scheme."""
    return _SCHEME.fullmatch(value) is not None


def is_uuid(value: Any) -> bool:
    """Whether a value is a UUID as a URI, in lower case."""
    return type(value) is str and _IS_UUID.fullmatch(value) is not None


def is_oid(value: Any) -> bool:
    """Whether a value is an OID as a URI."""
    return type(value) is str and _IS_OID.fullmatch(value) is not None


def is_base64(value: Any) -> bool:
    """Whether a value is base64, with any white space between."""
    if type(value) is not str:
        return False
    return _is_bare(value) or _is_bare(value.translate(_UNSPACED))  # no split(): many objects


def _is_bare(value: str) -> bool:
    return len(value) % 4 == 0 and _BASE64.fullmatch(value) is not None


def is_date(value: Any) -> bool:
    """Whether a value is a year, month or day that the calendar has."""
    parts = _DATE.fullmatch(value) if type(value) is str else None
    return parts is not None and _is_day(*parts.groups("01"))


def is_instant(value: Any) -> bool:
    """Whether a value is a time with seconds and zone, of a day that the calendar has."""
    parts = _INSTANT.fullmatch(value) if type(value) is str else None
    return parts is not None and _is_day(*parts.groups())


def is_date_time(value: Any) -> bool:
    """Whether a value is a date, or a time as an instant has it."""
    return is_instant(value) or is_date(value)


def is_time(value: Any) -> bool:
    """Whether a value is a time of the day with seconds."""
    return type(value) is str and _TIME.fullmatch(value) is not None


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:  # no such day
        return False
    return True


def _is_integer(least: int) -> Accepts:
    return lambda value: type(value) is int and least <= value <= _MOST


def _is_decimal(value: Any) -> bool:
    return type(value) in (int, float, Decimal) and (type(value) is int or isfinite(value))


_GRAMMARS: dict[str, Accepts] = {
    "base64Binary": is_base64,
    "boolean": lambda value: type(value) is bool,
    "canonical": is_uri,  # relative ones occur in R4's own examples
    "code": is_code,
    "date": is_date,
    "dateTime": is_date_time,
    "decimal": _is_decimal,
    "id": is_id,
    "instant": is_instant,
    "integer": _is_integer(_LEAST),
    "markdown": is_text,
    "oid": is_oid,
    "positiveInt": _is_integer(1),
    "string": is_text,
    "time": is_time,
    "unsignedInt": _is_integer(0),
    "uri": is_uri,
    "url": is_uri,
    "uuid": is_uuid,
    "xhtml": is_text,
}
JSON_TYPES = {
    "boolean": "true or false",
    "decimal": "a number",
    "integer": "a number",
    "positiveInt": "a number",
    "unsignedInt": "a number",
}
"""What JSON a primitive type takes, in words; all others take a string."""


def accepts(kind: str) -> Accepts:
    """Return what says whether a value is of a primitive type; KeyError for any other type."""
    return _GRAMMARS[kind]


def is_of_json_type(kind: str, value: Any) -> bool:
    """Whether a value is the JSON that a primitive type takes, whatever its grammar."""
    if kind == "boolean":
        return type(value) is bool
    if kind in JSON_TYPES:
        return type(value) in (int, float, Decimal)
    return type(value) is str


def earlier(time: str, other: str) -> bool:
    """Whether a date or time is surely earlier than another; so precise as both are.

    R4, datatypes.html#Period. Times with zones are compared as such, dates by their text.
    """
    if is_instant(time) and is_instant(other):
        try:
            return datetime.fromisoformat(time) < datetime.fromisoformat(other)
        except ValueError:  # a leap second
            return time < other
    size = min(len(time.partition("T")[0]), len(other.partition("T")[0]))
    return time[:size] < other[:size]
