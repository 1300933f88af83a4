"""JSON that keeps the digits of decimals (FHIR R4, json.html): 22.50 is not 22.5.

Python's own writer has no place for such numbers: a document that has one is written here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any

Pairs = list[tuple[str, Any]]
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_LONGEST = 309  # digits of the largest double


def loads(text: str | bytes, pairs: Callable[[Pairs], Any] | None = None) -> Any:
    """Parse JSON; ValueError for NaN, Infinity, and numbers beyond a double's range.

    A number with a fraction or an exponent becomes a Decimal with all its digits. `pairs` makes an
    object of its keys and values.
    """
    return json.loads(
        text,
        object_pairs_hook=pairs,
        parse_constant=_no_constant,
        parse_float=_decimal,
        parse_int=_integer,
    )


def dumps(document: Any) -> str:
    """Write JSON without spaces."""
    try:
        return _WRITER.encode(document)
    except TypeError:  # a Decimal: few documents have one
        return _written(document, "", "")


def readable(document: Any) -> str:
    """Write JSON with line breaks, for people."""
    try:
        return json.dumps(document, ensure_ascii=False, indent=2)
    except TypeError:
        return _written(document, "\n", "  ")


def _no_constant(_: str) -> Any:
    raise ValueError("NaN and Infinity are no numbers of JSON")


def _decimal(text: str) -> Decimal:
    if not isfinite(float(text)):
        raise ValueError("a number beyond the range of a double")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > _LONGEST:
        raise ValueError("a number with too many digits")
    return int(text)


def _written(node: Any, line: str, step: str) -> str:
    """Return a node; `line` begins each line inside it, "" for all in one line."""
    inner, colon = line + step, ": " if line else ":"
    if isinstance(node, dict) and node:
        items = [f"{_text(str(k))}{colon}{_written(v, inner, step)}" for k, v in node.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    if isinstance(node, list) and node:
        items = [_written(item, inner, step) for item in node]
        return f"[{inner}{f',{inner}'.join(items)}{line}]"
    return str(node) if isinstance(node, Decimal) else _text(node)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
