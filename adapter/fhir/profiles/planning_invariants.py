"""The rules of invitations, care contacts, planning basis, transfers, recalls and answers.

Sources: SFS 2017:612 2 kap. 5 §, 3 kap. 2 §, 4 kap. 3 §, and R4's pages of the resources.
"""

from __future__ import annotations

from typing import Any

from adapter.core.model import Event
from adapter.core.planning_codes import AnswerKind, BasisAnswer, BasisKind
from adapter.fhir.canonical import BASE, extension_url
from adapter.fhir.profiles.registry import (
    at,
    codes,
    extended,
    invariant,
    names_of_patient,
    resources,
)
from adapter.fhir.r4_values import earlier

_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_KINDS = f"{BASE}/CodeSystem/basis-kind"
_ANSWERS = f"{BASE}/CodeSystem/basis-answer"
_ANSWER_KIND = f"{BASE}/CodeSystem/answer-kind"
_AREAS = (
    "adl",
    "mobility",
    "cognition",
    "communication",
    "nutrition",
    "elimination",
    "skin",
    "aids",
    "risk",
    "infection",
    "hypersensitivity",
)
_QUESTIONS = ("effort", "housing", *_AREAS)
_LAWS = ("SoL", "HSL", "LSS")


@invariant("required", "CareTeam.period.end")
def contact_ended(team: Any) -> bool:
    """A care contact that has ended says when."""
    return at(team, "status") != ["inactive"] or bool(at(team, "period.end"))


def _is_caller(participant: Any) -> bool:
    return "PPRF" in codes(at(participant, "type.coding"), _PARTICIPATION)


@invariant("profile", "Appointment.participant")
def caller_named(invitation: Any) -> bool:
    """Exactly one participant is the caller (kallande), and it is named."""
    callers = [p for p in at(invitation, "participant") if _is_caller(p)]
    return len(callers) == 1 and bool(at(callers[0], "actor"))


def _units(invitation: Any) -> list[Any]:
    """The invited units: known by a number, and in no coded role."""
    return [
        p
        for p in at(invitation, "participant")
        if at(p, "actor.identifier") and not at(p, "type.coding")
    ]


@invariant("required", "Appointment.participant.actor.identifier")
def unit_invited(invitation: Any) -> bool:
    """At least one unit is invited, by its HSA-id."""
    return bool(_units(invitation))


@invariant("required", f"Appointment.participant.extension('{extension_url('principal')}')")
def invited_have_principal(invitation: Any) -> bool:
    """Each invited unit has its huvudman."""
    return all(extended(unit, "principal") for unit in _units(invitation))


def _is_in_order(meeting: Any) -> bool:
    starts, ends = ([str(t) for t in at(meeting, name)] for name in ("start", "end"))
    return not (starts and ends and earlier(ends[0], starts[0]))


@invariant("contradiction", "Appointment.end")
def meeting_ends_after_start(invitation: Any) -> bool:
    """The meeting does not end before it starts."""
    return _is_in_order(invitation)


@invariant("contradiction", "AppointmentResponse.end")
def offer_ends_after_start(answer: Any) -> bool:
    """The time of an answer does not end before it starts."""
    return _is_in_order(answer)


@invariant("profile", f"Appointment.extension('{extension_url('version')}')")
def change_is_later(invitation: Any) -> bool:
    """A changed invitation is not the first version."""
    first = [e for e in extended(invitation, "version") if at(e, "valuePositiveInt") == [1]]
    return not first


@invariant("required", "Appointment.cancelationReason.text")
def cancellation_explained(invitation: Any) -> bool:
    """A cancelled meeting has a reason."""
    is_cancelled = at(invitation, "status") == ["cancelled"]
    return not is_cancelled or bool(at(invitation, "cancelationReason.text"))


@invariant("required", "MessageHeader.reason.text")
def mistake_explained(bundle: Any) -> bool:
    """An invitation that was a mistake has its reason in the header: R4 has no other place."""
    statuses = [s for a in resources(bundle, "Appointment") for s in at(a, "status")]
    if "entered-in-error" not in statuses:
        return True
    return any(at(header, "reason.text") for header in resources(bundle, "MessageHeader"))


@invariant("required", "Appointment.participant.actor.reference")
def person_invited(bundle: Any) -> bool:
    """The person is one of the participants of the invitation (SFS 2009:981)."""
    invitations = resources(bundle, "Appointment")
    if not invitations:
        return True
    names = {str(name) for (name,) in names_of_patient(bundle)}
    links = [link for a in invitations for link in at(a, "participant.actor.reference")]
    return any(isinstance(link, str) and link in names for link in links)


