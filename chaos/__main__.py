"""`python -m chaos`: exit 0 when all five counts are zero, 1 when not, 2 for a wrong command."""

from __future__ import annotations

import argparse
import logging
import math
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from chaos import report
from chaos.plan import Plan
from chaos.run import run
from chaos.sabotage import SABOTAGES
from chaos.servers import NAMESPACE, own_servers

_UNSHARE = ("unshare", "--mount", "--propagation", "private")


def main() -> int:
    """Read the command line, run, and print the report."""
    arguments = _arguments()
    _own_mounts()
    threading.excepthook = _thread_died
    seed = arguments.seed or secrets.token_hex(4)
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=folder / "rig.log", level=logging.WARNING)
    plan = Plan(seconds=arguments.seconds, seed=seed, folder=folder, sabotage=arguments.sabotage)
    _say(f"seed {seed}, {plan.seconds:.0f} s; ledger, log lines and figures in {folder}")
    with own_servers() as servers:
        result = run(plan, servers, servers.cluster.fresh())
    (folder / "figures.md").write_text(report.markdown(result), encoding="utf-8")
    for line in report.lines(result):
        _say(line)
    return 0 if result.clean and not _dead_threads else 1


_dead_threads: list[str] = []


def _thread_died(arguments: threading.ExceptHookArgs) -> None:
    """Record that a thread died: without one of its parties the counts mean nothing."""
    name = arguments.thread.name if arguments.thread else ""
    error = arguments.exc_value
    logging.error("thread %s died", name, exc_info=error)
    _dead_threads.append(name)
    _say(f"the rig itself failed: {name}: {error!r}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="chaos", description="Break the adapter, and count.")
    parser.add_argument("--seconds", type=_duration, default=60, help="how long the load runs")
    parser.add_argument("--seed", default="", help="any text; the default is random")
    parser.add_argument("--sabotage", default="", choices=("", *SABOTAGES))
    parser.add_argument("--folder", type=Path, help="for ledger.jsonl and the log lines")
    return parser.parse_args(_joined(sys.argv[1:]))


def _duration(text: str) -> float:
    """Parse a number of seconds above 0."""
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise argparse.ArgumentTypeError(f"a number of seconds above 0, not {text!r}")


def _joined(words: Sequence[str]) -> list[str]:
    """Join `--seed` to its value: argparse takes a separate value with a dash for an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--seed":
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _own_mounts() -> None:
    """Restart in a private mount namespace if permitted, so that the store can get a small disk."""
    if os.environ.get(NAMESPACE) or os.geteuid() != 0 or not shutil.which(_UNSHARE[0]):
        return
    if subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0:
        environment = os.environ | {NAMESPACE: "1"}
        command = [*_UNSHARE, sys.executable, "-m", "chaos", *sys.argv[1:]]
        os.execvpe(_UNSHARE[0], command, environment)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
