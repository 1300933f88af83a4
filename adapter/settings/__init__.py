"""The settings: one TOML file, and the environment for secrets; docs/settings.md has every key.

The file is read once and validated as a whole. Every problem is listed; the result is frozen
(adapter.core.endpoint.Settings).
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
from adapter.settings import settings_checks, toml_tables
from adapter.settings.addresses import has_password, host_port
from adapter.settings.endpoint_checks import is_name
from adapter.settings.issues import error, in_order, under, warning
from adapter.settings.transport_checks import CREDENTIALS

__all__ = ["host_port", "load", "problems", "survey", "template", "variable"]

_TEMPLATE = Path(__file__).parent / "template.toml"
_FROM_ENVIRONMENT = {
    "store": "ADAPTER_STORE",
    "broker": "ADAPTER_BROKER",
    "broker_management": "ADAPTER_BROKER_MANAGEMENT",
}
_ID_LISTS = ("speaks_for", "tells_for", "carries_for", "mailbox_for")
_FILES = ("ca_file", "certificate_file", "key_file")


def load(path: Path, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a file; the environment overrides some of its values.

    HSA-ids come out in capitals. Paths of certificates are relative to the settings file.
    FatalError `settings` lists every error at once; warnings do not raise.
    """
    draft = _draft(path, environment)
    issues = _merged(draft, settings_checks.problems(draft.settings))
    errors = [issue for issue in issues if issue.severity is Severity.ERROR]
    if errors:
        raise FatalError("settings", f"{len(errors)} in {path.name}", errors)
    return draft.settings


def survey(path: Path, environment: Mapping[str, str], systems: Iterable[str]) -> tuple[Issue, ...]:
    """Return every error and warning of a file, in its order, also those that only serving needs.

    `systems` are the names of the known systems. Never raises for the content of the file.
    """
    try:
        draft = _draft(path, environment)
    except FatalError as problem:
        return problem.issues
    issues = (
        *settings_checks.problems(draft.settings),
        *settings_checks.unservable(draft.settings, systems),
    )
    return _merged(draft, issues)


def problems(settings: Settings, systems: Iterable[str]) -> tuple[Issue, ...]:
    """Return errors and warnings of settings that are already loaded; pure.

    It does not check types, secrets and certificates: these need the file and the environment.
    """
    issues = (*settings_checks.problems(settings), *settings_checks.unservable(settings, systems))
    return in_order(_with_endpoint_names(issues, settings))


def template() -> str:
    """Return the settings file of `adapter init`: a small region, with every door on loopback."""
    return _TEMPLATE.read_text(encoding="utf-8")


def variable(endpoint: str, secret: str) -> str:
    """Return the environment variable of an endpoint's TOKEN, USER or PASSWORD."""
    return f"ADAPTER_{endpoint.upper().replace('-', '_')}_{secret}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """Settings as far as they could be read; a value that could not has its default."""

    settings: Settings
    issues: tuple[Issue, ...]


def _draft(path: Path, environment: Mapping[str, str]) -> _Draft:
    in_file = _parsed(path)
    overrides = {key: environment.get(name) for key, name in _FROM_ENVIRONMENT.items()}
    issues: list[Issue] = [*_password_warnings(in_file)]
    values = {**in_file, **{key: value for key, value in overrides.items() if value}}
    read = toml_tables.read(Settings, values, "", issues)
    settings = _normalised(read, path.parent)
    issues += _environment_problems(settings, environment)
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


def _password_warnings(in_file: Mapping[str, Any]) -> Iterator[Issue]:
    for key, name in _FROM_ENVIRONMENT.items():
        value = in_file.get(key)
        if isinstance(value, str) and any(has_password(url) for url in value.split(",")):
            yield warning(key, f"contains a password; move it to the variable {name}")


def _normalised(settings: Settings, folder: Path) -> Settings:
    """Return the settings with ids and paths in one form, whatever the file wrote."""
    return replace(
        settings,
        organization=_id(settings.organization),
        endpoints=tuple(_endpoint(endpoint, folder) for endpoint in settings.endpoints),
    )


def _endpoint(endpoint: Endpoint, folder: Path) -> Endpoint:
    paths: dict[str, Any] = {
        key: os.path.join(folder, name) for key in _FILES if (name := getattr(endpoint, key))
    }
    lists: dict[str, Any] = {
        key: tuple(_id(id_) for id_ in getattr(endpoint, key)) for key in _ID_LISTS
    }
    return replace(
        endpoint,
        organization=_id(endpoint.organization),
        aliases=tuple(Alias(id=_id(a.id), since=a.since, until=a.until) for a in endpoint.aliases),
        **lists,
        **paths,
    )


def _id(text: str) -> str:
    return "".join(text.split()).upper()


def _environment_problems(settings: Settings, environment: Mapping[str, str]) -> Iterator[Issue]:
    for i, endpoint in enumerate(settings.endpoints):
        issues = (*_certificates(endpoint), *_secrets(endpoint, environment))
        yield from under(f"endpoint[{i}]", issues)


def _certificates(endpoint: Endpoint) -> Iterator[Issue]:
    for key in _FILES:
        name = getattr(endpoint, key)
        if name and not (os.path.isfile(name) and os.access(name, os.R_OK)):
            yield error(key, "is not a file that can be read")


def _secrets(endpoint: Endpoint, environment: Mapping[str, str]) -> Iterator[Issue]:
    if not is_name(endpoint.name):
        return
    for secret in CREDENTIALS.get(endpoint.credentials, ()):
        name = variable(endpoint.name, secret)
        if not environment.get(name):
            yield error("credentials", f"needs the environment variable {name}")


def _merged(draft: _Draft, issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return both lists; an issue that follows from a value that could not be read is left out."""
    unread = tuple(i.expression for i in draft.issues if i.severity is Severity.ERROR)
    others = [issue for issue in issues if not _within(issue.expression, unread)]
    return in_order(_with_endpoint_names([*draft.issues, *others], draft.settings))


def _within(path: str, others: Iterable[str]) -> bool:
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in others)


def _with_endpoint_names(issues: Iterable[Issue], settings: Settings) -> Iterator[Issue]:
    """Put the endpoint's name before the text, so that nobody needs to count stanzas."""
    names = {f"endpoint[{i}]": e.name for i, e in enumerate(settings.endpoints) if is_name(e.name)}
    for issue in issues:
        name = names.get(issue.expression.partition(".")[0], "")
        yield replace(issue, detail=f"{name}: {issue.detail}") if name else issue
