"""Ends of stays, and hospitals beside each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stories.plots.ordinary import admitted, discharge, ready, reopen, replan
from stories.teller import Teller
from stories.truth import Act, Assessment, Discharge, Standing
from stories.visit import Visit
from stories.world import CENTRES, NORRLID, PSYK, SOCIAL, SUNDBY, SUNDBY_FHIR, Party

_HOURS_TO_BELATED = (2.0, 100.0)


def _visit(t: Teller, hospital: Party = SUNDBY) -> Visit:
    return t.visit(t.person("2580", t.chance.choice(CENTRES).organization), hospital)


def after_discharge(t: Teller) -> None:
    """An assessment that comes after the discharge: judged before it, after it, or too late."""
    visit = _visit(t)
    t.tell(visit, Act.ADMIT)
    t.some_time()
    judged = t.now
    t.then(hours=2)
    discharge(t, visit)
    t.has("assessment-after-discharge")
    kind = t.chance.choice(["belated", "judged-after", "after-window"])
    t.has(f"assessment-{kind}")
    t.then(hours=24 * 12 if kind == "after-window" else t.chance.uniform(*_HOURS_TO_BELATED))
    at = t.now if kind == "judged-after" else judged
    visit.assessment = Assessment(needs=frozenset({SOCIAL}), at=at)
    t.tell(visit, Act.UPDATE, "assessment", "discharged")


def taken_back(t: Teller) -> None:
    """A discharge or a death that is taken back when the window is over: a person must know."""
    visit = _visit(t)
    admitted(t, visit, SOCIAL)
    t.some_time()
    t.has("end-taken-back-after-window")
    discharge(t, visit)
    t.then(hours=24 * t.chance.choice([3, 9, 20]))
    reopen(t, visit)
    t.then(hours=t.chance.choice([2, 30]))
    kind = t.chance.choice(["goes-on", "corrected", "nothing"])
    t.has(f"taken-back-{kind}")
    if kind == "goes-on":
        ready(t, visit)
        t.some_time()
        discharge(t, visit)
    elif kind == "corrected":
        visit.discharged = Discharge(at=t.now.replace(microsecond=0) - timedelta(hours=1))
        t.tell(visit, Act.DISCHARGE, "discharged")


def transfer(t: Teller) -> None:
    """The patient goes to another hospital: transferred, never discharged."""
    visit = _visit(t)
    admitted(t, visit, SOCIAL)
    t.some_time()
    if t.chance.random() < 0.5:
        ready(t, visit)
        t.some_time()
    t.has("transfer")
    discharge(t, visit, "other-hcf")
    t.then(hours=3)
    if t.chance.random() < 0.5:
        t.has("transfer-and-next-stay")
        following = t.visit(visit.person, NORRLID)
        admitted(t, following, SOCIAL)
        t.some_time()
        discharge(t, following)


def discharge_first(t: Teller) -> None:
    """A03 comes before A01: the same stay."""
    visit = _visit(t)
    t.has("discharge-before-admission")
    t.then(hours=5)
    t.assess(visit, SOCIAL)
    visit.discharged = Discharge(at=t.now.replace(microsecond=0))
    t.tell(visit, Act.DISCHARGE, "discharged", "assessment")
    visit.discharged = None
    t.then(minutes=t.chance.choice([1, 90]))
    made = visit.admitted
    word = t.tell(visit, Act.ADMIT, "assessment", clock=made)
    t.story.words[-1] = replace(word, made=made)


def psychiatry(t: Teller) -> None:
    """A psychiatric provider, and leave under LPT."""
    visit = _visit(t, PSYK)
    t.has("psychiatric-provider")
    admitted(t, visit, SOCIAL)
    t.some_time()
    t.has("lpt-leave")
    visit.leave = (t.now, t.now + timedelta(hours=40))
    t.tell(visit, Act.LEAVE, "leave")
    t.then(hours=20)
    replan(t, visit)
    t.then(hours=20)
    visit.leave = None
    t.tell(visit, Act.BACK)
    t.some_time()
    discharge(t, visit)


def two_hospitals(t: Teller) -> None:
    """One person at two hospitals; one of them reports a death, or protects the person."""
    visit = _visit(t)
    admitted(t, visit, SOCIAL)
    t.has("two-hospitals")
    t.some_time()
    if t.chance.random() < 0.5:
        other = t.visit(visit.person, NORRLID)
        admitted(t, other, SOCIAL)
        t.has("two-stays-at-once")
    else:
        t.has("foreign-death")
        other = t.visit(visit.person, NORRLID)
        says = {"deceased": t.now.replace(microsecond=0)}
        t.tell(other, Act.DEATH, more=says, stay=False, standing=Standing.FOREIGN)
    t.some_time()
    replan(t, visit)
    t.some_time()
    discharge(t, visit)


def two_feeds(t: Teller) -> None:
    """FHIR and HL7 v2 from one hospital; the network may swap them."""
    visit = _visit(t)
    t.has("fhir-and-hl7")
    admitted(t, visit, SOCIAL)
    t.then(hours=2)
    lag = t.chance.choice([1.0, 1.0, 7200.0])
    if lag > 1:
        t.has("swapped-between-senders")
    visit.planned = (t.now + timedelta(days=5)).date()
    t.tell(visit, Act.UPDATE, "planned", sender=SUNDBY_FHIR, lag=lag)
    t.then(hours=1)
    visit.planned = (t.now + timedelta(days=8)).date()
    word = t.tell(visit, Act.UPDATE, "planned")
    if t.chance.random() < 0.3:
        t.again(word, t.chance.choice([0.0, 5.0]))
    t.then(hours=4)
    visit.ready = t.now.replace(microsecond=0)
    t.tell(visit, Act.READY, "ready", sender=t.chance.choice([SUNDBY, SUNDBY_FHIR]))
    if t.chance.random() < 0.4:
        t.has("ready-after-discharge")
        t.then(hours=1)
        t.tell(visit, Act.READY, "ready", sender=SUNDBY_FHIR, lag=5 * 3600)
    t.then(hours=2)
    discharge(t, visit)


def outpatient(t: Teller) -> None:
    """A class that is no inpatient stay, with an assessment; later perhaps a stay."""
    visit = _visit(t)
    visit.kind = t.chance.choice(["O", "E"])
    t.has("assessment-outpatient")
    t.assess(visit, SOCIAL)
    t.tell(visit, Act.ADMIT, "assessment", trigger="A04")
    t.then(hours=4)
    if t.chance.random() < 0.5:
        t.has("outpatient-becomes-inpatient")
        visit.kind = "I"
        visit.admitted = t.now
        t.tell(visit, Act.ADMIT, "assessment", trigger="A06")
        t.some_time()
        discharge(t, visit)


def death(t: Teller) -> None:
    """A death, told in each way, and corrected as it was told."""
    visit = _visit(t)
    admitted(t, visit, SOCIAL)
    t.some_time()
    how = t.chance.choice(["by-update", "without-visit", "by-disposition"])
    t.has("death", f"death-{how}")
    at = t.now.replace(microsecond=0)
    visit.died = at
    if how == "by-disposition":
        discharge(t, visit, "exp")
        return
    t.tell(visit, Act.DEATH, more={"deceased": at}, stay=how == "by-update")
    if t.chance.random() < 0.4:
        t.then(hours=3)
        t.has("death-withdrawn")
        t.tell(visit, Act.ALIVE, more={"deceased": False}, stay=how == "by-update")
        t.some_time()
        replan(t, visit)
    elif t.chance.random() < 0.5:
        t.then(hours=1)
        t.has("discharged-after-death")
        discharge(t, visit)
