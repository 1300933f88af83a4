"""Take fields out of a FHIR resource while it is written as omsorg/1.

A taken field is deleted from the resource, so that what remains is what was not carried. A value
that omsorg/1 has no form for is not taken: the function returns "", and the field remains.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import DATA_ABSENT, extension_url
from adapter.mappings.omsorg import forms


def take(node: Resource, key: str, form: re.Pattern[str] = forms.ANY) -> str:
    """Take a string that has the form."""
    value = node.get(key)
    if not isinstance(value, str) or form.fullmatch(value) is None:
        return ""
    del node[key]
    return value


def take_all(node: Resource, key: str) -> list[str]:
    """Take a list of strings; take nothing where an item is not a string."""
    values = node.get(key)
    if not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
        return []
    del node[key]
    return values


@dataclass(frozen=True, slots=True)
class Rounded:
    """What stands in a resource for a value of which not every digit was taken."""

    value: object


def take_time(node: Resource, key: str) -> str:
    """Take a FHIR instant, or a dateTime with a time of day; one too fine is rounded."""
    value = node.get(key)
    if forms.is_time(value):
        return take(node, key)
    rounded = forms.rounded(value)
    if rounded:
        node[key] = Rounded(value)
    return rounded


def take_date(node: Resource, key: str) -> str:
    """Take a whole date."""
    return take(node, key) if forms.is_date(node.get(key)) else ""


def take_birth_date(node: Resource, key: str) -> str:
    """Take a FHIR date: whole, or only a month or a year."""
    return take_date(node, key) or take(node, key, forms.MONTH_OR_YEAR)


def take_date_or_time(node: Resource, key: str) -> str:
    """Take a FHIR dateTime: with a time of day, or a whole date."""
    return take_time(node, key) or take_date(node, key)


def take_boolean(node: Resource, key: str) -> str:
    """Take a boolean, as XML writes it."""
    if not isinstance(node.get(key), bool):
        return ""
    return "true" if node.pop(key) else "false"


def take_id(node: Resource, key: str) -> str:
    """Take the id of a message, with or without `urn:uuid:`."""
    return take(node, key, forms.MESSAGE_ID).removeprefix("urn:uuid:")


def take_implied(node: Resource, key: str, value: object) -> None:
    """Take a value that the element itself implies; another value remains."""
    if node.get(key) == value:
        del node[key]


def part(node: Resource, key: str) -> Resource:
    """Return an object inside a resource; {} for none."""
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def parts(node: Resource, key: str) -> list[Resource]:
    """Return the objects of a list. Taking from one does not move the others."""
    values = node.get(key)
    return [item for item in values if isinstance(item, dict)] if isinstance(values, list) else []


def take_unknown(node: Resource) -> bool:
    """Take the mark that a value is unknown; omsorg/1 says the same by absence."""
    marks = [e for e in parts(node, "extension") if e.get("url") == DATA_ABSENT]
    for mark in marks:
        del mark["url"], mark["valueCode"]
    return bool(marks)


def take_extensions(node: Resource, name: str) -> list[Resource]:
    """Return our extensions of a name; the url of each is taken."""
    url = extension_url(name)
    extensions = [e for e in parts(node, "extension") if e.get("url") == url]
    for extension in extensions:
        del extension["url"]
    return extensions


def take_extension(node: Resource, name: str) -> Resource:
    """Return the first of our extensions of a name, its url taken; {} for none."""
    url = extension_url(name)
    extension = next((e for e in parts(node, "extension") if e.get("url") == url), {})
    extension.pop("url", None)
    return extension
