"""The play: two admissions, of which one becomes a discharge with municipal services.

Each scene ends when nothing is under way, so that the rows are easy to follow. Only the scene
where nobody answers does not wait for that answer.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from adapter.demo import planning_scenes
from adapter.demo.acting import Scene, applied, applied_by_all, send, tell
from adapter.demo.region import CENTRE, HOSPITAL, LULEA, PLANNING, UMEA
from adapter.demo.stage import Stage
from adapter.simulators.messages import Assessment, Plan, Stay

DOWN = 2.0  # seconds
_ACTIVITIES = ("Hemtjänst två gånger om dagen", "Hemsjukvård: omläggning", "Rehabilitering hemma")


def play(stage: Stage) -> None:
    """Play the scenes one after the other; StuckError when one does not settle."""
    for scene in SCENES:
        stage.begin(scene.title)
        scene.act(stage)


def _assessed(stage: Stage) -> Stay:
    """The assessment names Umeå's care home and the primary-care centre as units.

    Luleå, where the patient is registered, is told of the need of social services.
    """
    stay = stage.stays.discharge
    at = stay.admitted + timedelta(minutes=10)
    return replace(stay, assessment=Assessment(at=at, units=(UMEA.hsa, CENTRE.hsa)))


def _postponed(stage: Stage) -> Stay:
    stay = _assessed(stage)
    return replace(stay, planned=stay.planned + timedelta(days=2) if stay.planned else None)


# The scenes


def _unseen(stage: Stage) -> None:
    tell(stage, "A01", stage.stays.unseen)
    stage.settle()


def _admission(stage: Stage) -> None:
    stage.goes_wrong(f"Luleå's system goes down for {DOWN:g} s")
    stage.lulea.down(DOWN)
    tell(stage, "A01", _assessed(stage))
    applied_by_all(stage, "admission-notice")
    stage.settle()


def _moved(stage: Stage) -> None:
    stage.goes_wrong("Umeå's next receipt is lost on its way")
    stage.umea.system.faults.lose_receipts = 1
    tell(stage, "A08", _postponed(stage))
    applied_by_all(stage, "admission-updated")
    stage.settle()


def _planning(stage: Stage) -> None:
    plan = Plan(id=str(uuid4()), version=1, status="draft", title="SIP", activities=_ACTIVITIES[:1])
    versions = (
        plan,
        replace(plan, version=2, activities=_ACTIVITIES),
        replace(plan, version=3, status="active", activities=_ACTIVITIES),
    )
    for version in versions:
        _plan(stage, version)
    stage.settle()


def _plan(stage: Stage, plan: Plan) -> None:
    send(stage, stage.planning.system, "care-plan", LULEA, HOSPITAL, plan=plan)
    applied(stage, "care-plan", stage.lulea.system, stage.journal.system, times=plan.version)


def _message(stage: Stage) -> None:
    stage.goes_wrong("The planning service sends its message twice")
    stage.planning.system.faults.send_twice = 1
    text = "Kan hemtjänsten börja samma dag som utskrivningen?"
    question = send(stage, stage.planning.system, "message", LULEA, text=text)
    applied(stage, "message", stage.lulea.system)
    answer = "Ja, från och med kvällen."
    send(stage, stage.lulea.system, "reply", PLANNING, about=question, text=answer)
    applied(stage, "reply", stage.planning.system)
    stage.settle()


def _ready(stage: Stage) -> None:
    tell(stage, "A16", _postponed(stage))
    applied_by_all(stage, "discharge-ready")
    stage.settle()


def _withdrawn(stage: Stage) -> None:
    tell(stage, "A25", _postponed(stage))
    applied_by_all(stage, "discharge-ready-withdrawn")
    stage.settle()


def _ready_again(stage: Stage) -> None:
    stage.goes_wrong("Nobody in Luleå answers the next message")
    stage.lulea.system.faults.leave_unanswered = 1
    tell(stage, "A16", _postponed(stage))
    applied_by_all(stage, "discharge-ready", times=2)
    stage.settle_but_answers()


def _discharged(stage: Stage) -> None:
    tell(stage, "A03", replace(_postponed(stage), discharged=datetime.now(UTC)))
    applied_by_all(stage, "discharged")
    stage.settle_but_answers()


SCENES = (
    Scene(title="A patient is admitted, without an assessment of needs (A01)", act=_unseen),
    Scene(
        title="Another patient is admitted, with an assessment of needs (A01, ZSP)", act=_admission
    ),
    Scene(title="The planned discharge is moved (A08)", act=_moved),
    Scene(title="A care plan is drafted, changed and activated (SIP)", act=_planning),
    Scene(
        title="The planning service asks a question, and Luleå replies (message, reply)",
        act=_message,
    ),
    Scene(title="Ready for discharge (A16)", act=_ready),
    Scene(title="Not ready after all (A25)", act=_withdrawn),
    Scene(title="Ready again (A16)", act=_ready_again),
    Scene(title="Discharged (A03)", act=_discharged),
    *planning_scenes.SCENES,
)
