"""What a failure to deliver means: one table, a row for each code.

A code is one of the catalogue, or the far side's own: an HTTP status, MSA-1 or the code of a
receipt. An endpoint's own rules come first (`answer_rules`). docs/lifecycle.md shows the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from adapter.core.catalogue import CATALOGUE, ErrorCode, Scope, is_error_code
from adapter.core.endpoint import Then


class Arrived(StrEnum):
    """Whether the far side may have the message after an attempt, or after all of them."""

    YES = "yes"  # its system or a person has receipted it; never after a failure
    NO = "no"
    REFUSED = "refused"  # its system received it, and refused it for good
    MAYBE = "maybe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One code: what the adapter does next, and whether the message may have arrived."""

    code: str
    then: Then  # where an endpoint has no rule of its own
    arrived: Arrived = Arrived.NO
    outage: bool = False  # the far side is away: its circuit counts this failure
    receipt_may_come: bool = False  # a receipt for this attempt is still possible
    ours: bool = False  # not a response of the far side: no rule of an endpoint can name it
    finding: str = "loop"  # what `adapter health` reports when a loop fails with this code

    @property
    def fault(self) -> Scope:
        """Whose fault it is. The far side's own codes are faults of the receiver."""
        return CATALOGUE[self.code].scope if is_error_code(self.code) else Scope.RECEIVER

    @property
    def informed(self) -> str:
        """Who is informed, besides the history: the sender and owner of a dead delivery."""
        return "nobody" if self.then is Then.RETRY else "sender, owner"

    @property
    def uses_attempt(self) -> bool:
        """Whether each such failure makes the next wait longer.

        An outage does so only while the circuit is closed. While it is open, the next probe sets
        the time.
        """
        return not self.outage

    @property
    def may_move(self) -> bool:
        """Whether a delivery with only such failures may go to its endpoint's successor."""
        return self.arrived is not Arrived.MAYBE

    @property
    def alarm(self) -> str:
        """The log line that warns of it, in an outage after five failures in a row; "" for none."""
        if self.outage:
            return "circuit-opened"
        return "dead" if self.then is Then.STOP else ""


def _answers(codes: str, then: Then) -> Iterable[Failure]:
    return [Failure(code=code, then=then) for code in codes.split()]


def _times_out(codes: str) -> Iterable[Failure]:
    late = partial(Failure, then=Then.RETRY, arrived=Arrived.MAYBE)
    return [late(code=code, outage=True, receipt_may_come=True) for code in codes.split()]


FAILURES: tuple[Failure, ...] = (
    *_answers("AR CR", Then.RETRY),  # MSA-1 (HL7 table 0008)
    *_answers("AE CE", Then.STOP),
    *_answers("transient-error", Then.RETRY),  # a receipt
    *_answers("fatal-error", Then.STOP),
    *_answers("425 429", Then.RETRY),  # HTTP (RFC 9110 section 15, RFC 6585)
    *_answers("501 505", Then.STOP),
    Failure(code="502", then=Then.RETRY, arrived=Arrived.MAYBE, outage=True),
    Failure(code="503", then=Then.RETRY, outage=True),
    *_times_out("408 504"),
    *_answers("5xx", Then.RETRY),
    *_answers("3xx 4xx", Then.STOP),
    Failure(code="no-connection", then=Then.RETRY, outage=True, finding="broker"),
    Failure(
        code="unreachable",
        then=Then.RETRY,
        arrived=Arrived.MAYBE,
        outage=True,
        finding="broker",
    ),
    *_times_out("timed-out"),
    Failure(code="unroutable", then=Then.RETRY),
    Failure(code="returned", then=Then.RETRY, arrived=Arrived.MAYBE),
    Failure(code="busy", then=Then.RETRY),
    Failure(code="refused-for-now", then=Then.RETRY),
    Failure(code="too-large-for-broker", then=Then.STOP),
    Failure(code="access-denied", then=Then.STOP),
    Failure(code="refused", then=Then.STOP, arrived=Arrived.REFUSED),
    Failure(code="bad-answer", then=Then.STOP, arrived=Arrived.MAYBE),
    Failure(code="no-receipt", then=Then.STOP, arrived=Arrived.MAYBE, ours=True),
    Failure(code="expired", then=Then.STOP, arrived=Arrived.MAYBE, ours=True),
    Failure(code="settings", then=Then.RETRY, arrived=Arrived.MAYBE, ours=True, finding="topology"),
    Failure(code="other-store", then=Then.RETRY, ours=True, finding="other-store"),
    Failure(code="adapter-fault", then=Then.RETRY, arrived=Arrived.MAYBE, ours=True),
)
"""Of several rows that match a code of the far side, the first one applies."""


def _codes(rows: Iterable[Failure]) -> frozenset[str]:
    return frozenset(row.code for row in rows)


OUTAGES = _codes(row for row in FAILURES if row.outage)
"""Failures in a row with these codes open the circuit of an endpoint."""
SURELY_NOT_ARRIVED = _codes(row for row in FAILURES if row.may_move and is_error_code(row.code))
"""After only these, the far side does not have the message (or has refused it)."""
RECEIPT_MAY_COME = _codes(
    row for row in FAILURES if row.receipt_may_come and is_error_code(row.code)
)
"""After these, a receipt for the attempt may still come."""
REFUSED: ErrorCode = "refused"


def finding(code: str) -> str:
    """The finding that `adapter health` reports when a loop fails with a code."""
    return next((row.finding for row in FAILURES if row.code == code), "loop")
