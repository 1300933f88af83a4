"""`adapter worker` with a profile of each of its loops, for `adapter bench --profiles FOLDER`.

    python benchmarks/profiled.py --into FOLDER --settings adapter.toml

When it stops it writes, for each loop, for the sender pool and for what records outcomes,
`<loop>-<process>.txt` (the functions that cost most) and `.pstats`. Profiling slows Python down by
about half: shares count, not times.
"""

from __future__ import annotations

import cProfile
import io
import os
import pstats
import re
import threading
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

from adapter.cli.processes import servable, set_up_logs
from adapter.runner import Adapter, Part
from adapter.runner.loops import Loops
from adapter.store import Store

MOST = 40  # lines of each table


class ProfiledLoops(Loops):
    """Each loop's steps, profiled in the loop's own thread; what waits for work is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.profiles: dict[str, cProfile.Profile] = {}

    def start(
        self,
        name: str,
        step: Callable[[], object],
        idle: Callable[[], object],
        recover: Callable[[], object] = lambda: None,
    ) -> None:
        """As a loop of `Loops`."""
        profile = self.profiles[name] = cProfile.Profile()
        super().start(name, lambda: profile.runcall(step), idle, recover)


class ProfiledThreads:
    """A function that many threads call, with a profile for each of them."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._mine = threading.local()
        self.profiles: list[cProfile.Profile] = []

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        if not hasattr(self._mine, "profile"):
            self._mine.profile = cProfile.Profile()
            self.profiles.append(self._mine.profile)
        return self._mine.profile.runcall(self._function, *arguments)


def main() -> None:
    """Run until stopped, then write."""
    parser = ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    chosen = parser.parse_args()
    set_up_logs("info")
    settings = servable(chosen.settings)
    adapter = Adapter(settings, Store(settings.store), parts=Part.WORKER)
    adapter.loops = loops = ProfiledLoops()
    senders = ProfiledThreads(adapter.sender_pool._send)
    adapter.sender_pool._send = senders  # type: ignore
    record = ProfiledThreads(adapter.sender_pool._record_all)
    adapter.sender_pool._record_all = record  # type: ignore
    adapter.start()
    adapter.wait()
    for name, profile in loops.profiles.items():
        write(chosen.into, name, [profile])
    write(chosen.into, "send", senders.profiles)
    write(chosen.into, "record", record.profiles)


def write(folder: Path, name: str, profiles: list[cProfile.Profile]) -> None:
    """The table and the data of one loop."""
    used = [each for each in profiles if each.getstats()]
    if not used:
        return
    text = io.StringIO()
    stats = pstats.Stats(used[0], stream=text)
    for each in used[1:]:
        stats.add(each)
    stats.sort_stats("tottime").print_stats(MOST)
    stats.sort_stats("cumulative").print_stats(MOST)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{re.sub(r'[^a-z]+', '-', name)}-{os.getpid()}"
    file.with_name(f"{file.name}.txt").write_text(text.getvalue(), encoding="utf-8")
    stats.dump_stats(f"{file}.pstats")


if __name__ == "__main__":
    main()
