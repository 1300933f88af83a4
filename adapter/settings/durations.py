"""Durations as people write and read them: "30m", "5 s", "72h", "1 working day"."""

from __future__ import annotations

import re
from datetime import timedelta

from adapter.core.endpoint import Within

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_WORDS = {"second": "s", "minute": "m", "hour": "h", "day": "d"}
_DURATION = re.compile(r"\s*([0-9]{1,9})\s*([a-z]{1,8})\s*", re.ASCII)
_WORKING_DAYS = re.compile(r"\s*([0-9]{1,9})\s*working\s+days?\s*", re.ASCII)
_LONGEST = timedelta(days=3660)
_MOST_WORKING_DAYS = 366


def duration(text: str) -> timedelta:
    """Return a duration in ms, s, m, h or d, or in English words; ValueError for another text."""
    match = _DURATION.fullmatch(text)
    unit = _UNITS.get(_short(match[2])) if match else None
    if match is None or unit is None:
        raise ValueError('is not a duration; write "30m", "5 s", "72h" or "3 d"')
    if int(match[1]) > _LONGEST / unit:
        raise ValueError("is longer than 3660 days")
    return int(match[1]) * unit


def within(text: str) -> Within:
    """Return a duration or a number of Swedish working days; ValueError for another text."""
    match = _WORKING_DAYS.fullmatch(text)
    if match is None:
        return Within(duration=_or_days(text))
    if int(match[1]) > _MOST_WORKING_DAYS:
        raise ValueError("is longer than 366 working days")
    return Within(working_days=int(match[1]))


def _or_days(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise ValueError(f'{error}, or "1 working day"') from error


def _short(unit: str) -> str:
    return _WORDS.get(unit.removesuffix("s"), unit)


def duration_text(length: timedelta) -> str:
    """Return a duration as `40 s`, `12 min` or `3 h`."""
    seconds = length.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
