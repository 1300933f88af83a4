"""Planning between the parties of a stay in Piteå: contact, invitation, plan, basis, recall."""

from __future__ import annotations

from collections.abc import Callable

from stories.plots import faults
from stories.plots.ordinary import admitted, discharge
from stories.plots.planned_words import code_of, say_planned
from stories.teller import Teller
from stories.visit import Visit
from stories.world import (
    BODEN,
    PITEA_SOC,
    PLANNING,
    PRIMARY,
    SOCIAL,
    SUNDBY,
    SUNDBY_FHIR,
    VC_PITEA,
)


def coordination(t: Teller) -> None:
    """Tell a stay whose parties plan together, and what they say of it."""
    visit = t.visit(t.person("2581", VC_PITEA.organization), SUNDBY)
    admitted(t, visit, SOCIAL, PRIMARY)
    t.then(hours=30)
    for act in t.chance.sample(_ACTS, t.chance.randrange(1, 4)):
        act(t, visit)
        t.then(hours=2)
    t.some_time()
    discharge(t, visit)
    if t.chance.random() < 0.5:
        t.then(hours=1)
        _transfer(t, visit)


def _contact(t: Teller, visit: Visit) -> None:
    say_planned(t, visit, VC_PITEA, "care-contact", (SUNDBY, PITEA_SOC), code=code_of(t, "FK"))


def _invitation(t: Teller, visit: Visit) -> None:
    """An invitation, and what becomes of it: an answer, a change, an end."""
    code = code_of(t, "K")
    say_planned(t, visit, VC_PITEA, "sip-invitation", (PITEA_SOC, SUNDBY), code=code, consent=True)
    t.then(hours=3)
    if t.chance.random() < 0.6:
        say_planned(t, visit, PITEA_SOC, "sip-invitation-answer", (VC_PITEA,), code=code)
        t.then(hours=1)
    then = t.chance.choice(["sip-invitation-changed", "sip-invitation-cancelled", ""])
    if then:
        say_planned(
            t, visit, VC_PITEA, then, (PITEA_SOC, SUNDBY), code=code, version=2, consent=True
        )


def _of_stranger(t: Teller, visit: Visit) -> None:
    """A unit that takes no part is invited without consent: it must not get the invitation."""
    t.has("invitation-to-no-party")
    say_planned(t, visit, VC_PITEA, "sip-invitation", (PITEA_SOC, BODEN), code=code_of(t, "K"))


def _plan(t: Teller, visit: Visit) -> None:
    code = code_of(t, "P")
    say_planned(t, visit, PLANNING, "care-plan", (PITEA_SOC, SUNDBY), code=code)
    t.then(hours=5)
    if t.chance.random() < 0.7:
        say_planned(t, visit, PITEA_SOC, "progress", (PLANNING,), code=code)


def _basis(t: Teller, visit: Visit) -> None:
    say_planned(t, visit, PITEA_SOC, "planning-basis", (SUNDBY,), code="", consent=True)


def _recalled(t: Teller, visit: Visit) -> None:
    """A message that was wrong, and its recall to those who got it."""
    first = say_planned(t, visit, PITEA_SOC, "message", (SUNDBY, VC_PITEA), code="")
    t.then(hours=2)
    say_planned(t, visit, PITEA_SOC, "recall", (SUNDBY, VC_PITEA), code="", about=first.control)


def _faulty(t: Teller, visit: Visit) -> None:
    """Somebody of the case says what cannot be right: it is refused, and nobody hears it."""
    t.chance.choice(faults.FAULTS)(t, visit)


def _transfer(t: Teller, visit: Visit) -> None:
    say_planned(t, visit, SUNDBY_FHIR, "information-transfer", (VC_PITEA,), code="")


_ACTS: tuple[Callable[[Teller, Visit], None], ...] = (
    _contact,
    _invitation,
    _of_stranger,
    _plan,
    _basis,
    _recalled,
    _faulty,
    _faulty,
)
