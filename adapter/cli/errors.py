"""How a command fails: it prints what is wrong and what to do. ADAPTER_DEBUG=1 adds a traceback."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import typer
from typer.core import TyperGroup

from adapter.cli.printing import aside
from adapter.core.errors import AdapterError, Issue
from adapter.core.logs import fault

DEBUG = "ADAPTER_DEBUG"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Commands(TyperGroup):
    """All commands. An error that one of them raises is printed here, with exit code 1."""

    def make_context(self, info_name: Any, args: list[str], *more: Any, **extra: Any) -> Any:
        """Check that the arguments are UTF-8: they are stored, printed and sent."""
        for before, word in zip(["", *args], args, strict=False):
            _check_text(before, word)
        return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AdapterError as error:
            print_error(error)
        except (typer.Abort, BrokenPipeError):
            raise
        except OSError as error:
            if error.errno not in _FULL:
                _print_unexpected(error)
            else:
                aside(f"The output cannot be written: {error.strerror}.")
        except Exception as error:
            if hasattr(error, "exit_code"):  # wrong use, which typer explains
                raise
            _print_unexpected(error)
        raise typer.Exit(1)


def _check_text(before: str, word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(word).decode("utf-8", "backslashreplace")
        place = f"{before}: {shown}" if before.startswith("-") else shown
        advice = "Use a terminal that is set to UTF-8, or letters from a to z."
        raise typer.BadParameter(f"not UTF-8: {place}. {advice}") from None


@contextmanager
def all_or_none(nothing: str = "Nothing was done") -> Iterator[None]:
    """Print first that none of several was done; the error that follows says why."""
    try:
        yield
    except AdapterError:
        aside(f"{nothing}: the command does all of them or none.")
        raise


def print_error(error: AdapterError) -> None:
    """Print every issue, then what to do about each code; or the words for an operator."""
    if error.todo:
        aside(f"{error.code}: {error.detail}")
        aside(f"To do: {error.todo}")
        return
    for issue in error.issues:
        aside(issue_line(issue))
    for action in dict.fromkeys(issue.entry.action for issue in error.issues):
        aside(f"To do: {action}")


def issue_line(issue: Issue) -> str:
    """Return an issue as one line."""
    where = f" [{issue.expression}]" if issue.expression else ""
    detail = f" {issue.detail}" if issue.detail else ""
    return f"{issue.code}: {issue.entry.en}{where}{detail}"


def _print_unexpected(error: Exception) -> None:
    """Print one line without the exception's text, which may hold personal data."""
    what = fault(error)
    place = what["where"].rpartition(", ")[2]
    aside(f"adapter-fault {token_hex(4)}: unexpected {what['error']} at {place}")
    if os.environ.get(DEBUG) == "1":
        traceback.print_exception(error)
    else:
        aside(f"To do: run it again with {DEBUG}=1, and report the output.")
