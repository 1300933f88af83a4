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

WINDOWS = {
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

_asked, _, _count = os.environ.get("ADAPTER_KILL_AT", "").partition(":")
_passed: Counter[str] = Counter()


def window(name: str) -> None:
    """Pass a window. KeyError for a name that is not in the list."""
    if not _asked:
        return
    WINDOWS[name]
    _passed[name] += 1
    if name == _asked and _passed[name] == int(_count or 1):
        os.kill(os.getpid(), signal.SIGKILL)
