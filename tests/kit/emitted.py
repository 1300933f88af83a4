"""Validate all FHIR that the program emits during the tests, with HL7's schemas and with R4B.

The program makes FHIR in three ways: bytes (`codec.dump`), OperationOutcomes (`fhir.outcome`) and
messages that a system writes (`System.write`). Only calls from inside the package count, so that
what tests write is left out. Each form is validated once, to save time.
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
    """The emitted resources, each form once. `fresh` has those not validated yet."""

    def __init__(self) -> None:
        self.count = 0
        self.fresh: list[dict[str, Any]] = []
        self._known: set[Hashable] = set()

    def add(self, document: Any) -> None:
        """Add an emitted document, unless it is not a FHIR resource."""
        if not isinstance(document, dict) or "resourceType" not in document:
            return
        self.count += 1
        key = _form(document, "")
        if key not in self._known:
            self._known.add(key)
            self.fresh.append(json.loads(json.dumps(document)))

    def problems(self) -> list[str]:
        """The problems of the fresh resources; only those of R4B without the schemas."""
        fresh, self.fresh = self.fresh, []
        validate = oracle.problems if oracle.SCHEMAS.is_dir() else oracle.model_problems
        return [f"{r['resourceType']}: {p}" for r in fresh for p in validate(r)]


def _form(node: Any, name: str) -> Hashable:
    """The form of a document. Documents with the same form are valid or invalid together."""
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
    """Add everything that the program emits inside the `with`."""

    def dumped(made: bytes, content: str, document: Any, *_: Any) -> None:
        if content == "json":
            emitted.add(document)

    def written(made: Any, *_: Any) -> None:
        emitted.add(made)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "dump", _reported(codec.dump, dumped))
        patch.setattr(fhir, "outcome", _reported(fhir.outcome, written))
        patch.setattr(System, "write", _reported(System.write, written))
        yield


def _reported(function: Callable[..., Any], report: Callable[..., None]) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*given: Any, **named: Any) -> Any:
        made = function(*given, **named)
        caller: str = sys._getframe(1).f_globals.get("__name__", "")
        if caller.startswith("adapter."):
            report(made, *given)
        return made

    return wrapper
