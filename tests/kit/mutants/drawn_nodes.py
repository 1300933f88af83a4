"""Objects of R4's types, drawn by a seed, with the elements and words that an expression names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Any

from adapter.fhir.r4_types import Element, shape
from tests.kit.mutants.wrong_values import SOUND

_WORD = re.compile(r"[A-Za-z]+")
_LITERAL = re.compile(r"'([^']*)'")
_FILLED = {"extension": [{"url": "urn:x", "valueCode": "a"}]}
_UCUM = "http://unitsofmeasure.org"
_MORE = {
    "code": ["%", "1", "other"],
    "decimal": [-1, 0, 1, 1.5, 200],
    "integer": [0, 1, 2, 3],
    "positiveInt": [1, 2],
    "unsignedInt": [0, 1, 2],
    "string": ["-1", "0", "1", "*", "a", "A", "a b", "A.b", "Group", "r1", "r2"],
    "uri": [_UCUM, "urn:x", "something", "http://hl7.org/fhir/StructureDefinition/A", "a"],
    "canonical": ["urn:x", "http://a.example/x", "a"],
    "boolean": [True, False],
    "dateTime": ["2026-01-01", "2026-02-01"],
    "id": ["a", "b"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """What is drawn from: the words of an expression, its literals, and a source of chance."""

    words: frozenset[str]
    literals: tuple[str, ...]
    random: Random


def drawing(expression: str, path: str, seed: int) -> Drawing:
    """Return what objects for an expression on a path are drawn from."""
    words = frozenset(_WORD.findall(f"{expression} {path}"))
    literals = tuple(_LITERAL.findall(expression))
    return Drawing(words=words, literals=literals, random=Random(f"{expression} {seed}"))


def drawn(type_: str, source: Drawing, depth: int = 6) -> dict[str, Any]:
    """Return an object of a type; its named elements are there by chance."""
    node: dict[str, Any] = {}
    by_name: dict[str, list[tuple[str, Element]]] = {}
    for key, element in shape(type_).elements.items():
        if _is_wanted(key, element, source):
            by_name.setdefault(element.name, []).append((key, element))
    needed = {name for name, _ in shape(type_).required}
    for name, choices in by_name.items():
        if depth and (name in needed or source.random.random() < 0.5):
            key, element = source.random.choice(choices)
            node[key] = _values(element, source, depth - 1)
    return node


def _is_wanted(key: str, element: Element, source: Drawing) -> bool:
    is_named = element.name in source.words or key in source.words
    is_plain = not key.startswith("_") and element.kind != "Resource" and key != "resourceType"
    return is_named and is_plain


def _values(element: Element, source: Drawing, depth: int) -> Any:
    if not element.repeats:
        return _value(element, source, depth)
    return [_value(element, source, depth) for _ in range(source.random.choice((1, 1, 2, 3)))]


def _value(element: Element, source: Drawing, depth: int) -> Any:
    if not element.accepts:
        return drawn(element.kind, source, depth) or _FILLED
    literals = [text for text in source.literals if _is_of(text, element)]
    more = [value for value in _MORE.get(element.kind, ()) if element.accepts(value)]
    codes = sorted(element.codes)[:4]
    every = [*literals, *more, *codes] or [SOUND.get(element.kind, "a")]
    return source.random.choice(every)


def _is_of(text: str, element: Element) -> bool:
    """Whether a literal may stand in an element; no URI in a code."""
    is_right = element.accepts is not None and element.accepts(text)
    return is_right and (element.kind != "code" or "/" not in text)
