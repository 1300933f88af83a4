"""What is plainly right: values that are judged by themselves, wherever they stand in a message.

Most of a message is plain: primitives, and parts without ids, extensions and references.
`walk.py` looks at the rest element by element, and tells what is wrong where. It finds no fault in
what is plainly right (`tests/fhir/test_plain.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adapter.fhir.r4_values import Accepts

Pairs = frozenset[tuple[str, str]]
"""The codes of a required value set, each with its system."""


def object_of(members: Mapping[str, Accepts], rules: Sequence[Accepts]) -> Accepts:
    """Return what says whether an object has only these members, each right, and fits the rules."""

    def is_plain(value: Any) -> bool:
        if type(value) is not dict or not value:
            return False
        for name, member in value.items():
            is_right = members.get(name)
            if is_right is None or not is_right(member):
                return False
        for fits in rules:  # noqa: SIM110 - a generator costs more than most rules
            if not fits(value):
                return False
        return True

    return is_plain


def one_or_more(names: frozenset[str]) -> Accepts:
    """Return the rule that an object has a member of these."""
    return lambda value: not names.isdisjoint(value)


def one_at_most(names: frozenset[str]) -> Accepts:
    """Return the rule that an object has no two of these members."""
    return lambda value: sum(map(names.__contains__, value)) < 2


def array_of(is_right: Accepts) -> Accepts:
    """Return what says whether a value is an array, not empty, and each item is right."""
    return lambda value: type(value) is list and bool(value) and all(map(is_right, value))


def one_of_codes(pairs: Pairs) -> Accepts:
    """Return the rule that an object is of a required value set."""
    return lambda value: is_coded(value, pairs)


def is_coded(value: Mapping[str, Any], pairs: Pairs) -> bool:
    """Whether a Coding, or one coding of a CodeableConcept, is of a required value set."""
    codings = value.get("coding", (value,))
    return any(
        isinstance(each, dict) and (str(each.get("system")), str(each.get("code"))) in pairs
        for each in (codings if isinstance(codings, list | tuple) else ())
    )
