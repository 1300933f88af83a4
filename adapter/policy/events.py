"""Which event a change of a Stay is, and which events stand. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from adapter.core.model import Event
from adapter.policy.stay import Stay

_FLIPS: tuple[tuple[str, Event, Event], ...] = (
    ("deceased", Event.DECEASED, Event.DECEASED_WITHDRAWN),
    ("discharge", Event.DISCHARGED, Event.DISCHARGE_CANCELLED),
    ("ready", Event.DISCHARGE_READY, Event.DISCHARGE_READY_WITHDRAWN),
    ("leave", Event.LEAVE_STARTED, Event.LEAVE_ENDED),
)
"""Elements that come and go, and the events that tell it; the weightiest first."""

GONE: Mapping[str, Event] = {
    "ready": Event.DISCHARGE_READY_WITHDRAWN,
    "discharge": Event.DISCHARGE_CANCELLED,
}
"""Elements behind a bar of secrecy, and the event that tells that one does not stand any more."""

_STANDS = ("ready", "discharge", "deceased")
"""Elements whose event a receiver gets that is told of the stay only after it."""


def flipped(event: Event, before: Stay, after: Stay) -> Event | None:
    """Return the event that a change of the Stay is; None where no element came or went.

    Of several changes the message's own event counts, else the weightiest. Another time for an
    element that stands is no new event (SFS 2017:612 5 kap. 4 §).
    """
    changes = flips(before, after)
    return event if event in changes else next(iter(changes), None)


def flips(before: Stay, after: Stay) -> list[Event]:
    """Return an event for each element that came or went; the weightiest first."""
    return [
        came if has(after, element) else went
        for element, came, went in _FLIPS
        if has(before, element) != has(after, element)
    ]


def element_of(event: Event) -> str:
    """Return the element that comes or goes with an event; "" for none."""
    return next((element for element, *both in _FLIPS if event in both), "")


def has(stay: Stay, element: str) -> bool:
    """Whether an element of `_FLIPS` stands. Late news does not turn a stay back that is over."""
    if element == "leave" and stay.ended is not None:
        return False
    if element == "leave":
        return bool((stay.value("leave") or {}).get("away"))
    return bool(stay.discharge if element == "discharge" else stay.value(element))


def standing(stay: Stay) -> list[tuple[Event, str]]:
    """Return the events that stand, in their order, each with its time of recording."""
    flips = {element: came for element, came, _ in _FLIPS}
    stands = [element for element in _STANDS if has(stay, element)]
    if "deceased" in stands and "discharge" in stands:
        stands.remove("discharge")
    return [(flips[element], stay.facts[element].recorded) for element in stands]


def still_stands(event: Event, stay: Stay) -> bool:
    """Whether a Stay still says what an event says; always for one that no element belongs to."""
    for element, came, went in _FLIPS:
        if event in (came, went):
            return has(stay, element) is (event is came)
    return True
