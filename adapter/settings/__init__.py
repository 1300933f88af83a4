"""The settings: one TOML file, and the environment for secrets; docs/settings.md has every key.

Read once, validated whole with every problem listed, then frozen (adapter.core.endpoint.Settings).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from adapter.core.endpoint import Alias, Endpoint, Settings
from adapter.core.errors import FatalError, Issue, Severity
from adapter.settings import consistency, tables
from adapter.settings.addresses import has_password, host_port
from adapter.settings.endpoints import CREDENTIALS, is_name
from adapter.settings.findings import error, in_order, under, warning

__all__ = ["host_port", "load", "problems", "survey", "template", "variable"]

_TEMPLATE = Path(__file__).parent / "template.toml"
_FROM_ENVIRONMENT = {"store": "ADAPTER_STORE", "broker": "ADAPTER_BROKER"}
_FILES = ("ca_file", "certificate_file", "key_file")


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a file; ADAPTER_STORE and ADAPTER_BROKER win over what it says.

    HSA-ids come out in capitals, the files of certificates as paths from the folder of the
    settings file. FatalError `settings` lists every error at once; warnings do not raise.
    """
    draft = _draft(path, environment)
    issues = _merged(draft, consistency.problems(draft.settings))
    errors = [issue for issue in issues if issue.severity is Severity.ERROR]
    if errors:
        raise FatalError("settings", f"{len(errors)} in {path.name}", errors)
    return draft.settings


def survey(path: Path, environment: Mapping[str, str], systems: Iterable[str]) -> tuple[Issue, ...]:
    """Every error and warning of a file, also of what serving it needs, in the file's order.

    `systems` are the names of the known ones. Never raises for what the file says.
    """
    try:
        draft = _draft(path, environment)
    except FatalError as problem:
        return problem.issues
    found = (*consistency.problems(draft.settings), *consistency.unfit(draft.settings, systems))
    return _merged(draft, found)


def problems(settings: Settings, systems: Iterable[str]) -> tuple[Issue, ...]:
    """Errors and warnings of settings that are already made; pure.

    Without what only the file and its surroundings show: types, secrets, certificates.
    """
    found = (*consistency.problems(settings), *consistency.unfit(settings, systems))
    return in_order(_named(found, settings))


def template() -> str:
    """The commented settings file of `adapter init`: a small region, every door on loopback."""
    return _TEMPLATE.read_text(encoding="utf-8")


def variable(endpoint: str, secret: str) -> str:
    """The environment variable of an endpoint's TOKEN, USER or PASSWORD."""
    return f"ADAPTER_{endpoint.upper().replace('-', '_')}_{secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What could be read; a default stands for each value that could not."""

    settings: Settings
    issues: tuple[Issue, ...]


def _draft(path: Path, environment: Mapping[str, str]) -> _Draft:
    written = _parsed(path)
    given = {key: environment.get(name) for key, name in _FROM_ENVIRONMENT.items()}
    issues: list[Issue] = [*_passwords(written)]
    values = {**written, **{key: value for key, value in given.items() if value}}
    read = tables.table(Settings, values, "", issues)
    settings = _settled(read, path.parent)
    issues += _surroundings(settings, environment)
    return _Draft(settings=settings, issues=tuple(issues))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as problem:
        raise _unusable("there is no such file; `adapter init` writes one", path) from problem
    except OSError as problem:
        raise _unusable(f"cannot be read: {problem.strerror}", path) from problem
    except UnicodeDecodeError as problem:
        raise _unusable(f"is not UTF-8 at byte {problem.start}", path) from problem
    except tomllib.TOMLDecodeError as problem:
        raise _unusable(f"is not TOML: {problem}", path) from problem
    except (ValueError, RecursionError) as problem:  # a number of 5,000 digits; too many brackets
        raise _unusable("is not TOML that can be read", path) from problem


def _unusable(detail: str, path: Path) -> FatalError:
    return FatalError("settings", f"{path.name} {detail}", [error("", f"{path.name} {detail}")])


def _passwords(written: Mapping[str, Any]) -> Iterator[Issue]:
    for key, name in _FROM_ENVIRONMENT.items():
        value = written.get(key)
        if isinstance(value, str) and any(has_password(one) for one in value.split(",")):
            yield warning(key, f"has a password in the file; put it in {name}")


def _settled(settings: Settings, folder: Path) -> Settings:
    """One form of ids and paths, so that nobody else needs to know how they were written."""
    return replace(
        settings,
        organization=_id(settings.organization),
        endpoints=tuple(_endpoint(endpoint, folder) for endpoint in settings.endpoints),
    )


def _endpoint(endpoint: Endpoint, folder: Path) -> Endpoint:
    paths: dict[str, Any] = {
        key: os.path.join(folder, name) for key in _FILES if (name := getattr(endpoint, key))
    }
    return replace(
        endpoint,
        organization=_id(endpoint.organization),
        aliases=tuple(Alias(id=_id(a.id), since=a.since, until=a.until) for a in endpoint.aliases),
        speaks_for=tuple(_id(id_) for id_ in endpoint.speaks_for),
        **paths,
    )


def _id(text: str) -> str:
    return "".join(text.split()).upper()


def _surroundings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Issue]:
    for i, endpoint in enumerate(settings.endpoints):
        found = (*_certificates(endpoint), *_secrets(endpoint, environment))
        yield from under(f"endpoint[{i}]", found)


def _certificates(endpoint: Endpoint) -> Iterator[Issue]:
    for key in _FILES:
        name = getattr(endpoint, key)
        if name and not (os.path.isfile(name) and os.access(name, os.R_OK)):
            yield error(key, "names no file that can be read")


def _secrets(endpoint: Endpoint, environment: Mapping[str, str]) -> Iterator[Issue]:
    if not is_name(endpoint.name):
        return
    for secret in CREDENTIALS.get(endpoint.credentials, ()):
        wanted = variable(endpoint.name, secret)
        if not environment.get(wanted):
            yield error("credentials", f"needs {wanted} in the environment")


def _merged(draft: _Draft, found: Iterable[Issue]) -> tuple[Issue, ...]:
    """What follows only from a value that could not be read is not told a second time."""
    unread = tuple(i.expression for i in draft.issues if i.severity is Severity.ERROR)
    news = [issue for issue in found if not _within(issue.expression, unread)]
    return in_order(_named([*draft.issues, *news], draft.settings))


def _within(path: str, others: Iterable[str]) -> bool:
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in others)


def _named(issues: Iterable[Issue], settings: Settings) -> Iterator[Issue]:
    """Issues of an endpoint say its name: nobody counts stanzas."""
    names = {f"endpoint[{i}]": e.name for i, e in enumerate(settings.endpoints) if is_name(e.name)}
    for issue in issues:
        name = names.get(issue.expression.partition(".")[0], "")
        yield replace(issue, detail=f"{name}: {issue.detail}") if name else issue
