"""What a failure to deliver means: one table, a row for each code.

A code is one of the catalogue, or the far side's own: an HTTP status, MSA-1, a receipt's code.
docs/lifecycle.md draws the table. An endpoint's own rules come first (`answer_rules`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from adapter.core.catalogue import CATALOGUE, ErrorCode, Scope, is_error_code
from adapter.core.endpoint import Then


class Arrived(StrEnum):
    """Whether the far side may have the message after an attempt that ended so."""

    NO = "no"
    REFUSED = "refused"  # its system had it, and refused it for good
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One code: what follows, what it uses up, whether the message may have arrived."""

    code: str
    then: Then  # where an endpoint has no rule of its own
    arrived: Arrived = Arrived.NO
    outage: bool = False  # the far side is not there: its circuit counts this
    receipt_may_come: bool = False  # a receipt of this attempt is still possible
    ours: bool = False  # no answer of the far side: no rule of an endpoint can name it
    finding: str = "loop"  # what `adapter health` reports when a loop of ours fails so

    @property
    def fault(self) -> Scope:
        """Whose fault it is; a code of the far side's own is the receiver's."""
        return CATALOGUE[self.code].scope if is_error_code(self.code) else Scope.RECEIVER

    @property
    def told(self) -> str:
        """Who is told, beside the history: the sender is told when the delivery is dead."""
        return "nobody" if self.then is Then.RETRY else "sender, owner"

    @property
    def uses_attempt(self) -> bool:
        """Whether the back-off grows with it. An outage is nobody's attempt."""
        return not self.outage

    @property
    def moves(self) -> bool:
        """Whether a delivery that failed only so may go to its endpoint's successor."""
        return self.arrived is not Arrived.MAYBE

    @property
    def alarm(self) -> str:
        """The log line that tells it at once, or after some in a row; "" where none does."""
        if self.outage:
            return "circuit-opened"
        return "dead" if self.then is Then.STOP else ""


def _answers(codes: str, then: Then) -> Iterable[Failure]:
    return [Failure(code=code, then=then) for code in codes.split()]


FAILURES: tuple[Failure, ...] = (
    *_answers("AR CR", Then.RETRY),  # MSA-1 (HL7 table 0008)
    *_answers("AE CE", Then.STOP),
    *_answers("transient-error", Then.RETRY),  # a receipt
    *_answers("fatal-error", Then.STOP),
    *_answers("408 425 429", Then.RETRY),  # HTTP (RFC 9110 section 15, RFC 6585)
    *_answers("501 505", Then.STOP),
    Failure(code="503", then=Then.RETRY, outage=True),
    *_answers("5xx", Then.RETRY),
    *_answers("3xx 4xx", Then.STOP),
    Failure(
        code="unreachable",
        then=Then.RETRY,
        arrived=Arrived.MAYBE,
        outage=True,
        finding="broker",
    ),
    Failure(
        code="timed-out",
        then=Then.RETRY,
        arrived=Arrived.MAYBE,
        outage=True,
        receipt_may_come=True,
    ),
    Failure(code="unroutable", then=Then.RETRY),
    Failure(code="returned", then=Then.RETRY, arrived=Arrived.MAYBE),
    Failure(code="busy", then=Then.RETRY),
    Failure(code="refused-for-now", then=Then.RETRY),
    Failure(code="access-denied", then=Then.STOP),
    Failure(code="refused", then=Then.STOP, arrived=Arrived.REFUSED),
    Failure(code="bad-answer", then=Then.STOP, arrived=Arrived.MAYBE),
    Failure(code="no-receipt", then=Then.STOP, arrived=Arrived.MAYBE, ours=True),
    Failure(code="expired", then=Then.STOP, arrived=Arrived.MAYBE, ours=True),
    Failure(code="settings", then=Then.RETRY, arrived=Arrived.MAYBE, ours=True, finding="topology"),
    Failure(code="adapter-fault", then=Then.RETRY, arrived=Arrived.MAYBE, ours=True),
)
"""In the order that counts: of the far side's codes, the first row that fits."""


def _codes(rows: Iterable[Failure]) -> frozenset[str]:
    return frozenset(row.code for row in rows)


OUTAGES = _codes(row for row in FAILURES if row.outage)
SURELY_NOT_ARRIVED = _codes(row for row in FAILURES if row.moves and is_error_code(row.code))
RECEIPT_MAY_COME = _codes(row for row in FAILURES if row.receipt_may_come)
REFUSED: ErrorCode = "refused"


def finding(code: str) -> str:
    """What `adapter health` reports when a loop of ours fails with a code."""
    return next((row.finding for row in FAILURES if row.code == code), "loop")
