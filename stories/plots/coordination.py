"""Planning between the parties of a stay in Piteå: contact, invitation, plan, basis, recall."""

from __future__ import annotations

from collections.abc import Callable

from stories import fhir_bytes, people
from stories.plots.ordinary import admitted, discharge
from stories.teller import Teller
from stories.truth import Act, Standing, Word
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
    Party,
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
    _say(t, visit, VC_PITEA, "care-contact", (SUNDBY, PITEA_SOC), code=_code(t, "FK"))


def _invitation(t: Teller, visit: Visit) -> None:
    """An invitation, and what becomes of it: an answer, a change, an end."""
    code = _code(t, "K")
    _say(t, visit, VC_PITEA, "sip-invitation", (PITEA_SOC, SUNDBY), code=code, consent=True)
    t.then(hours=3)
    if t.chance.random() < 0.6:
        _say(t, visit, PITEA_SOC, "sip-invitation-answer", (VC_PITEA,), code=code)
        t.then(hours=1)
    then = t.chance.choice(["sip-invitation-changed", "sip-invitation-cancelled", ""])
    if then:
        _say(t, visit, VC_PITEA, then, (PITEA_SOC, SUNDBY), code=code, version=2, consent=True)


def _of_stranger(t: Teller, visit: Visit) -> None:
    """A unit that takes no part is invited without consent: it must not get the invitation."""
    t.has("invitation-to-no-party")
    _say(t, visit, VC_PITEA, "sip-invitation", (PITEA_SOC, BODEN), code=_code(t, "K"))


def _plan(t: Teller, visit: Visit) -> None:
    code = _code(t, "P")
    _say(t, visit, PLANNING, "care-plan", (PITEA_SOC, SUNDBY), code=code)
    t.then(hours=5)
    if t.chance.random() < 0.7:
        _say(t, visit, PITEA_SOC, "progress", (PLANNING,), code=code)


def _basis(t: Teller, visit: Visit) -> None:
    _say(t, visit, PITEA_SOC, "planning-basis", (SUNDBY,), code="", consent=True)


def _recalled(t: Teller, visit: Visit) -> None:
    """A message that was wrong, and its recall to those who got it."""
    first = _say(t, visit, PITEA_SOC, "message", (SUNDBY, VC_PITEA), code="")
    t.then(hours=2)
    _say(t, visit, PITEA_SOC, "recall", (SUNDBY, VC_PITEA), code="", about=first.control)


def _transfer(t: Teller, visit: Visit) -> None:
    _say(t, visit, SUNDBY_FHIR, "information-transfer", (VC_PITEA,), code="")


_ACTS: tuple[Callable[[Teller, Visit], None], ...] = (
    _contact,
    _invitation,
    _of_stranger,
    _plan,
    _basis,
    _recalled,
)


def _code(t: Teller, letter: str) -> str:
    return f"{letter}-{t.chance.randrange(10**8):08}"


def _say(  # noqa: PLR0913 - what a party says, each part by name
    t: Teller,
    visit: Visit,
    party: Party,
    event: str,
    to: tuple[Party, ...],
    *,
    code: str,
    version: int = 1,
    about: str = "",
    consent: bool = False,
) -> Word:
    """Let a party say something in the case, in FHIR."""
    t.has(event)
    mark = people.word(t.chance, 7)
    content = fhir_bytes.content_id(t.story.seed, t.story.number, len(t.story.words), "planned")
    draft = fhir_bytes.Draft(
        content=content,
        event=event,
        sender=party,
        made=t.now,
        cases=(visit.case,),
        to=tuple(each.organization for each in to),
        number=visit.person.number,
        says={"consent": True} if consent else {},
        text=mark,
        code=code,
        version=version,
        about=about,
    )
    return t.add(
        sender=party,
        act=Act.OTHER,
        body=fhir_bytes.write(draft),
        control=content,
        case=visit.case,
        event=event,
        to=tuple(each.name for each in to),
        mark=mark,
        standing=Standing.OWN,
    )