@invariant("required", "AppointmentResponse.comment")
def decline_explained(answer: Any) -> bool:
    """A unit that declines says why."""
    return at(answer, "participantStatus") != ["declined"] or bool(at(answer, "comment"))


@invariant("contradiction", "AppointmentResponse.appointment.identifier")
def one_invitation_answered(answer: Any) -> bool:
    """The answer names one invitation: its identifier is the one of its appointment."""
    own, other = at(answer, "identifier.value"), at(answer, "appointment.identifier.value")
    return not own or not other or own[0] == other[0]


@invariant("required", "Communication.reasonCode.text")
def request_explained(basis: Any) -> bool:
    """A request for care says what it is about."""
    asks = {BasisKind.CARE_REQUEST, BasisKind.PREPARED_CARE_REQUEST}
    is_request = bool(codes(at(basis, "category.coding"), _KINDS) & asks)
    return not is_request or bool(at(basis, "reasonCode.text"))


@invariant("unknown-code", "QuestionnaireResponse.item.linkId")
def questions_known(answers: Any) -> bool:
    """The questions of a planning basis are those that we publish."""
    return all(link in _QUESTIONS for link in at(answers, "item.linkId"))


@invariant("unknown-code", "QuestionnaireResponse.item.answer.value")
def areas_answered(answers: Any) -> bool:
    """Each area of function or risk has an answer of ours; unknown is one."""
    areas = [i for i in at(answers, "item") if any(a in at(i, "linkId") for a in _AREAS)]
    known = {str(answer) for answer in BasisAnswer}
    named = [codes(at(area, "answer.valueCoding"), _ANSWERS) for area in areas]
    return all(some and some <= known for some in named)


@invariant("unknown-code", "QuestionnaireResponse.item.answer.item.answer.value")
def effort_has_law(answers: Any) -> bool:
    """An effort is by SoL, HSL or LSS, where it names its law."""
    inside = [i for i in at(answers, "item.answer.item") if "law" in at(i, "linkId")]
    return all(law in _LAWS for item in inside for law in at(item, "answer.valueString"))


def _sections(transfer: Any) -> list[Any]:
    return [p for p in at(transfer, "payload") if extended(p, "section")]


@invariant("required", "Communication.payload")
def summary_given(transfer: Any) -> bool:
    """The information at discharge has one summary."""
    named = [c for p in _sections(transfer) for e in extended(p, "section") for c in _code(e)]
    return named.count("summary") == 1


def _code(extension: Any) -> list[Any]:
    return at(extension, "valueCode")


@invariant("profile", "Communication.payload.content")
def sections_are_text(transfer: Any) -> bool:
    """A section is a text."""
    return all(at(payload, "contentString") for payload in _sections(transfer))


@invariant("profile", f"MessageHeader.extension('{extension_url('concerns')}')")
def recall_stands_alone(bundle: Any) -> bool:
    """A recall names what it recalls in its Communication, and nothing in its header."""
    headers = resources(bundle, "MessageHeader")
    recalls = [h for h in headers if Event.RECALL in at(h, "eventCoding.code")]
    return not any(extended(header, "concerns") for header in recalls)


@invariant("profile", "Communication.about")
def recalled_once(recall: Any) -> bool:
    """No message is recalled twice in one recall."""
    named = [v for v in at(recall, "about.identifier.value") if isinstance(v, str)]
    return len(named) == len(set(named))


@invariant("contradiction", f"Communication.extension('{extension_url('replaced-by')}')")
def replaced_by_another(recall: Any) -> bool:
    """What replaces a recalled message is not itself recalled."""
    news = [v for e in extended(recall, "replaced-by") for v in at(e, "valueIdentifier.value")]
    recalled = {str(value) for value in at(recall, "about.identifier.value")}
    return not any(str(new) in recalled for new in news)


def _answer_kinds(task: Any) -> set[str]:
    return codes(at(task, "businessStatus.coding"), _ANSWER_KIND)


@invariant("unknown-code", "Task.businessStatus")
def answer_kind_known(task: Any) -> bool:
    """What an answer says more is a code that we publish."""
    return _answer_kinds(task) <= {str(kind) for kind in AnswerKind}


@invariant("contradiction", "Task.status")
def answer_kind_received(task: Any) -> bool:
    """Who does not know the person, or passes the message on, has received it."""
    return not _answer_kinds(task) or at(task, "status") == ["received"]


@invariant("required", f"Task.extension('{extension_url('forwarded-to')}')")
def forwarding_named(task: Any) -> bool:
    """An answer that the message was passed on names the unit, and no other answer does."""
    is_forwarded = AnswerKind.FORWARDED in _answer_kinds(task)
    return is_forwarded is bool(extended(task, "forwarded-to"))
