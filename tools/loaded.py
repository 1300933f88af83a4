"""Run a command beside four busy processes, as on a machine that is shared.

    python -m tools.loaded python -m pytest tests/outbound

Exits as the command does. The busy processes are ended by id; they also end when this one does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

BUSY = 4
_SPIN = "import os\nwhile os.getppid() == {parent}:\n    pass\n"


@contextmanager
def busy(count: int = BUSY) -> Iterator[list[int]]:
    """Inside the `with`, so many processes are busy; gives their ids."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(count):
            processes.append(_spin())
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def _spin() -> subprocess.Popen[bytes]:
    """Start a busy process; Ctrl-C of the terminal does not reach it.

    It stays in the session of the run: Linux shares the processors out among sessions first, and
    a session of its own would count as much as all processes of the run together.
    """
    code = _SPIN.format(parent=os.getpid())
    return subprocess.Popen([sys.executable, "-c", code], process_group=0)


def run(command: Sequence[str]) -> int:
    """Run the command beside busy processes; return its exit code."""
    with busy() as ids:
        sys.stderr.write(f"busy beside it: {', '.join(map(str, ids))}\n")
        process = subprocess.Popen(command)
        with _signals_of(process):
            return process.wait()


@contextmanager
def _signals_of(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Leave the end to the command, so that it can tidy up: SIGTERM is passed on to it.

    Ctrl-C reaches it from the terminal. A handler, unlike SIG_IGN, is not inherited.
    """
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(
            signal.SIGTERM, lambda number, _: process.send_signal(number)
        ),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
