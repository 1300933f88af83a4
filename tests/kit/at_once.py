"""Call functions at the same moment, as several people would."""

from __future__ import annotations

import threading
from collections.abc import Callable

from adapter.core.errors import AdapterError


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Return the result of each call, or the code of the AdapterError that it raised."""
    results: list[object] = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(number: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            results[number] = act()
        except AdapterError as error:
            results[number] = error.code

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results
