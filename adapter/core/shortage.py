"""A process that has no more descriptors, threads or memory for a connection, and says so."""

from __future__ import annotations

import logging
import os
import time

log = logging.getLogger(__name__)
REMEMBERED = 60.0  # seconds after the last failure


class Shortage:
    """The last failure of a process to take a connection; any thread may note one."""

    def __init__(self) -> None:
        self._why = ""
        self._at = -REMEMBERED

    def note(self, error: Exception) -> None:
        """Remember a failure; log the first within REMEMBERED seconds."""
        if not self.why:
            self._why = _reason(error)
            log.warning("connections-short", extra={"why": self._why})
        self._at = time.monotonic()

    @property
    def why(self) -> str:
        """Return what was missing lately; "" when nothing was."""
        return self._why if time.monotonic() - self._at < REMEMBERED else ""


def _reason(error: Exception) -> str:
    """Return the system's words for an error; no text of a partner can be among them."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return type(error).__name__
