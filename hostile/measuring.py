"""Partners and liveness during a run, in threads of the rig."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

from hostile.partners import Answer, Partner, over_http, over_mllp, post_all
from hostile.region import FEED, PARTNERS, Region

_LIVENESS_EVERY = 0.5  # seconds


class Measured:
    """What the partners and the asker of liveness saw; filled when the measuring ends."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.liveness: list[float] = []  # milliseconds; infinite without an answer


def partners(region: Region, tokens: Mapping[str, str]) -> list[Partner]:
    """Return the well-behaved partners."""
    posting = [name for name in PARTNERS if name in tokens]
    return [
        *(over_http(name, region.web, tokens[name], PARTNERS[name]) for name in posting),
        over_mllp(FEED, region.doors[FEED], PARTNERS[FEED]),
    ]


@contextmanager
def measuring(
    everybody: list[Partner], rate: float, is_live: Callable[[], bool]
) -> Iterator[Measured]:
    """Post and ask within the `with`; what is yielded has the answers after it."""
    measured, stop = Measured(), Event()
    with ThreadPoolExecutor(len(everybody) + 1) as threads:
        posting = [threads.submit(post_all, partner, rate, stop) for partner in everybody]
        asking = threads.submit(_ask, is_live, stop)
        try:
            yield measured
        finally:
            stop.set()
    measured.answers = [answer for future in posting for answer in future.result()]
    measured.liveness = asking.result()


def _ask(is_live: Callable[[], bool], stop: Event) -> list[float]:
    times: list[float] = []
    while not stop.wait(_LIVENESS_EVERY):
        begun = time.monotonic()
        answered = is_live()
        times.append((time.monotonic() - begun) * 1000 if answered else math.inf)
    return times
