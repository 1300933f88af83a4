"""Consent to planning that is withdrawn and given, and bars of secrecy, at any time of a stay."""

from __future__ import annotations

from collections.abc import Callable

from stories.plots.messages import say
from stories.plots.ordinary import admitted, discharge, leave, ready, replan, unready
from stories.teller import Teller
from stories.truth import Act, Weather
from stories.visit import Visit
from stories.world import CENTRES, LULEA, PITEA_HSV, PLANNING, SOCIAL, SUNDBY, SUNDBY_FHIR


def withdrawn(t: Teller) -> None:
    """The patient withdraws the consent: plans end, and notices go on."""
    visit = _somebody(t)
    for _ in range(t.chance.randrange(3)):
        t.chance.choice(_STEPS)(t, visit)
        t.some_time()
    if t.chance.random() < 0.5:
        t.has("plan-waits-at-withdrawal")
        kind = t.chance.choice([Weather.REFUSED, Weather.BUSY, Weather.LOST])
        t.weather(LULEA.name, kind, t.chance.uniform(1, 8), t.now)
        _plan(t, visit)
        t.then(minutes=t.chance.uniform(1, 50))
    _tell(t, visit, consent=False)
    t.has("consent-withdrawn")
    t.some_time()
    _plan(t, visit)
    t.some_time()
    t.chance.choice(_STEPS)(t, visit)
    if t.chance.random() < 0.5:
        t.has("consent-given-again")
        t.some_time()
        _tell(t, visit, consent=True)
        t.then(hours=1)
        _plan(t, visit)
    t.some_time()
    discharge(t, visit)


def barred(t: Teller) -> None:
    """A bar of secrecy, before or after what it stops; it may be lifted."""
    visit = _somebody(t)
    name = t.chance.choice([LULEA, LULEA, PLANNING, PITEA_HSV]).organization
    if t.chance.random() < 0.4:
        t.has("told-before-the-bar")
        ready(t, visit)
        t.some_time()
    if t.chance.random() < 0.3:
        t.has("receiver-down-at-the-bar")
        t.weather(LULEA.name, Weather.REFUSED, t.chance.uniform(1, 20), t.now)
        (unready if visit.ready else ready)(t, visit)
        t.then(minutes=t.chance.uniform(1, 50))
    _tell(t, visit, bars={name: True})
    t.has("bar-of-secrecy")
    for _ in range(t.chance.randrange(1, 4)):
        t.some_time()
        t.chance.choice([_ready_or_not, _ready_or_not, replan, leave])(t, visit)
        visit.leave = None
    if t.chance.random() < 0.5:
        t.has("bar-lifted")
        t.some_time()
        _tell(t, visit, bars={name: False})
        t.some_time()
        _ready_or_not(t, visit)
    t.some_time()
    discharge(t, visit)


def _somebody(t: Teller) -> Visit:
    visit = t.visit(t.person("2580", CENTRES[1].organization), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.some_time()
    return visit


def _tell(t: Teller, visit: Visit, **says: object) -> None:
    t.tell(visit, Act.UPDATE, sender=SUNDBY_FHIR, more=says)


def _plan(t: Teller, visit: Visit) -> None:
    say(t, visit, PLANNING, "care-plan", (LULEA, SUNDBY))


def _note(t: Teller, visit: Visit) -> None:
    say(t, visit, LULEA, "message", (SUNDBY,))


def _ready_or_not(t: Teller, visit: Visit) -> None:
    (unready if visit.ready else ready)(t, visit)


_STEPS: tuple[Callable[[Teller, Visit], None], ...] = (_plan, _note, replan, _ready_or_not)
