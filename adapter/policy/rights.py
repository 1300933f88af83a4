"""Rows of an endpoint in a case: its needs, its right's number, what it last got. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapter.core.model import Need
from adapter.core.participant import Participant, number_of_right
from adapter.fhir import exact_json
from adapter.policy.views import PLANNING, Projection, Viewer


def kept(rows: Iterable[Participant]) -> dict[tuple[Need, str], str]:
    """Return the endpoint of each open row by assessment, by its need and ground."""
    open_ = (row for row in rows if row.until is None and row.need and row.basis == "assessment")
    return {(Need(row.need), row.ground): row.endpoint for row in open_}


def closed(row: Participant, why: str, now: datetime) -> Participant:
    """Return a row that has ended, and why. Its right has another number."""
    return replace(row, until=now, ended=why, right_no=row.right_no + 1)


def raised(row: Participant) -> Participant:
    """Return a row with a new number of its right, so that what waits is judged again."""
    return row if row.until is not None else replace(row, right_no=row.right_no + 1)


_HIDDEN = "hidden"
"""In what a row keeps: what its receiver knew of elements that a bar has hidden since."""


def with_queued(
    row: Participant, projection: Projection, hidden: Projection | None = None
) -> Participant:
    """Keep the projection of the newest notice; the one before it counts as told."""
    kept = projection | ({_HIDDEN: hidden} if hidden else {})
    text = exact_json.dumps(_sorted(kept))
    return replace(row, queued=text, told=row.told or row.queued)


def _sorted(node: Any) -> Any:
    """The same value, its keys in order: equal projections are equal texts."""
    if isinstance(node, dict):
        return {key: _sorted(node[key]) for key in sorted(node)}
    return [_sorted(item) for item in node] if isinstance(node, list | tuple) else node


def has_changed(before: Iterable[Participant], rows: Iterable[Participant]) -> bool:
    """Whether any row is new or has another number."""
    known = {(row.endpoint, row.need): row.right_no for row in before}
    return any(known.get((row.endpoint, row.need)) != row.right_no for row in rows)


def right_no(
    before: Iterable[Participant], rows: Sequence[Participant], mailbox: Collection[str]
) -> int:
    """Return the number of a right when `rows` are written over those before."""
    changed = {row.key for row in rows}
    unchanged = [row for row in before if row.key not in changed]
    return number_of_right([*unchanged, *rows], mailbox)


def viewer(rows: Iterable[Participant]) -> Viewer:
    """Return what an endpoint is in a case, by its open rows."""
    open_ = [row for row in rows if row.until is None]
    needs = frozenset(Need(row.need) for row in open_ if row.need)
    carries = any(row.basis == "carries" for row in open_)
    roles = frozenset({PLANNING}) if carries else frozenset(str(need) for need in needs)
    return Viewer(roles=roles, needs=needs)


def queued(rows: Iterable[Participant], name: str) -> Projection | None:
    """Return the projection of an endpoint's newest queued notice; None without one."""
    texts = [r.queued for r in rows if r.endpoint == name and r.until is None and r.queued]
    return _noticed(texts[0]) if texts else None


def known_of(rows: Iterable[Participant], name: str) -> Projection:
    """Return what an endpoint knows by its newest queued notice, and by those before a bar."""
    texts = [r.queued for r in rows if r.endpoint == name and r.until is None and r.queued]
    return _with_hidden(texts[0]) if texts else {}


def told_before(rows: Iterable[Participant]) -> Projection:
    """Return what an endpoint with these rows got for sure or perhaps, before a bar too."""
    texts = [row.told or row.queued for row in rows if row.told or row.queued]
    return _with_hidden(texts[0]) if texts else {}


def _noticed(text: str) -> Projection:
    projection: Projection = exact_json.loads(text)
    return {k: v for k, v in projection.items() if k != _HIDDEN}


def _with_hidden(text: str) -> Projection:
    hidden: Projection = exact_json.loads(text).get(_HIDDEN, {})
    return _noticed(text) | hidden


def last_told(rows: Iterable[Participant]) -> Projection | None:
    """Return what an endpoint with these rows last got; None before the first notice."""
    texts = [row.told or row.queued for row in rows if row.told or row.queued]
    return _noticed(texts[0]) if texts else None
