"""`python -m hostile`: exit 0 when every bound is kept, 1 when not, 2 for a wrong command."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from hostile import report
from hostile.attacks import ATTACKS
from hostile.region import BUS_USERS, region
from hostile.run import Result, run
from hostile.size import Size
from tests.kit.servers import PostgreSQL, RabbitMQ

MEMORY = Path("/dev/shm")  # a file system in memory, on Linux


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line, attack, and print the report."""
    arguments = _arguments(words)
    size = replace(Size(), seconds=arguments.seconds).part(arguments.share)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="hostile-"))
    folder.mkdir(parents=True, exist_ok=True)
    with _broker() as broker, PostgreSQL.start() as cluster:
        result = run(size, arguments.only or list(ATTACKS), region(broker, cluster), folder)
    (folder / "figures.json").write_text(report.as_json(result), encoding="utf-8")
    if arguments.json:
        sys.stdout.write(report.as_json(result) + "\n")
    else:
        _print(result, folder)
    return 0 if report.is_clean(result) else 1


def _broker() -> RabbitMQ:
    """Start a broker that does not share the disk of the store: it is on another machine in use."""
    return RabbitMQ.start(BUS_USERS, 1, MEMORY if MEMORY.is_dir() else None)


def _print(result: Result, folder: Path) -> None:
    console = Console()
    console.print(report.table(result))
    for line in report.lines(result):
        console.print(line, markup=False, highlight=False)
    console.print(f"settings, log and figures: {folder}", markup=False, highlight=False)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="hostile", description="Attack the adapter, and measure what others notice."
    )
    parser.add_argument("--seconds", type=_seconds, default=60.0, help="how long the run takes")
    parser.add_argument("--share", type=_share, default=1.0, help="of the whole attack, 0 to 1")
    parser.add_argument(
        "--only", action="append", choices=tuple(ATTACKS), help="one attack; may be repeated"
    )
    parser.add_argument("--folder", type=Path, help="for settings, log and figures")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(words)


def _seconds(text: str) -> float:
    """Parse a number of seconds, 1 to 3600."""
    return _between(text, 1, 3600, "a number of seconds from 1 to 3600")


def _share(text: str) -> float:
    """Parse a share above 0, 1 at most."""
    return _between(text, 1e-6, 1, "a number above 0, 1 at most")


def _between(text: str, least: float, most: float, what: str) -> float:
    with suppress(ValueError):
        if least <= (number := float(text)) <= most:
            return number
    raise argparse.ArgumentTypeError(f"{what}, not {text!r}")


if __name__ == "__main__":
    sys.exit(main())
