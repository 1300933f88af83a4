"""`python -m stories`: exit 0 when all seven counts are zero, 1 when not, 2 for a wrong command."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence

from stories import report
from stories.generator import EVERY_PLOT, story
from stories.run import Result, run, run_over_sockets, shown
from stories.sabotages import SEEN_AS

_PAUSE = 10  # seconds between two lines of progress


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line, run, and print the report."""
    arguments = _arguments(words)
    seed = arguments.seed or secrets.token_hex(4)
    if arguments.show and arguments.only is not None:
        for line in shown(seed, arguments.only, arguments.sabotage):
            _say(line)
    numbers = [arguments.only] if arguments.only is not None else list(range(arguments.n))
    if arguments.plot:
        numbers = [n for n in numbers if story(seed, n).plot == arguments.plot]
    jobs = 1 if arguments.only is not None else arguments.jobs
    if arguments.sockets:
        result = run_over_sockets(seed, numbers, progress(len(numbers)))
    else:
        result = run(seed, numbers, arguments.sabotage, jobs, progress(len(numbers)))
    if arguments.json:
        _say(report.as_json(result))
    else:
        for line in report.lines(result):
            _say(line)
    return 0 if result.clean else 1


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="stories", description="Tell true stories to the adapter, and judge what it did."
    )
    parser.add_argument("--n", type=int, default=1000, help="how many stories")
    parser.add_argument("--seed", default="", help="any text; the default is random")
    parser.add_argument("--only", type=int, help="the number of one story to play again")
    parser.add_argument("--plot", default="", choices=("", *EVERY_PLOT))
    parser.add_argument("--show", action="store_true", help="with --only: tell it line by line")
    parser.add_argument("--sabotage", default="", choices=("", *SEEN_AS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--sockets", action="store_true", help="real sockets, broker, PostgreSQL")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args(words)


def progress(total: int) -> Callable[[Result], None]:
    """Return what says on standard error, how far a run has come: every ten seconds, and last."""
    said, has_spoken = time.monotonic(), False

    def done(result: Result) -> None:
        nonlocal said, has_spoken
        is_last = has_spoken and result.stories == total
        if is_last or time.monotonic() - said > _PAUSE:
            said, has_spoken = time.monotonic(), True
            found = len(result.findings)
            sys.stderr.write(f"{result.stories} of {total} stories, {found} findings\n")

    return done


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
