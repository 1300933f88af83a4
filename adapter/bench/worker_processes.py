"""Worker processes, started as an operator starts them, and their use of processor and memory."""

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

from adapter.bench.measurement_errors import BrokenError

WORKER = (sys.executable, "-m", "adapter", "worker")
_START_SECONDS = 60
_STOP_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCommand:
    """How workers are started; their logs go to `folder`."""

    command: Sequence[str]
    settings: Path
    environment: Mapping[str, str]
    number: int
    folder: Path


class WorkerProcesses:
    """On entry the workers have started; on exit they have ended."""

    def __init__(self, command: WorkerCommand) -> None:
        self._command = command
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []

    def __enter__(self) -> Self:
        try:
            for place in range(self._command.number):
                self._start(place)
            self._wait()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.kill()  # after an error nothing is measured any more
        for process in self._processes:
            process.terminate()
        deadline = time.monotonic() + _STOP_SECONDS
        for process in self._processes:
            _end(process, deadline)

    def kill(self) -> None:
        """End them without waiting for the messages they work on."""
        for process in self._processes:
            process.kill()

    def check(self) -> None:
        """Raise BrokenError when a worker has ended."""
        for process, output in zip(self._processes, self._logs, strict=True):
            if process.poll() is not None:
                raise BrokenError(f"a worker ended with {process.returncode}:\n{_last(output)}")

    def memory(self) -> float:
        """Return the memory of the largest worker now, in MB."""
        return max(process_memory(process.pid, "VmRSS") for process in self._processes)

    def peak(self) -> float:
        """Return the highest memory of any worker since its start, in MB."""
        return max(process_memory(process.pid, "VmHWM") for process in self._processes)

    def cpu_seconds(self) -> float:
        """Return the processor time that the workers have used so far."""
        return sum(_cpu(process.pid) for process in self._processes)

    def _start(self, place: int) -> None:
        path = self._command.folder / f"worker-{place}.output"
        with path.open("wb") as output:
            process = subprocess.Popen(
                [*self._command.command, "--settings", str(self._command.settings)],
                env=dict(self._command.environment),
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


def process_memory(pid: int, name: str) -> float:
    """Return a line of /proc/PID/status (proc(5)) in MB; 0 for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    match = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


def _cpu(pid: int) -> float:
    """Return utime + stime of /proc/PID/stat (proc(5)); the name before them may have spaces."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_cpu_seconds() -> float:
    """Return the processor time that all processes have used, without idle time."""
    first = Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    user, nice, system, _idle, _wait, interrupt, soft = (int(each) for each in first[:7])
    return (user + nice + system + interrupt + soft) / _TICKS
