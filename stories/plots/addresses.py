"""Addresses that are blanked, that flap, that begin later or have ended."""

from __future__ import annotations

from datetime import timedelta

from stories import people
from stories.plots.ordinary import admitted, discharge, ready, replan
from stories.teller import Teller
from stories.truth import Act
from stories.visit import Visit
from stories.world import CENTRES, SOCIAL, SUNDBY


def addresses(t: Teller) -> None:
    """Tell one kind of change of address in a stay."""
    kinds = [_moved, _blanked, _flapping, _future, _expired, _long_after, _temporary, _to_nobody]
    t.chance.choice(kinds)(t)


def _begin(t: Teller) -> Visit:
    visit = t.visit(t.person("2580", t.chance.choice(CENTRES).organization), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.some_time()
    return visit


def _moved(t: Teller) -> None:
    visit = _begin(t)
    t.has("moved-kommun")
    if t.chance.random() < 0.5:
        ready(t, visit)
        t.then(hours=1)
    t.move(visit.person, "2581")
    t.tell(visit, Act.UPDATE)
    t.some_time()
    replan(t, visit)
    t.some_time()
    discharge(t, visit)


def _to_nobody(t: Teller) -> None:
    """The patient moves to a kommun that is not connected, and perhaps on to a third one."""
    visit = _begin(t)
    t.has("moved-to-nobody")
    t.then(hours=t.chance.choice([2, 40]))
    t.move(visit.person, "2583")
    t.tell(visit, Act.UPDATE)
    t.some_time()
    replan(t, visit)
    if t.chance.random() < 0.5:
        t.then(hours=30)
        t.has("moved-on-from-nobody")
        t.move(visit.person, t.chance.choice(["0180", "2581"]))
        t.tell(visit, Act.UPDATE)
    t.some_time()
    discharge(t, visit)


def _blanked(t: Teller) -> None:
    visit = _begin(t)
    t.has("address-blanked")
    t.tell(visit, Act.UPDATE, more={"address": None})
    t.some_time()
    visit.tells = visit.tells - {"address"}
    replan(t, visit)


def _flapping(t: Teller) -> None:
    visit = _begin(t)
    t.has("address-flapping")
    home = visit.person.address
    t.move(visit.person, "2581")
    t.tell(visit, Act.UPDATE)
    t.some_time()
    visit.person.address = home
    t.tell(visit, Act.UPDATE)
    t.some_time()
    discharge(t, visit)


def _future(t: Teller) -> None:
    """An address that begins in three days: it decides from then on, at the next word."""
    visit = _begin(t)
    t.has("address-future-dated")
    home = visit.person.address
    begins = (t.now + timedelta(days=3)).replace(hour=2, minute=0, second=0, microsecond=0)
    t.move(visit.person, "2581", since=begins)
    later = visit.person.address
    t.tell(visit, Act.UPDATE, more={"address": (home, later)})
    visit.tells = visit.tells - {"address"}
    t.then(hours=30)
    replan(t, visit)
    t.then(hours=80)
    replan(t, visit)


def _expired(t: Teller) -> None:
    """An old address stands first, with a date on which it ended."""
    visit = t.visit(t.person("2581"), SUNDBY)
    t.has("address-expired")
    ended = t.now - timedelta(days=40)
    old = people.address(t.chance, "2580", until=ended)
    t.token(old.street, visit.person, "address")
    t.assess(visit, SOCIAL)
    t.tell(visit, Act.ADMIT, "assessment", more={"address": (old, visit.person.address)})
    visit.tells = visit.tells - {"address"}
    t.some_time()
    replan(t, visit)


def _long_after(t: Teller) -> None:
    """Sixty days after the discharge the person moves: nobody is told."""
    visit = _begin(t)
    discharge(t, visit)
    t.then(hours=24 * 60)
    t.has("moved-long-after-discharge")
    t.move(visit.person, "2581")
    t.tell(visit, Act.UPDATE)


def _temporary(t: Teller) -> None:
    """A temporary address in another kommun changes nothing."""
    visit = _begin(t)
    t.has("address-temporary")
    visitor = people.address(t.chance, "2581", kind="C")
    t.token(visitor.street, visit.person, "address")
    t.tell(visit, Act.UPDATE, more={"address": (visitor, visit.person.address)})
    t.some_time()
    replan(t, visit)
