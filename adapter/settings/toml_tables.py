"""Reads TOML tables into the dataclasses of adapter.core.endpoint, whose fields are the keys.

Names, types and defaults of keys are those of the dataclasses. A wrong value becomes an issue and
is replaced by its default, so that the other values can be checked too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import isfinite
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from unicodedata import category

from adapter.core.endpoint import Within
from adapter.core.errors import Issue
from adapter.settings import durations
from adapter.settings.issues import choices, error, key, nearest

_T = TypeVar("_T")
_KEYS = {  # fields that have another name in a file
    "endpoints": "endpoint",  # [[endpoint]] reads better
    "routes": "route",
    "owns_stays_key": "owns_stays",  # the properties have the plain names
    "begins_key": "begins",
}
_STANZAS = frozenset({"endpoint", "route", "protection"})
_SECRETS = frozenset({"token", "user", "username", "password", "secret"})
_WRONG: Any = object()
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)


class _WrongValueError(Exception):
    """The value cannot be used; the text says why, and never repeats it."""


def read(kind: type[_T], values: Mapping[str, object], path: str, issues: list[Issue]) -> _T:
    """Return a dataclass of adapter.core.endpoint; add problems to `issues`.

    `path` is "" for the whole file, otherwise the place of the table ("endpoint[2]").
    """
    prefix = f"{path}." if path else ""
    known, hints = keys(kind), get_type_hints(kind)
    issues += [_unknown(prefix, word, known) for word in values if word not in known]
    made = {
        field.name: _field(field, hints[field.name], prefix + word, values, issues)
        for word, field in known.items()
    }
    return kind(**made)


def keys(kind: type[Any]) -> Mapping[str, Field[Any]]:
    """Return the keys that a table of this kind may have, each with its field."""
    return {_KEYS.get(field.name, field.name): field for field in fields(kind)}


def default(field: Field[Any]) -> object:
    """Return the value of a key that is left out; MISSING for a required key."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def _unknown(prefix: str, word: str, known: Iterable[str]) -> Issue:
    if word.lower() in _SECRETS:
        return error(
            prefix + key(word), "is an unknown key; secrets belong in environment variables"
        )
    return error(prefix + key(word), "is an unknown key" + nearest(known, word))


def _field(
    field: Field[Any], hint: Any, path: str, values: Mapping[str, object], issues: list[Issue]
) -> object:
    word = path.rpartition(".")[2]
    otherwise = default(field)
    optional = otherwise is not MISSING
    if word not in values and not optional:
        issues.append(error(path, "is missing"))
    made = _value(hint, values[word], path, issues) if word in values else _WRONG
    if made is not _WRONG:
        return made
    return otherwise if optional else _blank(hint)


def _value(hint: Any, value: object, path: str, issues: list[Issue]) -> Any:
    """Return a value of the type; _WRONG, and an issue, when the value is not of it."""
    hint = _without_none(hint)
    try:
        if get_origin(hint) is tuple:
            return _items(get_args(hint)[0], value, path, issues)
        if get_origin(hint) is Mapping:
            names, item = get_args(hint)
            return _entries(names, item, _table(value), path, issues)
        if hint not in _READERS and is_dataclass(hint):
            return read(_kind(hint), _table(value), path, issues)
        return _scalar(hint, value)
    except _WrongValueError as problem:
        issues.append(error(path, str(problem)))
        return _WRONG


def _without_none(hint: Any) -> Any:
    """Return X of `X | None`: TOML has no null, so a key that is there has a value."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    return kinds[0] if isinstance(hint, UnionType) and len(kinds) == 1 else hint


def _items(hint: Any, value: object, path: str, issues: list[Issue]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        stanza = isinstance(value, dict) and path in _STANZAS
        raise _WrongValueError(f"write [[{path}]]" if stanza else "is not a list")
    made = [_value(hint, item, f"{path}[{i}]", issues) for i, item in enumerate(value)]
    # A blank keeps the place of a wrong item, so that the others keep their numbers.
    kept = [_blank(hint) if item is _WRONG else item for item in made]
    return tuple(item for item in kept if item is not _WRONG)


def _entries(
    names: type[str], hint: Any, values: Mapping[str, object], path: str, issues: list[Issue]
) -> Mapping[str, Any]:
    """Return a table whose keys are words of the model, or any text."""
    known = [str(name) for name in names] if issubclass(names, StrEnum) else list(values)
    issues += [_unknown(f"{path}.", word, known) for word in values if word not in known]
    made = {
        names(word): _value(hint, item, f"{path}.{key(word)}", issues)
        for word, item in values.items()
        if word in known
    }
    return {name: item for name, item in made.items() if item is not _WRONG}


def _blank(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return ()
    if hint is str:
        return ""
    return read(_kind(hint), {}, "", []) if is_dataclass(hint) else _WRONG


def _kind(hint: Any) -> type[Any]:
    assert isinstance(hint, type)
    return hint


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _WrongValueError("is not a table")
    return value


def _scalar(hint: Any, value: object) -> object:
    if hint in _READERS:
        return _READERS[hint](value)
    return _choice(hint, value)


def _choice(kind: type[StrEnum], value: object) -> StrEnum:
    word = _text(value)
    try:
        return kind(word)
    except ValueError:
        raise _WrongValueError(f"is not known{choices(kind, word)}") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _WrongValueError("is not text in quotes")
    if any(category(character) == "Cc" for character in value):
        raise _WrongValueError("contains control characters")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _WrongValueError("is not a whole number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise _WrongValueError("is not a number")
    return float(value)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError("is neither true nor false")
    return value


def _day(value: object) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _WrongValueError("is not a day; write 2026-01-31, without quotes")
    return value


def _moment(value: object) -> time | datetime:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    if isinstance(value, datetime) and 2000 <= value.year <= 2999:
        return value
    raise _WrongValueError('is not a time; write "22:00", or 2026-01-31T22:00:00 without quotes')


def _timed(parser: Callable[[str], object]) -> Callable[[object], object]:
    def parse(value: object) -> object:
        try:
            return parser(_text(value))
        except ValueError as problem:
            raise _WrongValueError(str(problem)) from problem

    return parse


_READERS: Mapping[Any, Callable[[object], object]] = {
    str: _text,
    int: _integer,
    bool: _boolean,
    timedelta: _timed(durations.duration),
    Within: _timed(durations.within),
    date: _day,
    float: _number,
    time | datetime: _moment,
}
