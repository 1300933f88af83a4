"""The messages of a hospital's ADT feed: many stays at once, of which one in twenty is assessed.

A stay has five messages: A01, A08, A02, A08 and A03. The patients were born before 1840, so no
living person ever had one of their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from adapter.bench.message_times import MessageTimes
from adapter.core.identifiers import luhn
from adapter.simulators.hl7v2_writer import AdtMessage, write_adt
from adapter.simulators.messages import Assessment, Organisation, Person, Stay

TRIGGERS = ("A01", "A08", "A02", "A08", "A03")
ASSESSED = 20  # one stay in so many
OPEN_STAYS = 40  # at the same time
_BORN = date(1800, 1, 1)
_DAYS = 14_000  # of birth dates
_WARDS = ("Medicin 3", "Kirurg 1", "Geriatrik 2", "Stroke 4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A stay, and which of its messages a message is."""

    stay: int
    step: int

    @property
    def is_notice(self) -> bool:
        """Whether it causes an admission notice (inskrivningsmeddelande)."""
        return self.step == 0 and self.stay % ASSESSED == 0


def place(number: int) -> Place:
    """Return where message `number` belongs: `OPEN_STAYS` stays take turns."""
    block, turn = divmod(number, OPEN_STAYS * len(TRIGGERS))
    return Place(stay=block * OPEN_STAYS + turn % OPEN_STAYS, step=turn // OPEN_STAYS)


def first_message(stay: int) -> int:
    """Return the number of a stay's A01."""
    block, turn = divmod(stay, OPEN_STAYS)
    return block * OPEN_STAYS * len(TRIGGERS) + turn


def control_id(times: MessageTimes, number: int) -> str:
    """Return MSH-10 of a message."""
    return f"{times.prefix[:8]}-{number}"


def stay_of(times: MessageTimes, case: str) -> int | None:
    """Return the stay of a case name; None for one of another measurement."""
    prefix, _, stay = case.rpartition("/")[2].partition("-")
    return int(stay) if prefix == times.prefix[:8] and stay.isdigit() else None


def message(me: Organisation, times: MessageTimes, number: int) -> bytes:
    """Return message `number` of a measurement, as of now."""
    now, where = datetime.now(UTC), place(number)
    stay = _stay(f"{times.prefix[:8]}-{where.stay}", where, now)
    trigger = TRIGGERS[where.step]
    control = control_id(times, number)
    return write_adt(AdtMessage(trigger=trigger, control=control, at=now, stay=stay), me)


def _stay(visit: str, where: Place, now: datetime) -> Stay:
    """Each message says something new: the ward or the planned discharge.

    The assessment is of this day, so that no notice is late.
    """
    is_assessed = where.stay % ASSESSED == 0
    day = datetime(now.year, now.month, now.day, tzinfo=UTC)
    return Stay(
        person=_person(where.stay),
        visit=visit,
        ward=_WARDS[(where.stay + where.step // 2) % len(_WARDS)],
        admitted=day - timedelta(days=1),
        planned=day + timedelta(days=2 + (where.step + 1) // 2),
        discharged=now if where.step == len(TRIGGERS) - 1 else None,
        assessment=(Assessment(at=day, municipal_health_care=False) if is_assessed else None),
    )


def _person(stay: int) -> Person:
    serial, day = divmod(stay, _DAYS)
    born = _BORN + timedelta(days=day)
    stem = f"{born:%Y%m%d}{serial % 999 + 1:03}"
    number = next(f"{stem}{digit}" for digit in range(10) if luhn(f"{stem[2:]}{digit}"))
    return Person(
        number=number,
        family="Tallåker",
        given="Vera",
        street=f"Provgatan {stay % 90 + 1}",
        postcode="97231",
        city="Luleå",
        municipality="2580",
    )
