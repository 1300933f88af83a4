"""Decide what follows when the far side refuses a delivery: retry, stop or operator. Pure.

`stop` and `operator` both make it dead. With `operator`, its sender is told only if a person
discards it. The transport gives the response its code before this (HTTP:
`transports/http/status.py`), and a receipt in its body comes first (`outbound/send.py`).

Systems disagree on codes (some reverse AE and AR), so an endpoint's own rules come first. The
defaults are the column `then` of `failures`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapter.core.endpoint import AnswerRule, Then
from adapter.core.errors import AdapterError, TransientError
from adapter.core.failures import FAILURES

DEFAULTS = tuple(AnswerRule(code=row.code, then=row.then) for row in FAILURES if not row.ours)
"""The rules for a code without a rule of the endpoint. The first that matches applies."""
CODES = frozenset(rule.code for rule in DEFAULTS)
"""The codes that an endpoint's rule may name, besides each HTTP status."""
_INCLUDES = {"unreachable": "no-connection"}
"""A rule for the first code also covers the second, which was once a part of it."""
_CLASS = re.compile(r"[345]xx")
_STATUS = re.compile(r"[345][0-9]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The rule that applied. As text: `rule endpoint.answers[1]: 409 -> operator`."""

    then: Then
    code: str
    place: str = "default"

    def __str__(self) -> str:
        return f"rule {self.place}: {self.code} -> {self.then}"


def is_code(text: str) -> bool:
    """Whether a rule may name this code."""
    return text in CODES or _STATUS.fullmatch(text) is not None


def apply(rules: Iterable[AnswerRule], error: AdapterError) -> Applied:
    """Return the first rule of the endpoint that matches, else the first default.

    No rule covers a fault of the adapter's own: a transient one is retried, a fatal one stops.
    """
    for place, rule in _placed(rules):
        for code in (*error.said, error.code):
            if fits(rule, code):
                return Applied(then=rule.then, code=code, place=place)
    then = Then.RETRY if isinstance(error, TransientError) else Then.STOP
    return Applied(then=then, code=error.code)


def default(code: str) -> Then:
    """Return what a code means by default; stop for an unknown code."""
    return next((rule.then for rule in DEFAULTS if fits(rule, code)), Then.STOP)


def fits(rule: AnswerRule, code: str) -> bool:
    """Whether a rule matches a code: the same code, or one that the rule's code includes.

    `5xx` includes each status of its class, and `unreachable` includes `no-connection`.
    """
    return code in (rule.code, _INCLUDES.get(rule.code)) or (
        _CLASS.fullmatch(rule.code) is not None and _within(rule.code, code)
    )


def _within(class_: str, code: str) -> bool:
    return code.isdigit() and len(code) == 3 and code[0] == class_[0]


def _placed(rules: Iterable[AnswerRule]) -> Iterator[tuple[str, AnswerRule]]:
    for i, rule in enumerate(rules):
        yield f"endpoint.answers[{i}]", rule
    for rule in DEFAULTS:
        yield "default", rule
