"""The forms of the values in shapes: how each is taken from a resource, and read from a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import code_of, word_of
from adapter.mappings.omsorg.take_fields import take, take_boolean, take_date_or_time
from adapter.mappings.omsorg.xml_elements import collapsed


@dataclass(frozen=True, slots=True)
class Value:
    """How a value is taken from an object under a key ("" for none), and read from a text."""

    take: Callable[[Resource, str], str]
    read: Callable[[str], Any]


def _take_number(node: Resource, key: str) -> str:
    value = node.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        return ""
    return str(node.pop(key))


def _read_number(text: str) -> int | None:
    return int(collapsed(text)) if text.strip() else None


def _read_boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(collapsed(text))


def _read_text(text: str) -> str:
    return text if text.strip() else ""


def coded(table: Mapping[str, str], expression: str) -> Value:
    """Return the form of a code: its word. An unknown code is an error at the expression."""
    words = dict(table)
    return Value(
        lambda node, key: word_of(words, take(node, key), expression),
        lambda text: code_of(words, collapsed(text)),
    )


TEXT = Value(take, _read_text)
TOKEN = Value(lambda node, key: take(node, key, forms.TOKEN), collapsed)
TIME = Value(take_date_or_time, collapsed)
NUMBER = Value(_take_number, _read_number)
BOOLEAN = Value(take_boolean, _read_boolean)
URI = Value(lambda node, key: take(node, key, forms.URI), collapsed)
MESSAGE = Value(
    lambda node, key: take(node, key, forms.MESSAGE_ID).removeprefix("urn:uuid:"), collapsed
)
