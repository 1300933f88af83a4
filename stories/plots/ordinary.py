"""Ordinary stays, and who is entitled in them."""

from __future__ import annotations

from datetime import timedelta

from stories.teller import Teller
from stories.truth import Act, Discharge
from stories.visit import Visit
from stories.world import (
    CENTRES,
    MUNICIPAL,
    NORRLID,
    PRIMARY,
    SOCIAL,
    SUNDBY,
    UNCONNECTED_CENTRE,
    UNKNOWN_UNIT,
    VC_PITEA,
    Need,
)

_CHOICES: tuple[tuple[Need, ...], ...] = (
    (SOCIAL,),
    (SOCIAL,),
    (MUNICIPAL,),
    (SOCIAL, MUNICIPAL),
    (PRIMARY,),
    (SOCIAL, PRIMARY),
    (SOCIAL, MUNICIPAL, PRIMARY),
)


def some_needs(t: Teller) -> tuple[Need, ...]:
    """Return what a physician may judge."""
    return t.chance.choice(_CHOICES)


def somebody(t: Teller, kommun: str = "") -> Visit:
    """Admit a person of Luleå or Piteå, who has a centre that is connected."""
    home = kommun or t.chance.choice(["2580", "2580", "2581"])
    centre = VC_PITEA if home == "2581" else t.chance.choice(CENTRES)
    return t.visit(t.person(home, centre.organization), t.chance.choice([SUNDBY, SUNDBY, NORRLID]))


def admitted(t: Teller, visit: Visit, *needs: Need) -> None:
    """Tell the admission; the assessment comes with it or some hours later."""
    if t.chance.random() < 0.6:
        t.assess(visit, *(needs or some_needs(t)))
        t.tell(visit, Act.ADMIT, "assessment")
        return
    t.has("assessed-later")
    t.tell(visit, Act.ADMIT)
    t.some_time()
    t.assess(visit, *(needs or some_needs(t)))
    t.tell(visit, Act.UPDATE, "assessment")


def life(t: Teller) -> None:
    """Tell a stay from admission to its end, with a few events between."""
    visit = somebody(t)
    admitted(t, visit)
    for _ in range(t.chance.randrange(1, 5)):
        t.some_time()
        t.chance.choice(_steps(visit))(t, visit)
    t.some_time()
    if t.chance.random() < 0.75:
        discharge(t, visit)
        if t.chance.random() < 0.2:
            t.some_time()
            reopen(t, visit)


def _steps(visit: Visit):  # type: ignore[no-untyped-def]
    if visit.leave:
        return [back, replan, ward]
    steps = [replan, replan, ward, leave, needs, same_again]
    return [*steps, unready, same_ready, other_ready] if visit.ready else [*steps, ready, ready]


def replan(t: Teller, visit: Visit) -> None:
    """Another planned discharge (2:4)."""
    visit.planned = (t.now + timedelta(days=t.chance.randrange(2, 14))).date()
    t.has("planned-discharge-changed")
    if visit.leave:
        t.has("update-during-leave")
    if visit.ready:
        t.has("update-after-ready")
    t.tell(visit, Act.UPDATE, "planned")


def unplan(t: Teller, visit: Visit) -> None:
    """The planned discharge is removed: PV2-9 is two quotation marks."""
    visit.planned = None
    t.has("planned-discharge-removed")
    t.tell(visit, Act.UPDATE, "planned")


def ward(t: Teller, visit: Visit) -> None:
    """Another ward, which nobody outside is told."""
    visit.ward = t.visit(visit.person).ward
    t.has("ward-changed")
    t.tell(visit, Act.UPDATE, trigger="A02")


def same_again(t: Teller, visit: Visit) -> None:
    """A word that says nothing new."""
    t.has("nothing-new")
    t.tell(visit, Act.UPDATE)


def needs(t: Teller, visit: Visit) -> None:
    """Another judgement of the needs."""
    t.assess(visit, *some_needs(t))
    t.has("needs-changed")
    t.tell(visit, Act.UPDATE, "assessment")


def leave(t: Teller, visit: Visit) -> None:
    """The patient goes home on leave."""
    visit.leave = (t.now, t.now + timedelta(hours=30))
    t.has("leave")
    t.tell(visit, Act.LEAVE, "leave")


def back(t: Teller, visit: Visit) -> None:
    """The patient is back."""
    visit.leave = None
    t.tell(visit, Act.BACK)


