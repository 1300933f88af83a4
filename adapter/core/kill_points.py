"""The windows between two effects, each with a name, so that a test can kill us in every one.

A process that dies between two effects has done the first and not the second. What makes each
window safe stands beside it. The kill tests and the rig set ADAPTER_KILL_AT to
`<window>[:<n>]`: at the n-th passage the process kills itself as `kill -9` would. Without the
variable a passage costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

KILL_POINTS = {
    "received": "Bytes are here and not stored: the sender has no answer, and sends again.",
    "stored": "Stored, not acknowledged: it comes again, and is stored as a copy.",
    "acknowledged": "Stored and acknowledged, not processed: it waits as RECEIVED.",
    "tried": "The try is counted, the message not processed: it is still RECEIVED.",
    "processing": "In the middle of the transaction: it is rolled back, the message RECEIVED.",
    "processed": "Processed, nothing sent: its deliveries are WAITING.",
    "answering": "Committed, our direct answer not sent: the sender's copy gets it again.",
    "claimed": "IN_FLIGHT with a lease, nothing sent: the lease ends, and it is sent.",
    "sent": "Sent, the outcome not written: the lease ends, the same bytes go with the same ids.",
    "recorded": "The outcome is written: nothing is left to do.",
}

_passed: Counter[str] = Counter()
_fatal: dict[str, int] = {}


def arm(spec: str) -> None:
    """Die at a window: `<window>[:<n>]`, n counted from 1; "" for never."""
    name, _, number = spec.partition(":")
    _fatal.clear()
    if name:
        KILL_POINTS[name]
        _fatal[name] = int(number or 1)


def kill_point(name: str) -> None:
    """Pass a window."""
    if name not in _fatal:
        return
    _passed[name] += 1
    if _passed[name] == _fatal[name]:
        os.kill(os.getpid(), signal.SIGKILL)


arm(os.environ.get("ADAPTER_KILL_AT", ""))
