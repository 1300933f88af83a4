"""Kill points: named places between two effects, where a test can kill the process.

A process that dies between two effects has done the first and not the second. The text of each
kill point says why that is safe. The kill tests and the chaos rig set ADAPTER_KILL_AT to
`<kill point>[:<n>]`: at the n-th passage the process sends itself SIGKILL. Without the variable
a passage costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

KILL_POINTS = {
    "received": "Bytes received, not stored: the sender has no answer, and sends again.",
    "stored": "Stored, not acknowledged: the message comes again, and is stored as a copy.",
    "acknowledged": "Stored and acknowledged, not processed: the message waits as RECEIVED.",
    "tried": "Begun, not read: the message is still RECEIVED; later it is processed alone.",
    "processing": "Inside the transaction: it is rolled back, and the message is still RECEIVED.",
    "processed": "Processed, nothing sent: its deliveries are WAITING.",
    "answering": "Committed, our direct answer not sent: the sender repeats, and gets it then.",
    "claimed": "IN_FLIGHT with a lease, not sent: the lease ends, and the delivery is sent.",
    "sent": "Sent, outcome not written: the lease ends, and the same bytes go with the same ids.",
    "recorded": "The outcome is written: nothing is left to do.",
}

_passed: Counter[str] = Counter()
_fatal: dict[str, int] = {}


def arm(spec: str) -> None:
    """Die at `<kill point>[:<n>]`, n counted from 1; "" for never. KeyError for another name."""
    name, _, number = spec.partition(":")
    _fatal.clear()
    if name:
        KILL_POINTS[name]
        _fatal[name] = int(number or 1)


def kill_point(name: str) -> None:
    """Pass a kill point; end the process if it is armed for this passage."""
    if name not in _fatal:
        return
    _passed[name] += 1
    if _passed[name] == _fatal[name]:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("ADAPTER_KILL_AT", ""))
