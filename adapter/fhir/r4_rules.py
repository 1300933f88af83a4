"""How the invariants of FHIR R4 are written here: a key of R4, words, and a function.

The files `r4_*_invariants.py` add to INVARIANTS. No function raises for any JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any

from adapter.fhir.r4_values import earlier

Node = dict[str, Any]
Holds = Callable[[Node], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A rule of R4: its key, what is wrong where it is broken, and the function that checks it."""

    key: str
    wrong: str
    holds: Holds


INVARIANTS: dict[str, tuple[Invariant, ...]] = {}
"""By type, and by inner type: `Timing.repeat`."""


def has(node: Any, name: str) -> bool:
    """Whether a node has an element, or of a choice `value[x]` any type; an extension suffices."""
    if not isinstance(node, dict):
        return False
    if name[-1] == "]":
        return any(map(_is_of_choice, node, repeat(name[:-3])))
    return name in node or f"_{name}" in node


def each(node: Any, path: str) -> list[Any]:
    """Return all objects or values at a path of JSON names, through arrays."""
    nodes = [node]
    for name in path.split("."):
        values = [item.get(name) for item in nodes if isinstance(item, dict)]
        nodes = [
            member for value in values for member in (value if isinstance(value, list) else [value])
        ]
    return [member for member in nodes if member is not None]


def lacks(node: Any, *names: str) -> bool:
    """Whether a node has none of the elements."""
    return not any(has(node, name) for name in names)


def is_one_of(node: Node, name: str, *values: str) -> bool:
    """Whether an element has one of these texts."""
    return node.get(name) in values


def all_differ(values: list[Any]) -> bool:
    """Whether no value occurs twice. Takes any JSON."""
    texts = [str(value) for value in values]
    return len(texts) == len(set(texts))


@lru_cache(maxsize=1024)
def _is_of_choice(key: str, stem: str) -> bool:
    name = key[1:] if key[:1] == "_" else key
    return name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper()


def add(types: str, key: str, wrong: str, holds: Holds) -> None:
    """Add an invariant to types, named with spaces between."""
    for type_ in types.split():
        more = Invariant(key=key, wrong=wrong, holds=holds)
        INVARIANTS[type_] = (*INVARIANTS.get(type_, ()), more)


def needs(types: str, key: str, name: str, other: str) -> None:
    """Add: where an element is, the other member is too."""
    wrong = f"{name} without {other}"
    add(types, key, wrong, lambda node: not has(node, name) or has(node, other))


def any_of(types: str, key: str, *names: str) -> None:
    """Add: at least one of the elements is there."""
    wrong = f"none of {', '.join(names)}"
    add(types, key, wrong, lambda node: any(has(node, name) for name in names))


def not_both(types: str, key: str, name: str, other: str) -> None:
    """Add: at most one of two elements is there."""
    wrong = f"both {name} and {other}"
    add(types, key, wrong, lambda node: not (has(node, name) and has(node, other)))


def distinct(types: str, key: str, path: str) -> None:
    """Add: the values at a path differ."""
    add(types, key, f"{path} occurs twice", lambda node: all_differ(each(node, path)))


def one_of(types: str, key: str, name: str, other: str) -> None:
    """Add: exactly one of two elements is there."""
    wrong = f"needs {name} or {other}, and not both"
    add(types, key, wrong, lambda node: has(node, name) != has(node, other))


def in_order(types: str, key: str, first: str, second: str) -> None:
    """Add: of two times, the first is not later than the second."""
    wrong = f"{second} is earlier than {first}"

    def holds(node: Node) -> bool:
        earlier_one, later_one = node.get(first), node.get(second)
        are_texts = isinstance(earlier_one, str) and isinstance(later_one, str)
        return not (are_texts and earlier(str(later_one), str(earlier_one)))

    add(types, key, wrong, holds)
