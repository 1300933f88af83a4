"""Who is it: numbers that change, names that are used again, and protected persons."""

from __future__ import annotations

from stories import people
from stories.people import Number
from stories.plots.ordinary import admitted, discharge, ready, replan
from stories.teller import Teller
from stories.truth import Act, Discharge, Standing
from stories.visit import Visit
from stories.world import CENTRES, NORRLID, SOCIAL, SUNDBY, VC_PITEA


def _visit(t: Teller, kommun: str = "2580") -> Visit:
    centre = VC_PITEA if kommun == "2581" else t.chance.choice(CENTRES)
    return t.visit(t.person(kommun, centre.organization), SUNDBY)


def reused_visit(t: Teller) -> None:
    """A visit number used again: by another person, or by the same one long after."""
    eva = _visit(t)
    admitted(t, eva, SOCIAL)
    t.has("reused-visit-number")
    t.some_time()
    if t.chance.random() < 0.7:
        _other_person(t, eva)
        t.some_time()
        replan(t, eva)
        return
    discharge(t, eva)
    t.then(hours=24 * t.chance.choice([40, 365]))
    t.has("visit-number-used-again-by-the-same-person")
    again = t.visit(eva.person, SUNDBY, f"{eva.number}")
    t.tell(again, Act.ADMIT, standing=Standing.JUNK)


def _other_person(t: Teller, eva: Visit) -> None:
    bo = t.visit(t.person("2581", VC_PITEA.organization), SUNDBY, eva.number)
    act = t.chance.choice([Act.UPDATE, Act.DISCHARGE, Act.ADMIT])
    t.has(f"other-person-by-{act}")
    if act is Act.DISCHARGE:
        bo.discharged = Discharge(at=t.now.replace(microsecond=0))
    names = ("discharged",) if act is Act.DISCHARGE else ()
    t.tell(bo, act, *names, standing=Standing.HELD)


def mother_and_child(t: Teller) -> None:
    """Both have the mother's account number (PID-18); the child has a visit of its own."""
    mother = _visit(t)
    mother.account = f"K{t.chance.randrange(10**8):08}"
    admitted(t, mother, SOCIAL)
    t.has("mother-and-child")
    t.some_time()
    child = _visit(t)
    child.person.born = t.now.date()
    child.person.address = mother.person.address
    t.token(child.person.address.street, child.person, "address")
    child.account = mother.account
    number = people.personnummer(t.chance, child.person.born)
    t.renumber(child.person, Number(kind="pnr", value=number))
    admitted(t, child, SOCIAL)
    t.then(hours=20)
    replan(t, mother)
    t.then(hours=1)
    replan(t, child)
    t.some_time()
    discharge(t, child)


def numbers(t: Teller) -> None:
    """A number that is replaced: of a reserve number at once, of a personnummer never unseen."""
    kind = t.chance.choice(["reserve", "snr", "pnr", "lma"])
    visit = _visit(t)
    person = visit.person
    if kind == "pnr":
        _fictitious(t, visit)
        return
    value = {
        "reserve": people.reserve_number(t.chance),
        "snr": people.personnummer(t.chance, person.born, coordination=True),
        "lma": f"{t.chance.randrange(10**8):08}",
    }[kind]
    person.numbers.clear()
    t.renumber(person, Number(kind=kind, value=value))
    admitted(t, visit, SOCIAL)
    t.some_time()
    t.has("lma-number" if kind == "lma" else f"{kind}-to-pnr")
    if kind != "lma":
        number = people.personnummer(t.chance, person.born)
        old = t.renumber(person, Number(kind="pnr", value=number))
        t.tell(visit, Act.PERSON, more={"old": old}, trigger=t.chance.choice(["A40", "A47"]))
        t.some_time()
    ready(t, visit)
    t.some_time()
    discharge(t, visit)


def _fictitious(t: Teller, visit: Visit) -> None:
    """Two personnummer: nothing that leaves may ever link them."""
    admitted(t, visit, SOCIAL)
    t.some_time()
    t.has("pnr-to-pnr")
    person = visit.person
    number = Number(kind="pnr", value=people.personnummer(t.chance, person.born))
    old, person.number = person.number, number
    hidden = t.story.people[person.key + "x"] = people.person(t.chance, person.key + "x", "2580")
    hidden.numbers = [number]
    t.token(number.value, hidden, "number")
    t.tell(visit, Act.PERSON, more={"old": old}, trigger="A40", standing=Standing.HELD)
    person.number = old
    t.some_time()
    replan(t, visit)


def protection(t: Teller) -> None:
    """Protection by any message: before, during and from elsewhere; silence never weakens it."""
    level = t.chance.choice(["sekretessmarkering", "skyddadFolkbokforing", "kvarskrivning"])
    visit = _visit(t, t.chance.choice(["2580", "2581"]))
    how = t.chance.choice(["from-the-start", "by-a31", "by-a08", "elsewhere", "in-another-case"])
    t.has(f"protected-{how}", level)
    if how == "from-the-start":
        t.assess(visit, SOCIAL)
        t.tell(visit, Act.ADMIT, "assessment", more={"protection": level})
    else:
        admitted(t, visit, SOCIAL)
    t.some_time()
    _protect(t, visit, how, level)
    t.some_time()
    replan(t, visit)
    t.then(hours=3)
    ready(t, visit)
    t.then(hours=30)
    discharge(t, visit)


def _protect(t: Teller, visit: Visit, how: str, level: str) -> None:
    says = {"protection": level}
    match how:
        case "by-a31":
            t.tell(visit, Act.PERSON, more=says)
        case "by-a08":
            t.tell(visit, Act.UPDATE, more=says)
        case "elsewhere":
            other = t.visit(visit.person, NORRLID)
            t.tell(other, Act.PERSON, more=says, standing=Standing.FOREIGN)
        case "in-another-case":
            other = t.visit(visit.person, SUNDBY)
            t.tell(other, Act.ADMIT, more=says)
