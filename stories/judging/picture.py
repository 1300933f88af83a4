"""Compare what a party last heard with what is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from stories.heard import Heard
from stories.law.stays import number_of
from stories.law.timeline import Point
from stories.region import MASKED
from stories.world import MUNICIPAL, PRIMARY

_SAME = timedelta(seconds=1)


def differences(point: Point, party: str, heard: Heard) -> Iterator[str]:
    """Yield the name of each element in which a whole message differs from the truth.

    Decision: leave is not compared after a discharge, and a missing address not at all: both are
    silence, and no table says which word clears them.
    """
    yield from _of_person(point, party, heard)
    yield from (name for name in _of_stay(point, heard) if not _is_hidden(point, party, name))
    yield from _of_needs(point, party, heard)
    if point.stay.is_protected and not heard.protection:
        yield "protection"


def _is_hidden(point: Point, party: str, name: str) -> bool:
    """Whether a bar of secrecy keeps it from a party (3 kap.)."""
    return party in point.rights.barred and name in ("discharge-ready", "discharge", "leave")


def _of_person(point: Point, party: str, heard: Heard) -> Iterator[str]:
    stay = point.stay
    number = number_of(stay)
    if number is not None and number.is_national and number.value not in heard.numbers:
        yield "number"
    name = stay.values.get("name")
    if name and name[0] != heard.family:
        yield "name"
    address = stay.address(point.at)
    withheld = stay.is_protected and party in MASKED
    if address is not None and address.kommun and not withheld and address.street != heard.street:
        yield "address"


def _of_stay(point: Point, heard: Heard) -> Iterator[str]:
    values, stay = point.stay.values, point.stay
    planned: date | None = values.get("planned")
    if (planned.isoformat() if planned else "") != heard.planned[:10]:
        yield "planned discharge"
    if not same_time(values.get("ready"), heard.ready):
        yield "discharge-ready"
    if bool(stay.died) != bool(heard.deceased):
        yield "death"
    if stay.died is None and not same_time(
        stay.discharge.at if stay.discharge else None, heard.discharged
    ):
        yield "discharge"
    if (
        stay.over is None
        and not stay.left_from_leave
        and bool(values.get("leave")) != bool(heard.leave)
    ):
        yield "leave"


def _of_needs(point: Point, party: str, heard: Heard) -> Iterator[str]:
    least = {str(need) for need in point.rights.rows.get(party, ())}
    most = {str(need) for need in point.rights.needs(party)}
    most |= {str(MUNICIPAL)} if str(PRIMARY) in most else set()
    if not least <= heard.needs or not heard.needs <= most:
        yield "needs"


def same_time(truth: datetime | None, written: str) -> bool:
    """Whether a written time is the true one, to the second."""
    if truth is None or not written:
        return truth is None and not written
    return abs(moment(written) - truth) < _SAME


def moment(written: str) -> datetime:
    """Read a time with an offset; a date is its midnight in UTC."""
    text = written if "T" in written else f"{written}T00:00:00+00:00"
    return datetime.fromisoformat(text)
