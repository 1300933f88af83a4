"""The forms of FHIR resources that proved valid: elements and nesting, without values.

What fhir.resources reports of a resource depends on two things: its form, that is, which elements
it has inside which, and each primitive value by itself. So each form is validated in full once.
When a form comes again, only the values are checked. Senders repeat the same few forms, and
validating in full costs more than everything else that a message needs (decision 0016).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.fhir.r4_types import Element, elements, is_id, model

_MOST_FORMS = 4096  # that are remembered
_LONGEST_FORM = 16384  # characters
_valid: set[tuple[str, str]] = set()


class _NoFormError(Exception):
    """The resource must be validated in full: it has an error, or a resource inside."""


_FAILURES = (_NoFormError, RecursionError, UnicodeError, ArithmeticError)  # "\ud800", 1e400


def are_known(parts: Iterable[tuple[str, Any]]) -> bool:
    """Whether resources, each with its type, are valid because all their forms are known."""
    try:
        return all(_form(*part) in _valid for part in parts)
    except _FAILURES:
        return False


def remember(parts: Iterable[tuple[str, Any]]) -> None:
    """Remember the forms of resources that were validated in full and had no issue."""
    for part in parts:
        try:
            key = _form(*part)
        except _FAILURES:
            continue
        if len(key[1]) <= _LONGEST_FORM:
            if len(_valid) >= _MOST_FORMS:
                _valid.clear()
            _valid.add(key)


def _form(type_: str, resource: Any) -> tuple[str, str]:
    if model(type_) is None:
        raise _NoFormError
    form: list[str] = []
    _object(resource, type_, form)
    return type_, "".join(form)


def _object(node: Any, type_: str, form: list[str]) -> None:
    """Append the form of an object. FHIR's element names contain none of the separators."""
    if type(node) is not dict or not node:
        raise _NoFormError
    known = elements(type_)
    form.append("{")
    for key, value in node.items():
        element = known.get(key)
        if element is None:
            raise _NoFormError
        form.append(key)
        if element.repeats:
            _array(value, element, form)
        else:
            _item(value, element, type_, form)
    form.append("}")


def _array(value: Any, element: Element, form: list[str]) -> None:
    """Append each form of the items once: fhir.resources validates each item by itself."""
    if type(value) is not list or not value:
        raise _NoFormError
    forms: dict[str, None] = {}
    for item in value:
        inside: list[str] = []
        _item(item, element, "", inside)
        forms["".join(inside)] = None
    form.append("[")
    form.extend(forms)
    form.append("]")


def _item(value: Any, element: Element, type_: str, form: list[str]) -> None:
    if element.json:
        if not _is_valid(value, element):
            raise _NoFormError
        form.append(",")
    elif element.kind != "Resource":
        _object(value, element.kind, form)
    elif type_ != "BundleEntry":  # the resources of entries have their own forms
        raise _NoFormError


def _is_valid(value: Any, element: Element) -> bool:
    if type(value) not in element.json or not element.accepts(value):
        return False
    if element.json == (str,) and "\0" in value:
        return False
    if element.codes and value not in element.codes:
        return False
    return element.kind != "id" or is_id(value)
