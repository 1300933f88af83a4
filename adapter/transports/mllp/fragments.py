"""How many broken-off messages are kept: a packet of start blocks must not fill the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock
from typing import TypeAlias

from adapter.core.errors import AdapterError
from adapter.core.model import Envelope

log = logging.getLogger(__name__)

Keep: TypeAlias = Callable[[Envelope], None]
"""Store the received part of a message that was broken off, so that a person can inspect it."""

A_MINUTE = 10  # of one peer


class Fragments:
    """Keeps the fragments of one door, at most A_MINUTE for each peer; the others are counted."""

    def __init__(self, endpoint: str, keep: Keep) -> None:
        self._endpoint, self._keep = endpoint, keep
        self._lock = Lock()
        self._minute = 0
        self._kept: dict[str, int] = {}  # by peer, in this minute

    def take(self, envelope: Envelope, peer: str) -> None:
        """Keep a fragment, or log that there were too many; never raises."""
        number = self._number(peer)
        if number > A_MINUTE:
            if number == A_MINUTE + 1:
                log.warning("mllp-fragments-too-many", extra={"endpoint": self._endpoint})
            return
        log.warning("mllp-fragment", extra={"endpoint": self._endpoint})
        try:
            self._keep(envelope)
        except Exception as error:
            log_failure("mllp-fragment-not-kept", self._endpoint, error)

    def _number(self, peer: str) -> int:
        """Count a fragment of a peer; return its number within the minute."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._kept = minute, {}
            self._kept[peer] = self._kept.get(peer, 0) + 1
            return self._kept[peer]


def log_failure(event: str, endpoint: str, error: Exception) -> None:
    """Log the code only: the text and traceback of an error may quote the message."""
    code = error.code if isinstance(error, AdapterError) else "adapter-fault"
    log.error(event, extra={"endpoint": endpoint, "code": code})
