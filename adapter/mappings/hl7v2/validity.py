"""Validity periods of identifiers, names and addresses: the days on which a value counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapter.fhir.bundles import Resource
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The first and last day, as FHIR dates of the precision that was given; "" for none."""

    start: str = ""
    end: str = ""

    def includes(self, day: date) -> bool:
        """Whether a day is within. The last day counts (HL7 v2.8, XAD.14, CX.8)."""
        text = day.isoformat()
        begun = text[: len(self.start)] >= self.start
        return begun and (not self.end or text[: len(self.end)] <= self.end)

    def ended(self, day: date) -> bool:
        """Whether the last day is before a day."""
        return bool(self.end) and day.isoformat()[: len(self.end)] > self.end

    def period(self) -> Resource:
        """Return a FHIR Period; {} without a day."""
        return {k: v for k, v in (("start", self.start), ("end", self.end)) if v}


def validity(
    value: Value, message: Hl7Message, path: str, *, start: int, end: int, range_: int = 0
) -> Validity:
    """Return the validity in the components `start` and `end`, else in the older DR `range_`.

    A day that cannot be read does not limit, and is a warning. The first day is read when it has
    come, as then it has no more to say. The last one is only looked at: who carries it, reads it.
    """
    places = (start, 1), (end, 1)
    if range_ and not any(value.peek(*place) for place in places):
        places = (range_, 1), (range_, 2)
    first, last = (_day(value.peek(*place), path, message) for place in places)
    value.mark(*places[0])
    return Validity(start=first, end=last)


def _day(text: str, path: str, message: Hl7Message) -> str:
    moment = message.clock.moment(text, path)
    return moment.fhir()[:10] if moment else ""
