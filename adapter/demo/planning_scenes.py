"""The play goes on after the discharge: the SIP meeting, its plan, what is done, and a recall.

Luleå's system speaks omsorg/1: what that has no place for, it gets as text. Umeå's speaks omsorg/2.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from adapter.demo.acting import Scene, applied, send
from adapter.demo.region import CENTRE, HOSPITAL, LULEA, PLANNING, UMEA
from adapter.demo.stage import Stage
from adapter.simulators.messages import (
    Agreement,
    DischargeInformation,
    Effort,
    Invitation,
    InvitationAnswer,
    Plan,
    Progress,
    Recall,
)
from adapter.simulators.traffic_log import EntryKind, has

_FRIDAY = 4
_ZONE = ZoneInfo("Europe/Stockholm")
_INFORMATION = {
    "summary": "Vårdad för lunginflammation. Feberfri sedan tre dygn.",
    "medication": "Se läkemedelslistan. Antibiotika i fem dagar till.",
    "follow-up": "Blodtryck hos vårdcentralen inom två veckor.",
}
_HOME_HELP = Effort(
    id="effort-1",
    text="Hemtjänst två gånger om dagen",
    principal="municipality",
    unit=LULEA,
    contact="Hemtjänsten, 000-00 00 01",
)
_DRESSING = Effort(
    id="effort-2",
    text="Omläggning av såret varannan dag",
    principal="municipality",
    unit=UMEA,
    contact="Sjuksköterskan, 000-00 00 02",
)
_CHECK = Effort(
    id="effort-4",
    text="Kontroll av blodtryck",
    principal="region",
    unit=CENTRE,
    contact="Vårdcentralen, 000-00 00 03",
)


def _information(stage: Stage) -> None:
    said = DischargeInformation(discharged=datetime.now(UTC), sections=_INFORMATION)
    send(stage, stage.journal.system, "information-transfer", UMEA, PLANNING, planning=said)
    applied(stage, "information-transfer", stage.umea.system, stage.planning.system)
    stage.settle_but_answers()


def _invitation(stage: Stage) -> Invitation:
    """The primary-care centre calls, in the planning service."""
    admitted = stage.stays.discharge.admitted.astimezone(_ZONE).date()
    day = workday(admitted + timedelta(days=3))
    start = datetime.combine(day, time(13), tzinfo=_ZONE)
    return Invitation(
        id=f"K-{stage.stays.discharge.visit}",
        version=1,
        question="Vilka insatser behövs hemma?",
        start=start,
        end=start + timedelta(hours=1),
        place="Vårdcentralen Provet, rum 3",
        caller=CENTRE,
        invited=(HOSPITAL, LULEA, UMEA),
    )


def _next_workday(at: datetime) -> datetime:
    return datetime.combine(workday(at.date() + timedelta(days=1)), at.timetz())


def _invited(stage: Stage) -> None:
    invitation = _invitation(stage)
    send(stage, stage.planning.system, "sip-invitation", *invitation.invited, planning=invitation)
    applied(stage, "sip-invitation", stage.umea.system, stage.journal.system)
    later = _next_workday(invitation.start)
    yes = InvitationAnswer(id=invitation.id, version=1, code="accepted")
    no = InvitationAnswer(
        id=invitation.id,
        version=1,
        code="declined",
        comment="Sjuksköterskan är upptagen den dagen.",
        other_start=later,
        other_end=later + timedelta(hours=1),
    )
    send(stage, stage.journal.system, "sip-invitation-answer", PLANNING, planning=yes)
    applied(stage, "sip-invitation-answer", stage.planning.system)
    send(stage, stage.umea.system, "sip-invitation-answer", PLANNING, planning=no)
    applied(stage, "sip-invitation-answer", stage.planning.system, times=2)
    stage.settle()


def _moved(stage: Stage) -> None:
    first = _invitation(stage)
    later = _next_workday(first.start)
    moved = replace(first, version=2, start=later, end=later + timedelta(hours=1))
    send(stage, stage.planning.system, "sip-invitation-changed", *moved.invited, planning=moved)
    applied(stage, "sip-invitation-changed", stage.umea.system, stage.journal.system)
    yes = InvitationAnswer(id=moved.id, version=2, code="accepted")
    send(stage, stage.umea.system, "sip-invitation-answer", PLANNING, planning=yes)
    applied(stage, "sip-invitation-answer", stage.planning.system, times=3)
    stage.settle()


def _plan(stage: Stage) -> Plan:
    """The SIP of the meeting, in full."""
    today = datetime.now(_ZONE).date()
    return Plan(
        id=f"SIP-{stage.stays.discharge.visit}",
        version=1,
        status="active",
        title="SIP efter sjukhusvård",
        efforts=(_HOME_HELP, _DRESSING),
        agreement=_agreement(today),
    )


def _agreement(today: date) -> Agreement:
    return Agreement(
        situation="Bor ensam, två trappor utan hiss. Går med rollator.",
        own_words="Jag vill bo kvar hemma.",
        need="Hjälp med personlig vård",
        goal="Går själv till brevlådan",
        due=today + timedelta(days=60),
        present=(CENTRE, LULEA, UMEA),
        absent=(HOSPITAL,),
        follow_up=workday(today + timedelta(days=45)),
        coordinator=PLANNING,
    )


def workday(day: date) -> date:
    """Return the day itself, or the Monday after a weekend: nobody meets then."""
    return day + timedelta(days=7 - day.weekday() if day.weekday() > _FRIDAY else 0)


def _agreed(stage: Stage) -> None:
    first = _plan(stage)
    second = replace(first, version=2, efforts=(*first.efforts, _CHECK))
    for version in (first, second):
        send(stage, stage.planning.system, "care-plan", LULEA, UMEA, plan=version)
        applied(stage, "care-plan", stage.umea.system, times=version.version)
        stage.settle_but_answers()  # a version that still waits would be replaced by the next


def _done(stage: Stage) -> None:
    plan = replace(_plan(stage), version=2)
    said = Progress(plan=plan, effort=_DRESSING, text="Såret läker. Omlagt i dag.")
    send(stage, stage.umea.system, "progress", PLANNING, planning=said)
    applied(stage, "progress", stage.planning.system)
    stage.settle()


def _recalled(stage: Stage) -> None:
    planning, umea = stage.planning.system, stage.umea.system
    stage.goes_wrong("The planning service sends Umeå what was meant for Luleå")
    text = "Kan matlådorna komma klockan tolv?"
    wrong = send(stage, planning, "message", UMEA, text=text)
    applied(stage, "message", umea)
    stage.settle_but_answers()  # a recall stops what has not left yet
    said = Recall(messages=(wrong,), reason="Skulle till Luleå kommun.")
    recall = send(stage, planning, "recall", UMEA, planning=said)
    marked = has(EntryKind.MARKED, "recall", content_id=wrong)
    stage.until(umea, marked, "the mark of the recalled message")
    send(stage, umea, "answer", PLANNING, about=recall, code="completed")
    answered = has(EntryKind.APPLIED, "answer", about=recall)
    stage.until(planning, answered, "the answer to the recall")
    stage.settle()


SCENES = (
    Scene(
        title="The hospital hands over on the day of discharge (information-transfer)",
        act=_information,
    ),
    Scene(
        title="Primary care calls a SIP meeting: the hospital comes, Umeå offers another day",
        act=_invited,
    ),
    Scene(title="The meeting is moved, and Umeå comes", act=_moved),
    Scene(
        title="The SIP in full, in two versions; a note tells Luleå what omsorg/1 leaves out",
        act=_agreed,
    ),
    Scene(title="Umeå tells what it has done (progress)", act=_done),
    Scene(
        title="A message to the wrong town is recalled; Umeå marks it, and says done (felsänt)",
        act=_recalled,
    ),
)
