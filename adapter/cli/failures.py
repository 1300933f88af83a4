"""How a command fails: what is wrong, and what to do; a traceback only for who asks for it."""

from __future__ import annotations

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


class Commands(TyperGroup):
    """All commands; whatever one of them raises ends here, with exit code 1."""

    def make_context(self, info_name: Any, args: list[str], *more: Any, **extra: Any) -> Any:
        """What was typed, once it is known to be text: it is stored, printed, and sent on."""
        for before, word in zip(["", *args], args, strict=False):
            _insist_on_text(before, word)
        return super().make_context(info_name, args, *more, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except AdapterError as error:
            tell(error)
        except (typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if hasattr(error, "exit_code"):  # wrong use: typer explains that itself
                raise
            _tell_unexpected(error)
        raise typer.Exit(1)


def _insist_on_text(before: str, word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(word).decode("utf-8", "backslashreplace")
        named = f"{before}: {shown}" if before.startswith("-") else shown
        advice = "Type it in a terminal that is set to UTF-8, or in letters from a to z."
        raise typer.BadParameter(f"not UTF-8: {named}. {advice}") from None


@contextmanager
def all_or_none(nothing: str = "Nothing was done") -> Iterator[None]:
    """Whoever names several is told that none was done, before why."""
    try:
        yield
    except AdapterError:
        aside(f"{nothing}: it is all of them or none.")
        raise


def tell(error: AdapterError) -> None:
    """Every problem with its code, then what to do, once for each code."""
    for issue in error.issues:
        aside(told(issue))
    for action in dict.fromkeys(issue.entry.action for issue in error.issues):
        aside(f"To do: {action}")


def told(issue: Issue) -> str:
    """One problem in one line."""
    where = f" [{issue.expression}]" if issue.expression else ""
    detail = f" {issue.detail}" if issue.detail else ""
    return f"{issue.code}: {issue.entry.en}{where}{detail}"


def _tell_unexpected(error: Exception) -> None:
    """One line without the exception's words, which may hold what nobody should read."""
    what = fault(error)
    place = what["where"].rpartition(", ")[2]
    aside(f"adapter-fault {token_hex(4)}: unexpected {what['error']} at {place}")
    if os.environ.get(DEBUG) == "1":
        traceback.print_exception(error)
    else:
        aside(f"To do: run it again with {DEBUG}=1 and report what it prints.")