def ready(t: Teller, visit: Visit) -> None:
    """The physician judges the patient ready for discharge (3:1)."""
    visit.ready = t.now.replace(microsecond=0)
    t.has("discharge-ready")
    t.tell(visit, Act.READY, "ready")


def same_ready(t: Teller, visit: Visit) -> None:
    """The same judgement told twice."""
    t.has("ready-told-twice")
    t.tell(visit, Act.READY, "ready")


def other_ready(t: Teller, visit: Visit) -> None:
    """Another time while ready stands: an update that starts no clock (5:4)."""
    visit.ready = t.now.replace(microsecond=0)
    t.has("ready-at-another-time")
    t.tell(visit, Act.READY, "ready")


def unready(t: Teller, visit: Visit) -> None:
    """The judgement is withdrawn."""
    visit.ready = None
    t.has("ready-withdrawn")
    t.tell(visit, Act.UNREADY)


def discharge(t: Teller, visit: Visit, to: str = "home") -> None:
    """The patient leaves."""
    visit.leave = None
    visit.discharged = Discharge(at=t.now.replace(microsecond=0), to=to)
    t.has("discharged")
    t.tell(visit, Act.DISCHARGE, "discharged")


def reopen(t: Teller, visit: Visit) -> None:
    """The discharge is undone."""
    visit.discharged = None
    t.has("discharge-undone")
    t.tell(visit, Act.REOPEN)


def shared_mailbox(t: Teller) -> None:
    """Two needs in one mailbox; one ends, and comes back."""
    visit = t.visit(t.person("2580"))
    admitted(t, visit, SOCIAL, MUNICIPAL)
    t.has("shared-mailbox")
    t.some_time()
    t.assess(visit, SOCIAL)
    t.tell(visit, Act.UPDATE, "assessment")
    t.some_time()
    replan(t, visit)
    if t.chance.random() < 0.6:
        t.some_time()
        t.has("need-added-again")
        t.assess(visit, SOCIAL, MUNICIPAL)
        t.tell(visit, Act.UPDATE, "assessment")
    t.some_time()
    discharge(t, visit)


def listing(t: Teller) -> None:
    """Seven centres in one kommun: the listed one, or the named one, is told."""
    kind = t.chance.choice(["listed", "named", "moved", "unlisted", "unconnected", "elsewhere"])
    centre = t.chance.choice(CENTRES)
    listed = {"unlisted": "", "unconnected": UNCONNECTED_CENTRE, "elsewhere": VC_PITEA.organization}
    visit = t.visit(t.person("2580", listed.get(kind, centre.organization)))
    t.has("seven-centres-with-listing", f"centre-{kind}")
    named = [t.chance.choice(CENTRES).organization] if kind == "named" else []
    t.assess(visit, *t.chance.choice([(PRIMARY,), (MUNICIPAL,)]), units=named)
    t.tell(visit, Act.ADMIT, "assessment")
    t.some_time()
    if kind == "moved":
        visit.person.listed = t.chance.choice(CENTRES).organization
        t.tell(visit, Act.UPDATE, "listed")
        t.some_time()
    replan(t, visit)
    t.some_time()
    discharge(t, visit)


def nobody(t: Teller) -> None:
    """A need that no one serves."""
    kind = t.chance.choice(["boden", "haparanda", "county", "9999", "no-kommun", "unit"])
    kommuner = {"boden": "2582", "haparanda": "2583", "county": "0180"}
    visit = t.visit(t.person(kommuner.get(kind, "2580"), ""))
    t.has("nobody-to-tell", f"nobody-{kind}")
    if kind == "county":
        t.has("out-of-county")
    if kind in ("9999", "no-kommun"):
        t.move(visit.person, "9999" if kind == "9999" else "")
    wanted = (SOCIAL, MUNICIPAL) if kind == "boden" else (SOCIAL,)
    t.assess(visit, *wanted, units=[UNKNOWN_UNIT] if kind == "unit" else [])
    t.tell(visit, Act.ADMIT, "assessment")
    t.some_time()
    if kind in ("no-kommun", "9999") and t.chance.random() < 0.5:
        t.has("kommun-known-later")
        t.move(visit.person, "2581")
        t.tell(visit, Act.UPDATE)
        t.some_time()
    discharge(t, visit)
