"""Forms of FHIR resources: what is in one, without its values.

What fhir.resources says of a resource hangs on two things: on its form, that is, which elements
it has inside which, and on each primitive value by itself, which must be one of its type. So a
form is read in full once, and of what comes in the same form again, the values. Senders write the
same few forms day after day, and reading in full costs more than all else that a message needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.fhir.shape import Element, elements, is_an_id, model

_MOST, _LONGEST = 4096, 16384  # forms that are remembered; characters of one
_sound: set[tuple[str, str]] = set()


class _StrangeError(Exception):
    """Nothing can be said of it by its form: it must be read in full."""


_UNTOLD = (_StrangeError, RecursionError, UnicodeError, ArithmeticError)  # "\ud800", 1e400


def are_known(parts: Iterable[tuple[str, Any]]) -> bool:
    """Whether these resources, by type, surely have nothing wrong: their forms are known."""
    try:
        return all(_form(*part) in _sound for part in parts)
    except _UNTOLD:
        return False


def remember(parts: Iterable[tuple[str, Any]]) -> None:
    """The forms of resources that were read in full, and had nothing wrong."""
    for part in parts:
        try:
            form = _form(*part)
        except _UNTOLD:
            continue
        if len(form[1]) <= _LONGEST:
            if len(_sound) >= _MOST:
                _sound.clear()
            _sound.add(form)


def forget() -> None:
    """Read every form in full again."""
    _sound.clear()


def _form(type_: str, resource: Any) -> tuple[str, str]:
    if model(type_) is None:
        raise _StrangeError
    found: list[str] = []
    _object(resource, type_, found)
    return type_, "".join(found)


def _object(node: Any, type_: str, found: list[str]) -> None:
    """Names of elements are of FHIR, and so have none of the signs that stand between them."""
    if type(node) is not dict or not node:
        raise _StrangeError
    known = elements(type_)
    found.append("{")
    for key, value in node.items():
        element = known.get(key)
        if element is None:
            raise _StrangeError
        found.append(key)
        if element.repeats:
            _array(value, element, found)
        else:
            _item(value, element, type_, found)
    found.append("}")


def _array(value: Any, element: Element, found: list[str]) -> None:
    """Of items in the same form, one: each is read by itself."""
    if type(value) is not list or not value:
        raise _StrangeError
    forms: dict[str, None] = {}
    for item in value:
        inside: list[str] = []
        _item(item, element, "", inside)
        forms["".join(inside)] = None
    found.append("[")
    found.extend(forms)
    found.append("]")


def _item(value: Any, element: Element, type_: str, found: list[str]) -> None:
    if element.json:
        if not _is_sound(value, element):
            raise _StrangeError
        found.append(",")
    elif element.kind != "Resource":
        _object(value, element.kind, found)
    elif type_ != "BundleEntry":  # those of a message's entries are looked at by themselves
        raise _StrangeError


def _is_sound(value: Any, element: Element) -> bool:
    if type(value) not in element.json or not element.reads(value):
        return False
    if element.json == (str,) and "\0" in value:
        return False
    if element.codes and value not in element.codes:
        return False
    return element.kind != "id" or is_an_id(value)
