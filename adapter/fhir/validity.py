"""Which numbers, names and addresses hold on a day: `use` and `period` (R4, datatypes.html)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

Part = dict[str, Any]


def holding(parts: Iterable[Part], on: date | None) -> list[Part]:
    """Return those that are not over and have begun. Without a day, a period says nothing."""
    return [part for part in parts if not is_over(part, on) and not _is_to_come(part, on)]


def is_over(part: Part, on: date | None) -> bool:
    """Whether a part no longer holds: its `use` is old, or the last day of its period is past."""
    end = _day(part, "end")
    return part.get("use") == "old" or (on is not None and _cut(on, end) > end != "")


def _is_to_come(part: Part, on: date | None) -> bool:
    start = _day(part, "start")
    return on is not None and _cut(on, start) < start


def _day(part: Part, key: str) -> str:
    """The year, month or day of an end of the period; "" without one."""
    return str(part.get("period", {}).get(key, ""))[:10]


def _cut(on: date, other: str) -> str:
    """A day in the precision of another: the whole of the last month or year still counts."""
    return on.isoformat()[: len(other)]
