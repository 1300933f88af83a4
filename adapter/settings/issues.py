"""Problems of the settings as issues: where in the file, what is wrong, what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import get_close_matches

from adapter.core.errors import Issue, Severity

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_STANZA = re.compile(r"(endpoint|route|protection)\[([0-9]+)\]")
_PARTS = ("", "endpoint", "route", "protection")


def error(path: str, detail: str) -> Issue:
    """Return a problem that must be corrected; `path` is a TOML path: `endpoint[2].done_when`."""
    return Issue(code="settings", expression=path, detail=detail)


def warning(path: str, detail: str) -> Issue:
    """Return a problem that works, but is probably a mistake."""
    return Issue(code="settings", expression=path, detail=detail, severity=Severity.WARNING)


def under(path: str, issues: Iterable[Issue]) -> Iterable[Issue]:
    """Return the same problems with `path` before their own."""
    return (replace(issue, expression=f"{path}.{issue.expression}") for issue in issues)


def choices(known: Iterable[str], word: str = "") -> str:
    """Return the nearest known word as a question, else all known words if they are few."""
    words = sorted(known)
    every = f"; one of {', '.join(words)}" if 0 < len(words) <= 20 else ""
    return nearest(words, word) or every


def nearest(known: Iterable[str], word: str) -> str:
    """Return the known word that is most like `word`, as a question; "" when none is."""
    near = get_close_matches(word[:60].lower(), list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def key(word: str) -> str:
    """Return a key for use in a path; an unusual key, which may be a secret, is not repeated."""
    return word if _BARE_KEY.fullmatch(word) else '"…"'


def in_order(issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return problems in the order of the file: top level, endpoints, routes, protection."""
    return tuple(sorted(issues, key=_place))


def _place(issue: Issue) -> tuple[int, int]:
    stanza = _STANZA.match(issue.expression)
    return (_PARTS.index(stanza[1]), int(stanza[2])) if stanza else (0, 0)
