"""Options and arguments that several commands have, and how their texts are read."""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import completions
from adapter.cli.printing import ZONE
from adapter.core import logs
from adapter.core.model import Event
from adapter.settings.durations import duration

FILE = Path("adapter.toml")
SettingsFile = Annotated[
    Path,
    typer.Option(
        "--settings", metavar="FILE", envvar="ADAPTER_SETTINGS", help="The settings file."
    ),
]
StorePlace = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        help="A SQLite file or a database URL, instead of the one in the settings.",
    ),
]
LogLevel = Annotated[
    str, typer.Option("--log-level", metavar="LEVEL", help=f"One of {', '.join(logs.LEVELS)}.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DeadIds = Annotated[
    list[str], typer.Argument(metavar="ID…", help="Ids of dead deliveries or messages.")
]
Patient = Annotated[
    bool,
    typer.Option("--patient", help="Of a patient: asks for the number; the history notes it."),
]
WhyPatient = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="With --patient: why. A protected identity requires it; the history keeps it.",
    ),
]
EndpointName = Annotated[
    str,
    typer.Argument(
        metavar="ENDPOINT",
        autocompletion=completions.endpoints,
        help="An endpoint's name in the settings.",
    ),
]
Cause = Annotated[
    str,
    typer.Option(
        "--cause",
        metavar="CODE",
        autocompletion=completions.causes,
        help="All of this cause, as `dead` names it; `any` for all.",
    ),
]
OfEndpoint = Annotated[
    str,
    typer.Option(
        "--endpoint",
        metavar="ENDPOINT",
        autocompletion=completions.endpoints,
        help="With --cause: only this endpoint's.",
    ),
]
OfEvent = Annotated[
    str,
    typer.Option(
        "--event",
        metavar="EVENT",
        autocompletion=completions.events,
        help="With --cause: only of this event.",
    ),
]
Since = Annotated[
    str,
    typer.Option(
        "--since", metavar="TIME", help="With --cause: dead since then: 2026-11-17T09:30, or 2h."
    ),
]
Until = Annotated[
    str, typer.Option("--until", metavar="TIME", help="With --cause: dead before then.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only show what would happen, and what would be refused.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation, however many.")]
AlthoughOvertaken = Annotated[
    bool,
    typer.Option(
        "--although-overtaken", help="Send even if later messages of the case have been sent."
    ),
]


class ProtectionAct(StrEnum):
    """What the command `protection` does."""

    SHOW = "show"
    LIFT = "lift"


class JobAct(StrEnum):
    """What the command `jobs` does."""

    LIST = "list"
    SHOW = "show"
    STOP = "stop"
    RESUME = "resume"


def login() -> str:
    """Return the login name, or the user's number where the system has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _person(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("give a name, or leave --who out to use your login name")
    return text


Who = Annotated[
    str,
    typer.Option(
        "--who",
        metavar="NAME",
        help="Your name for the history; by default your login name.",
        default_factory=login,
        show_default=False,
        callback=_person,
    ),
]


def _reason(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("say why in a few words; it is kept in the history")
    return text


Reason = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="Why; it is kept in the history.", callback=_reason
    ),
]


def now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime | None:
    """Read a time in Sweden (2026-11-17T09:30) or an age (2h); None for ""."""
    if not text:
        return None
    try:
        return now() - duration(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: write 2026-11-17T09:30, or 2h") from None
    return _past(at if at.tzinfo else at.replace(tzinfo=ZONE))


def _past(at: datetime) -> datetime:
    if at > now():
        raise typer.BadParameter(f"{at.isoformat()} is in the future: give a time in the past")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise typer.BadParameter(f"{at.isoformat()} is too long ago") from None


def coming_time(text: str) -> datetime | None:
    """Read a time to come in Sweden (14:00 today, 2026-11-17T14:00), or how long; None for ""."""
    if not text:
        return None
    try:
        return now() + duration(text)
    except ValueError:
        pass
    at = _swedish(text)
    if at <= now():
        raise typer.BadParameter(f"{text} has passed: give a time to come")
    return at


def _swedish(text: str) -> datetime:
    today = now().astimezone(ZONE).date()
    try:
        local = datetime.fromisoformat(f"{today}T{text}" if _CLOCK.fullmatch(text) else text)
    except ValueError:
        hint = "write 14:00, 2026-11-17T14:00, or 2h"
        raise typer.BadParameter(f"{text!r} is no time: {hint}") from None
    at = local if local.tzinfo else local.replace(tzinfo=ZONE)
    if at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise typer.BadParameter(f"{text} does not exist in Sweden: the clocks go forward")
    return at.astimezone(UTC)


_CLOCK = re.compile(r"\d\d?:\d\d")


def one_of(word: str, words: Iterable[str]) -> str:
    """Return a word that is "" or among the known ones; wrong use for any other."""
    known = list(words)
    if word and word not in known:
        raise typer.BadParameter(f"{word!r} is unknown: {alternatives(word, known)}")
    return word


def alternatives(word: str, known: Sequence[str]) -> str:
    """Return what a person may have meant; where nothing is near, all that is known."""
    near = get_close_matches(word.lower(), known, n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else f"use one of {', '.join(known)}"


def event(word: str) -> str:
    """Return an event's code, or ""; wrong use for a word that is neither."""
    return one_of(word, [str(code) for code in Event])


def read_input(file: Path) -> bytes:
    """Return a file's bytes, `-` for standard input; wrong use when it cannot be read."""
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
