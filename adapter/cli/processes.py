"""`serve`, `worker` and `web`: processes that run until they are stopped."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from adapter import mappings, settings
from adapter.cli.options import FILE, LogLevel, SettingsFile
from adapter.core import logs
from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError, Severity
from adapter.store import Store

if TYPE_CHECKING:  # the runner imports every server; most commands need none
    from adapter.runner import Part

TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Take the broker's virtual host from another store."),
]


def serve(
    *, settings_file: SettingsFile = FILE, log_level: LogLevel = "info", take_over: TakeOver = False
) -> None:
    """Run the whole adapter in one process: receiving, processing, sending, reminders.

    SIGTERM and Ctrl-C stop it: it takes nothing new, and finishes what it has begun, but not
    for longer than `stop_within`. Exit 1 when a part of it died.
    """
    from adapter.runner import Part

    _run(settings_file, Part.WORKER | Part.WEB, log_level, take_over=take_over)


def worker(
    *, settings_file: SettingsFile = FILE, log_level: LogLevel = "info", take_over: TakeOver = False
) -> None:
    """Run everything but HTTP; several of these processes may run at once."""
    from adapter.runner import Part

    _run(settings_file, Part.WORKER, log_level, take_over=take_over)


def web(*, settings_file: SettingsFile = FILE, log_level: LogLevel = "info") -> None:
    """Run HTTP only: a message is decided on and answered; `adapter worker` sends what follows."""
    from adapter.runner import Part

    _run(settings_file, Part.WEB, log_level)


def set_up_logs(level: str) -> None:
    """Log as JSON to standard error; wrong use for an unknown level."""
    if level not in logs.LEVELS:
        raise typer.BadParameter(f"no level {level!r}: use one of {', '.join(logs.LEVELS)}")
    logs.set_up(level)
    logs.catch_uncaught()


def servable(file: Path) -> Settings:
    """Return the settings; FatalError `settings` with every error in them."""
    chosen = settings.load(file, os.environ)
    issues = settings.problems(chosen, mappings.load())
    errors = [i for i in issues if i.severity is Severity.ERROR]
    if errors:
        raise FatalError("settings", f"{len(errors)} in {file.name}", errors)
    return chosen


def _run(file: Path, parts: Part, level: str, *, take_over: bool = False) -> None:
    from adapter.runner import Adapter, interpreter

    set_up_logs(level)
    interpreter.take_turns_often()
    interpreter.collect_seldom()
    chosen = servable(file)
    store = Store(chosen.store)
    try:
        store.upgrade()
        running = Adapter(chosen, store, parts=parts)
        try:
            if take_over:
                running.take_over_broker()
            interpreter.keep_modules_out_of_collection()
            running.start()
        except BaseException:
            running.stop()
            raise
        code = running.wait()
    finally:
        store.close()
    if running.is_cut_short:
        _end_at_once(code)
    raise typer.Exit(code)


def _end_at_once(code: int) -> NoReturn:
    """End the process without waiting for its threads, as Python would."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)
