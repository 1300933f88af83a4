"""Overreach by every party through every door: what nobody but the owner may say."""

from __future__ import annotations

from datetime import date

from stories import fhir_bytes, omsorg_bytes, people
from stories.people import Person
from stories.plots import messages
from stories.plots.ordinary import admitted, discharge, replan
from stories.teller import Teller
from stories.truth import Act, Assessment, Discharge, Standing, Word
from stories.visit import Visit
from stories.world import (
    CENTRES,
    EVERYBODY,
    LULEA,
    NORRLID,
    PLANNING,
    PSYK,
    SOCIAL,
    SUNDBY,
    SUNDBY_FHIR,
    Party,
)

_OMSORG_TYPES = {
    "admission-updated": ("andrad-inskrivning", "pagaende"),
    "deceased": ("avliden", "avslutad"),
    "discharged": ("utskriven", "avslutad"),
    "discharge-ready": ("utskrivningsklar", "pagaende"),
    "process-ended": ("avbrott", "pagaende"),
    "admission-cancelled": ("makulerad-inskrivning", "makulerad"),
}
_OF_PARTIES = ("care-plan", "message")
_IN_FHIR = ("care-contact", "sip-invitation", "planning-basis", "progress", "recall")
"""What only the parties of a case may say; the second only in FHIR."""
_STRANGERS = tuple(p for p in EVERYBODY if p not in (SUNDBY, SUNDBY_FHIR, NORRLID, PSYK))


def overreach(t: Teller) -> None:
    """A stay of Sundby, and somebody else's word about it, in one of many ways."""
    visit = t.visit(t.person("2580", CENTRES[0].organization), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.some_time()
    party = t.chance.choice(_STRANGERS)
    for _ in range(t.chance.randrange(1, 3)):
        more = _IN_FHIR if party.form == "fhir" else ()
        event = t.chance.choice([*_OMSORG_TYPES, *_OF_PARTIES, *more])
        named = t.chance.choice(["by-name", "by-name", "by-number", "by-own-case"])
        if event in (*_OF_PARTIES, *_IN_FHIR):
            if party in (LULEA, PLANNING):
                continue  # they are parties of the case
            named = "by-name"
        _attempt(t, visit, party, event, named)
        t.then(hours=1)
    t.some_time()
    replan(t, visit)
    t.some_time()
    discharge(t, visit)


def _attempt(t: Teller, visit: Visit, party: Party, event: str, named: str) -> None:
    t.has("overreach", f"overreach-{named}", f"overreach-at-{party.door}-{party.form}")
    t.has(f"overreach-by-{party.name}", f"overreach-{event}")
    twin = -1
    if named in ("by-name", "by-number") and t.chance.random() < 0.5:
        t.has("overreach-about-nobody")
        ghost = people.person(t.chance, "ghost", "2580")
        case = f"{visit.hospital.organization}/{t.chance.randrange(10**8):08}"
        twin = _word(t, ghost, case if named == "by-name" else "", party, event, -1).n
        t.then(minutes=5)
    case = {"by-name": visit.case, "by-number": ""}.get(named, f"{party.organization}/E1")
    _word(t, visit.person, case, party, event, twin)


def _word(t: Teller, person: Person, case: str, party: Party, event: str, twin: int) -> Word:
    mark = people.word(t.chance, 7)
    t.token(mark, person if person.key != "ghost" else people.person(t.chance, "ghost", ""), "mark")
    write = _omsorg if party.form == "omsorg" else _fhir
    body, control = write(t, person, case, party, event, mark)
    return t.add(
        sender=party,
        act=Act.OTHER,
        body=body,
        control=control,
        case=case,
        standing=Standing.OVERREACH,
        event=event,
        mark=mark,
        twin=twin,
    )


def _content(t: Teller) -> str:
    return fhir_bytes.content_id(t.story.seed, t.story.number, len(t.story.words), "overreach")


def _omsorg(
    t: Teller, person: Person, case: str, party: Party, event: str, mark: str
) -> tuple[bytes, str]:
    content = _content(t)
    time = t.now.isoformat()
    patient = {"street": f"{mark}vägen 1", "kommun": "2580"}
    if event == "care-plan":
        type_, body = "plan", omsorg_bytes.plan(f"P-{content[:8]}", mark)
    elif event == "message":
        type_, body = "meddelande", omsorg_bytes.note(mark, t.now)
    else:
        type_, status = _OMSORG_TYPES[event]
        facts = {"discharged": {"utskriven": time}, "discharge-ready": {"utskrivningsklar": time}}
        ends = {"utskriven": time} if event == "deceased" else facts.get(event, {})
        body = omsorg_bytes.stay(status, ends)
    patient |= {"died": time} if event == "deceased" else {}
    draft = omsorg_bytes.Draft(
        content=content,
        type=type_,
        sender=party.organization,
        made=t.now,
        number=person.number,
        case=case,
        to=(SUNDBY.organization,) if event in _OF_PARTIES else (),
        reason=mark if event in ("process-ended", "admission-cancelled") else "",
        body=body,
        patient=patient,
    )
    return omsorg_bytes.write(draft), content


def _fhir(
    t: Teller, person: Person, case: str, party: Party, event: str, mark: str
) -> tuple[bytes, str]:
    content = _content(t)
    moment = t.now.replace(microsecond=0)
    says: dict[str, object] = {"name": (mark, "Anna"), "planned": date(2031, 1, 1)}
    more: dict[str, dict[str, object]] = {
        "deceased": {"deceased": moment, "discharged": Discharge(at=moment, to="exp")},
        "discharged": {"discharged": Discharge(at=moment)},
        "discharge-ready": {"ready": moment},
        "process-ended": {
            "assessment": Assessment(needs=frozenset({SOCIAL}), at=moment, withdrawn=True)
        },
    }
    draft = fhir_bytes.Draft(
        content=content,
        event=event,
        sender=party,
        made=t.now,
        cases=(case,) if case else (),
        to=(SUNDBY.organization,) if event in (*_OF_PARTIES, *_IN_FHIR) else (),
        number=person.number,
        says=says | more.get(event, {}),
        text=mark,
        code=f"P-{content[:8]}",
        reason=mark if event in ("process-ended", "admission-cancelled") else "",
    )
    return fhir_bytes.write(draft), content


def from_hospital(t: Teller) -> None:
    """A hospital's word about another hospital's case."""
    visit = t.visit(t.person("2580", CENTRES[0].organization), NORRLID)
    admitted(t, visit, SOCIAL)
    t.some_time()
    t.has("overreach-by-hospital")
    event = t.chance.choice(list(_OMSORG_TYPES))
    _attempt(t, visit, SUNDBY_FHIR, event, "by-name")
    t.some_time()
    replan(t, visit)


def planted_alias(t: Teller) -> None:
    """The planning service gives a case a name of its own, as it may, and then reports the stay."""
    visit = t.visit(t.person("2580", CENTRES[0].organization), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.then(hours=3)
    alias = f"{PLANNING.organization}/{t.chance.randrange(10**8):08}"
    t.has("planning-alias")
    messages.say(t, visit, PLANNING, "message", (SUNDBY,), alias=alias)
    t.then(hours=3)
    t.has("overreach-by-alias")
    event = t.chance.choice(list(_OMSORG_TYPES))
    _word(t, visit.person, alias, PLANNING, event, -1)
    t.some_time()
    if t.chance.random() < 0.5:
        t.has("reused-visit-with-planning-alias")
        other = t.visit(t.person("2581"), SUNDBY, visit.number)
        t.tell(other, Act.UPDATE, standing=Standing.HELD)
        t.some_time()
    discharge(t, visit)
