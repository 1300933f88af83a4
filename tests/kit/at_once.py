"""Several people in the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable

from adapter.core.errors import AdapterError


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each gave, or the code of what stopped it."""
    found: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            found[number] = act()
        except AdapterError as error:
            found[number] = error.code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found
