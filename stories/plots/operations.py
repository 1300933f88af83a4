"""What operations do in mid-case: by that alone nobody is told anything."""

from __future__ import annotations

from datetime import timedelta

from stories.plots.ordinary import admitted, discharge, ready, replan
from stories.teller import Teller
from stories.truth import Act, Deed, Weather
from stories.world import LULEA, PLANNING, SOCIAL, SUNDBY


def operations(t: Teller) -> None:
    """One deed in the middle of a stay."""
    deed = t.chance.choice(list(Deed))
    visit = t.visit(t.person("2580"), SUNDBY)
    if deed is Deed.WIPE:
        t.has("planning-on-the-bus")
    if deed is Deed.WARDS_ON:
        t.has("wards-turned-on")
    admitted(t, visit, SOCIAL)
    t.some_time()
    if deed in (Deed.REPLAY, Deed.EDIT):
        _fault(t, deed)
        replan(t, visit)
        t.then(hours=40)
    t.operate(deed, t.now + timedelta(minutes=1))
    t.has(_NAMES[deed])
    t.then(hours=3)
    t.chance.choice([replan, ready])(t, visit)
    t.some_time()
    if t.chance.random() < 0.5:
        t.assess(visit)
        t.tell(visit, Act.UPDATE, "assessment")
    else:
        discharge(t, visit)


def _fault(t: Teller, deed: Deed) -> None:
    party = t.chance.choice([LULEA, PLANNING])
    weather = Weather.FATAL if deed is Deed.EDIT else Weather.REFUSED
    t.weather(party.name, weather, 34, t.now)
    t.then(minutes=2)


_NAMES = {
    Deed.RESTART: "upgrade-in-mid-case",
    Deed.WARDS_ON: "settings-in-mid-case",
    Deed.SUCCESSOR: "successor-in-mid-case",
    Deed.REPLAY: "replay-in-mid-case",
    Deed.EDIT: "edit-in-mid-case",
    Deed.WIPE: "broker-wipe-in-mid-case",
}
