"""Where an issue of a FHIR message stands: the path from the Bundle on (R4, OperationOutcome)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from adapter.core.errors import Issue

_ENTRY = re.compile(r"entry\[(\d+)\]: ", re.ASCII)
_TYPE = re.compile(r"([A-Z]\w+)(?=[.\[]|$)", re.ASCII)


def rooted(issue: Issue) -> str:
    """Return the path of an issue from the Bundle on, where its entry is known.

    The detail of an issue begins with the entry. The header is the first.
    """
    entry, type_ = _ENTRY.match(issue.detail), _type(issue)
    if type_ == "Bundle" or not (entry or type_ == "MessageHeader"):
        return issue.expression
    return _inside(int(entry[1]) if entry else 0, issue)


def placed(issues: Iterable[Issue], bundle: Any) -> list[Issue]:
    """Return the issues of a message, each that names no entry with its path from the Bundle on.

    A path begins with the type of a resource. It is about the focus where that has the type, else
    about the first such entry. Raises nothing for any JSON.
    """
    return [_placed(issue, bundle) for issue in issues]


def _placed(issue: Issue, bundle: Any) -> Issue:
    type_ = _type(issue)
    if not type_ or type_ in ("Bundle", "MessageHeader") or _ENTRY.match(issue.detail):
        return issue
    index = _index(bundle, type_)
    return issue if index is None else replace(issue, expression=_inside(index, issue))


def _index(bundle: Any, type_: str) -> int | None:
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    urls = {
        index: entry.get("fullUrl")
        for index, entry in enumerate(entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and _is_of(entry.get("resource"), type_)
    }
    focus = _focus(entries)
    return next((index for index, url in urls.items() if url == focus), next(iter(urls), None))


def _is_of(resource: Any, type_: str) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType") == type_


def _focus(entries: Any) -> Any:
    try:
        return entries[0]["resource"]["focus"][0]["reference"]
    except (IndexError, KeyError, TypeError):
        return None


def _type(issue: Issue) -> str:
    type_ = _TYPE.match(issue.expression)
    return type_[1] if type_ else ""


def _inside(entry: int, issue: Issue) -> str:
    return f"Bundle.entry[{entry}].resource{issue.expression[len(_type(issue)) :]}"
