"""The plan of a replay or a resend: what a person sees, must allow and must confirm. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import FatalError, Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What would become of one id: the receivers, a possible duplicate, and what overtook it."""

    id: str
    event: str
    endpoint: str  # the receiver; for a message, its sender
    state: str  # a message's standing
    possible: bool
    seen_before: bool = False  # an earlier attempt may have arrived
    overtaken_by: tuple[str, ...] = ()  # ids of later deliveries of the case that may have arrived
    receivers: tuple[str, ...] = ()  # of a message, as it would be processed now
    why_not: str = ""  # why it would reach no receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All rows of one command. More than `ask_above` rows need a person's confirmation."""

    rows: tuple[Planned, ...]
    ask_above: int
    is_confirmed: bool = False

    @property
    def needs_confirmation(self) -> bool:
        """Whether a person must confirm the number of rows before anything is sent."""
        return len(self.rows) > self.ask_above and not self.is_confirmed

    def confirmed(self) -> Plan:
        """Return the same plan, confirmed by a person."""
        return replace(self, is_confirmed=True)

    def check(self, *, although: Container[ErrorCode] = ()) -> None:
        """Raise a FatalError that names everything that cannot, or should not, be sent again.

        Its code is `illegal-transition` or `overtaken`. A person may go on `although` the latter.
        """
        issues = [issue for row in self.rows for issue in objections(row, although)]
        if issues:
            raise FatalError(issues[0].code, issues[0].detail, issues)

    def require(self, *, although: Container[ErrorCode] = ()) -> None:
        """Raise what `check` raises; ValueError when the plan still needs confirmation."""
        if self.needs_confirmation:
            raise ValueError(f"{len(self.rows)} rows, and no person has confirmed the plan")
        self.check(although=although)


def objections(row: Planned, although: Container[ErrorCode] = ()) -> Iterator[Issue]:
    """Yield why a row cannot, or should not, be sent again."""
    if not row.possible:
        yield Issue(code="illegal-transition", detail=f"{row.id} is {row.state}, not dead")
    elif row.overtaken_by and "overtaken" not in although:
        yield Issue(code="overtaken", detail=f"{row.id} by {', '.join(row.overtaken_by)}")
