"""Which acknowledgements a message gets (HL7 v2.5.1 chapter 2.9.2 and 2.9.3). Pure.

The commit says that the message is stored. A fault of the content is told by the application
acknowledgement, if the sender asks for it and it can be delivered; otherwise by the commit, so
that no refusal is lost. With no commit asked for, the application's is sent in the same exchange,
which equals the original mode.
"""

from __future__ import annotations

from adapter.core.acknowledgement import Replies, Reply, When, Wish
from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.model import Code

_NOT_TAKEN: frozenset[str] = frozenset(  # faults that the commit itself tells
    {
        "unreadable",
        "wrong-charset",
        "too-large",
        "too-deep",
        "unknown-event",
        "unmapped-event",
        "no-queries",
        "test-message",
    }
)


def replies(
    wish: Wish | None, code: Code, faults: list[ErrorCode], home: Endpoint | None
) -> Replies:
    """Return how a message is answered. `home` is where a later one goes.

    `faults` are the codes of what is wrong; `wish` is None in the original mode.
    """
    if wish is None:
        return Replies(at_once=Reply.ONLY, commit=code)
    if wish.accept is When.NEVER:
        at_once = Reply.ONLY if wish.application.includes(code) else None
        return Replies(at_once=at_once, commit=code)
    is_stored = code is Code.OK or _NOT_TAKEN.isdisjoint(faults)
    is_delivered = is_stored and home is not None and wish.application.includes(code)
    commit = Code.OK if is_delivered else code
    at_once = Reply.COMMIT if wish.accept.includes(commit) else None
    return Replies(at_once=at_once, commit=commit, is_delivered=is_delivered)


def lacks_address(wish: Wish | None, code: Code, home: Endpoint | None) -> bool:
    """Whether the application acknowledgement of a taken message can be sent nowhere."""
    if wish is None or wish.accept is When.NEVER or home is not None:
        return False
    return code is Code.OK and wish.application.includes(code)
