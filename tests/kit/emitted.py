"""All FHIR that the program emits while the tests run, judged by HL7's schemas and by R4B.

The program's three ways to make FHIR are watched: bytes (`codec.dump`), OperationOutcomes
(`fhir.outcome`), what a system writes (`System.write`). What tests write themselves is not: only
calls from inside the package count. Of many alike in form one is judged, so that it costs little.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pytest

from adapter import fhir
from adapter.fhir import codec
from adapter.mappings import System
from tests.kit import oracle

_CODES = frozenset(
    {"code", "gender", "intent", "mode", "resourceType", "role", "severity", "status", "system"}
    | {"type", "url", "use", "valueCode"}
)
_RUNS = re.compile(r"[^\W\d_]+|\d+|\s+")


class Emitted:
    """What came, each form once. `fresh` has what nobody has judged yet."""

    def __init__(self) -> None:
        self.count = 0
        self.fresh: list[dict[str, Any]] = []
        self._known: set[Hashable] = set()

    def add(self, document: Any) -> None:
        """Anything that was emitted; what is no FHIR resource is let by."""
        if not isinstance(document, dict) or "resourceType" not in document:
            return
        self.count += 1
        key = _form(document, "")
        if key not in self._known:
            self._known.add(key)
            self.fresh.append(json.loads(json.dumps(document)))

    def problems(self) -> list[str]:
        """What the judges have against what is fresh; without the schemas, what R4B has."""
        fresh, self.fresh = self.fresh, []
        judge = oracle.problems if oracle.SCHEMAS.is_dir() else oracle.model_problems
        return [f"{r['resourceType']}: {p}" for r in fresh for p in judge(r)]


def _form(node: Any, name: str) -> Hashable:
    """What documents have in common that are valid for the same reasons."""
    if isinstance(node, dict):
        return tuple(sorted((key, _form(value, key)) for key, value in node.items()))
    if isinstance(node, list):
        return ("list", *dict.fromkeys(str(_form(value, name)) for value in node))
    if not isinstance(node, str):
        return str(type(node))
    return node if name in _CODES else (_RUNS.sub(_kind, node[:100]), len(node) > 64)


def _kind(run: re.Match[str]) -> str:
    return "0" if run[0].isdigit() else " " if run[0].isspace() else "a"


@contextmanager
def watched(emitted: Emitted) -> Iterator[None]:
    """While this lasts, what the program makes is added."""

    def dumped(made: bytes, content: str, document: Any, *_: Any) -> None:
        if content == "json":
            emitted.add(document)

    def written(made: Any, *_: Any) -> None:
        emitted.add(made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "dump", _told(codec.dump, dumped))
        patch.setattr(fhir, "outcome", _told(fhir.outcome, written))
        patch.setattr(System, "write", _told(System.write, written))
        yield


def _told(function: Callable[..., Any], tell: Callable[..., None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*given: Any, **named: Any) -> Any:
        made = function(*given, **named)
        caller: str = sys._getframe(1).f_globals.get("__name__", "")
        if caller.startswith("adapter."):
            tell(made, *given)
        return made

    return wrapper
