"""The value forms of omsorg/1: what its schema accepts as an id, a URI, a code or a time."""

from __future__ import annotations

import re
from datetime import date, datetime
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
_DATE = re.compile(r"[1-9]\d{3}-\d\d-\d\d", re.ASCII)


def is_time(value: Any) -> bool:
    """Whether a value is a date with a time of day and an offset."""
    return isinstance(value, str) and bool(_TIME.fullmatch(value)) and _parses(datetime, value)


def is_date(value: Any) -> bool:
    """Whether a value is a whole date."""
    return isinstance(value, str) and bool(_DATE.fullmatch(value)) and _parses(date, value)


def _parses(type_: type[date], value: str) -> bool:
    try:
        type_.fromisoformat(value)
    except ValueError:
        return False
    return True
