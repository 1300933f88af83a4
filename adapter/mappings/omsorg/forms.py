"""The value forms of omsorg/1: what its schema accepts as an id, a URI, a code or a time."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MESSAGE_ID = re.compile(r"(urn:uuid:)?[A-Za-z0-9\-.]{1,64}")
HSA_ID = re.compile(r"\s*[A-Za-z0-9\-._:]{1,64}\s*")
URI = re.compile(r"[!-~]{1,255}")
CODE = re.compile(r"[!-~]{1,64}")
MUNICIPALITY = re.compile(r"[0-9]{4}")
MONTH_OR_YEAR = re.compile(r"[1-9]\d{3}(-(0[1-9]|1[0-2]))?", re.ASCII)
TOKEN = re.compile(r"(?=.{1,255}\Z)[^ \t\r\n]+(?: [^ \t\r\n]+)*", re.DOTALL)  # xs:token
ANY = re.compile(r".+", re.DOTALL)
_TIME = re.compile(
    r"[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)",
    re.ASCII,
)
_FINER = re.compile(  # FHIR R4, dateTime and instant: a leap second, and any number of digits
    r"([1-9]\d{3}-\d\d-\d\dT\d\d:\d\d):([0-5]\d|60)(\.\d+)?(Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)",
    re.ASCII,
)
_FINEST = Decimal("1e-9")  # seconds
_DATE = re.compile(r"[1-9]\d{3}-\d\d-\d\d", re.ASCII)


def is_time(value: Any) -> bool:
    """Whether a value is a date with a time of day and an offset."""
    return isinstance(value, str) and bool(_TIME.fullmatch(value)) and _parses(datetime, value)


def rounded(value: Any) -> str:
    """Return a time that is finer than the form, rounded to a billionth of a second; else "".

    A leap second is the first second of the next minute.
    """
    parts = _FINER.fullmatch(value) if isinstance(value, str) else None
    if parts is None or not _parses(datetime, parts[1]):
        return ""
    second = Decimal(parts[2] + (parts[3] or "")).quantize(_FINEST, ROUND_HALF_UP)
    minutes, second = divmod(second, 60)
    try:
        minute = datetime.fromisoformat(parts[1]) + timedelta(minutes=int(minutes))
    except OverflowError:
        return ""
    digits = f"{second:012.9f}".rstrip("0").removesuffix(".")
    return f"{minute:%Y-%m-%dT%H:%M}:{digits}{parts[4]}"


def is_date(value: Any) -> bool:
    """Whether a value is a whole date."""
    return isinstance(value, str) and bool(_DATE.fullmatch(value)) and _parses(date, value)


def _parses(type_: type[date], value: str) -> bool:
    try:
        type_.fromisoformat(value)
    except ValueError:
        return False
    return True
