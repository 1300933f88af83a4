"""Worker processes, started as an operator starts them, and what they take of the machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from adapter.bench.errors import BrokenError

WORKER = (sys.executable, "-m", "adapter", "worker")
_START_SECONDS = 60
_STOP_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """How workers are started: what runs, with which settings, how many, and where logs go."""

    command: Sequence[str]
    settings: Path
    environment: Mapping[str, str]
    number: int
    folder: Path


class Fleet:
    """Enter it, and the workers have started; leave it, and they have ended."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []

    def __enter__(self) -> Self:
        try:
            for place in range(self._crew.number):
                self._start(place)
            self._wait()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.kill()  # of what broke nothing is measured any more
        for process in self._processes:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            _end(process, deadline)

    def kill(self) -> None:
        """End them without waiting for what they have in hand."""
        for process in self._processes:
            process.kill()

    def check(self) -> None:
        """BrokenError when one of them has ended."""
        for process, output in zip(self._processes, self._logs, strict=True):
            if process.poll() is not None:
                raise BrokenError(f"a worker ended with {process.returncode}:\n{_last(output)}")

    def memory(self) -> float:
        """What the largest worker holds now, in MB."""
        return max(_memory(process.pid, "VmRSS") for process in self._processes)

    def peak(self) -> float:
        """The most that any worker has held since it started, in MB."""
        return max(_memory(process.pid, "VmHWM") for process in self._processes)

    def cpu_seconds(self) -> float:
        """Processor time that the workers have used so far."""
        return sum(_cpu(process.pid) for process in self._processes)

    def _start(self, place: int) -> None:
        path = self._crew.folder / f"worker-{place}.output"
        with path.open("wb") as output:
            process = subprocess.Popen(
                [*self._crew.command, "--settings", str(self._crew.settings)],
                env=dict(self._crew.environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
            )
        self._processes.append(process)
        self._logs.append(path)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not all(b'"what": "started"' in output.read_bytes() for output in self._logs):
            self.check()
            if time.monotonic() > deadline:
                raise BrokenError("the workers did not start in time")
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes], deadline: float) -> None:
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="backslashreplace")[-1500:]


def _memory(pid: int, name: str) -> float:
    """A line of /proc/PID/status (proc(5)), in MB; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _cpu(pid: int) -> float:
    """utime and stime of /proc/PID/stat (proc(5)); the name before them may have spaces."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_cpu_seconds() -> float:
    """Processor time that everything on this machine has used, idle time left out."""
    first = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, interrupt, soft = (int(each) for each in first[:7])
    return (user + nice + system + interrupt + soft) / _TICKS
