"""How a problem of the settings is told: where in the file, what, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from adapter.core.errors import Issue, Severity

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_STANZA = re.compile(r"(endpoint|route)\[([0-9]+)\]")
_PARTS = ("", "endpoint", "route")


def error(path: str, detail: str) -> Issue:
    """Something that must be put right; `path` is a TOML path as `endpoint[2].done_when`."""
    return Issue(code="settings", expression=path, detail=detail)


def warning(path: str, detail: str) -> Issue:
    """Something that works, and is probably not what was meant."""
    return Issue(code="settings", expression=path, detail=detail, severity=Severity.WARNING)


def under(path: str, issues: Iterable[Issue]) -> Iterable[Issue]:
    """The same problems, told from further out."""
    return (replace(issue, expression=f"{path}.{issue.expression}") for issue in issues)


def choices(known: Iterable[str], word: str = "") -> str:
    """What could have been written: the nearest word when one is near, otherwise all if few."""
    words = sorted(known)
    every = f"; one of {', '.join(words)}" if 0 < len(words) <= 20 else ""
    return nearest(words, word) or every


def nearest(known: Iterable[str], word: str) -> str:
    """The word that was probably meant, as a question; "" when none is near."""
    near = get_close_matches(word[:60].lower(), list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def key(word: str) -> str:
    """A key of the file as it may stand in a path; strange ones are not repeated."""
    return word if _BARE_KEY.fullmatch(word) else '"…"'


def in_order(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Problems in the order of the file: the top, the endpoints, the routes."""
    return tuple(sorted(issues, key=_place))


def _place(issue: Issue) -> tuple[int, int]:
    found = _STANZA.match(issue.expression)
    return (_PARTS.index(found[1]), int(found[2])) if found else (0, 0)
