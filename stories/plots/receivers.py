"""What may befall an attempt, and words that come while its outcome is open."""

from __future__ import annotations

from stories.plots.ordinary import admitted, discharge, ready, replan
from stories.teller import Teller
from stories.truth import Act, Assessment, Weather
from stories.visit import Visit
from stories.world import LULEA, PITEA_SOC, PRIMARY, SOCIAL, SUNDBY, VC_PITEA, Party

_DELAYS = {Weather.SLOW_LOST: 6.0, Weather.SLOW_ARRIVED: 6.0}
"""Seconds from the notice to the withdrawal: these attempts take fifteen."""


def withdrawal(t: Teller) -> None:
    """Withdraw the assessment at each outcome of the attempt at its one receiver."""
    party = t.chance.choice([LULEA, PITEA_SOC, VC_PITEA])
    visit = _visit(t, party)
    weather = t.chance.choice(list(Weather))
    t.weather(party.name, weather, 3, t.now)
    t.assess(visit, PRIMARY if party is VC_PITEA else SOCIAL)
    t.tell(visit, Act.ADMIT, "assessment")
    how = t.chance.choice(["withdrawn", "no-need", "cancelled", "not-at-all"])
    t.has(f"{how}-during-{weather}")
    if weather in (Weather.LATE, Weather.LIED):
        t.has("late-receipt-after-the-end")
    t.then(seconds=_DELAYS.get(weather, 300))
    _withdraw(t, visit, how)
    t.some_time()
    if how in ("withdrawn", "no-need") and t.chance.random() < 0.4:
        t.has("assessed-again-after-withdrawal")
        t.assess(visit, PRIMARY if party is VC_PITEA else SOCIAL)
        t.tell(visit, Act.UPDATE, "assessment")
        t.some_time()
    replan(t, visit)


def _visit(t: Teller, party: Party) -> Visit:
    kommun = "2580" if party is LULEA else "2581"
    return t.visit(t.person(kommun, VC_PITEA.organization), SUNDBY)


def _withdraw(t: Teller, visit: Visit, how: str) -> None:
    if how == "not-at-all":
        return
    t.has("withdrawal")
    if how == "cancelled":
        t.tell(visit, Act.CANCEL)
        return
    needs = frozenset({SOCIAL}) if how == "withdrawn" else frozenset()
    visit.assessment = Assessment(needs=needs, at=t.now, withdrawn=how == "withdrawn")
    t.tell(visit, Act.UPDATE, "assessment")


def weather(t: Teller) -> None:
    """A receiver that is away for hours, at any time of a stay."""
    party = t.chance.choice([LULEA, PITEA_SOC])
    visit = _visit(t, party)
    hours = t.chance.choice([0.5, 2, 8, 30, 60])
    since = t.now
    kind = t.chance.choice([w for w in Weather if w is not Weather.UP])
    admitted(t, visit, SOCIAL)
    if t.chance.random() < 0.6:
        t.some_time()
        since = t.now
    t.weather(party.name, kind, hours, since)
    t.has(f"away-{hours}-hours")
    for step in t.chance.sample([replan, ready, replan], 2):
        t.then(hours=t.chance.uniform(0.1, 6))
        step(t, visit)
    t.some_time()
    discharge(t, visit)
