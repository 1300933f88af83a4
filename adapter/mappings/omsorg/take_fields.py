"""How a writer takes a field: it leaves the message, so that what stays is what was not carried.

A value that has no form in omsorg/1 is not taken: "" is returned, and the field stays.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url

_ID = r"[A-Za-z0-9\-.]{1,64}"
ID = re.compile(_ID)
HSA_ID = re.compile(r"\s*[A-Za-z0-9\-._:]{1,64}\s*")
URI = re.compile(r"[!-~]{1,255}")
CODE = re.compile(r"[!-~]{1,64}")
MUNICIPALITY = re.compile(r"[0-9]{4}")
TOKEN = re.compile(r"(?=.{1,255}\Z)[^ \t\r\n]+(?: [^ \t\r\n]+)*", re.DOTALL)
ANY = re.compile(r".+", re.DOTALL)
_TIME = re.compile(
    r"[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)",
    re.ASCII,
)
_MONTH_OR_YEAR = re.compile(r"[1-9]\d{3}(-(0[1-9]|1[0-2]))?", re.ASCII)
_DATE = re.compile(r"[1-9]\d{3}-\d\d-\d\d", re.ASCII)


def take(node: Resource, key: str, form: re.Pattern[str] = ANY) -> str:
    """Take a string that has the form."""
    value = node.get(key)
    if not isinstance(value, str) or form.fullmatch(value) is None:
        return ""
    del node[key]
    return value


def take_all(node: Resource, key: str) -> list[str]:
    """Take a list of strings; none of it where one is no string."""
    values = node.get(key)
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        return []
    del node[key]
    return values


def take_time(node: Resource, key: str) -> str:
    """Take a FHIR instant, or a dateTime with its time of day."""
    return take(node, key) if _is_time(node.get(key)) else ""


def take_date(node: Resource, key: str) -> str:
    """Take a whole date."""
    return take(node, key) if _is_date(node.get(key)) else ""


def take_birth(node: Resource, key: str) -> str:
    """Take a FHIR date: whole, or only its month or year."""
    return take_date(node, key) or take(node, key, _MONTH_OR_YEAR)


def take_when(node: Resource, key: str) -> str:
    """Take a FHIR dateTime: a time of day, or a whole date."""
    return take_time(node, key) or take_date(node, key)


def take_flag(node: Resource, key: str) -> str:
    """Take a boolean, as XML writes it."""
    if not isinstance(node.get(key), bool):
        return ""
    return "true" if node.pop(key) else "false"


def take_id(node: Resource, key: str) -> str:
    """Take the id of a message, with or without `urn:uuid:`."""
    return take(node, key, re.compile(f"(urn:uuid:)?{_ID}")).removeprefix("urn:uuid:")


def fixed(node: Resource, key: str, value: str) -> None:
    """Take a value that the document says by its very form; another value stays."""
    if node.get(key) == value:
        del node[key]


def part(node: Resource, key: str) -> Resource:
    """An element inside; {} for none."""
    found = node.get(key)
    return found if isinstance(found, dict) else {}


def parts(node: Resource, key: str) -> list[Resource]:
    """The elements of a list; they keep their places when they are taken from."""
    found = node.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def extensions(node: Resource, name: str) -> list[Resource]:
    """Our extensions of a name, each without its url."""
    found = [e for e in parts(node, "extension") if e.get("url") == extension_url(name)]
    for one in found:
        del one["url"]
    return found


def extension(node: Resource, name: str) -> Resource:
    """The first of our extensions of a name, without its url; {} for none."""
    url = extension_url(name)
    found = next((e for e in parts(node, "extension") if e.get("url") == url), {})
    found.pop("url", None)
    return found


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(_TIME.fullmatch(value)) and _parses(datetime, value)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and bool(_DATE.fullmatch(value)) and _parses(date, value)


def _parses(kind: type[date], value: str) -> bool:
    try:
        kind.fromisoformat(value)
    except ValueError:
        return False
    return True
