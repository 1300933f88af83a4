"""A care plan (SIP, SPU …) to a text document: MDM with an OBX for each heading."""

from __future__ import annotations

from collections.abc import Iterator

import hl7

from adapter.core.model import Bundle
from adapter.fhir.readable.words import GOAL_STATUS
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing import header
from adapter.mappings.hl7v2.writing.communication import attached
from adapter.mappings.hl7v2.writing.document import (
    Document,
    Part,
    cancellation,
    message,
    number_of,
    text,
)
from adapter.mappings.hl7v2.writing.follow_up import follow_up
from adapter.mappings.hl7v2.writing.outgoing_message import (
    Node,
    OutgoingMessage,
    outgoing_message,
)
from adapter.mappings.hl7v2.writing.parties import Actor, actor, words
from adapter.mappings.hl7v2.writing.plan_efforts import effort

_STATUS = {  # CarePlan.status to TXA-17 (HL7 table 0271) and TXA-19 (table 0273), in Swedish
    "draft": ("IP", "AV", "Utkast"),
    "active": ("AU", "AV", "Gäller"),
    "completed": ("AU", "OB", "Avslutad"),
    "revoked": ("AU", "OB", "Avslutad i förtid"),
    "on-hold": ("AU", "AV", "Vilar"),
    "entered-in-error": ("AU", "CA", "Felaktig"),
    "unknown": ("AU", "AV", "Okänd"),
}
_TITLES = {status: title for status, (_, _, title) in _STATUS.items()}
_PRINCIPALS = {"region": "Region", "municipality": "Kommun"}
_TERMS = {"short": "kort sikt", "long": "lång sikt"}
_CATEGORY = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"
_OTHER_TYPE = "PLAN"
_CONCERNS = "MessageHeader.extension[concerns]"


def write(bundle: Bundle, context: Context) -> hl7.Message:
    """Return a care plan as MDM; the document type is the code of the plan's category.

    A plan that was a mistake cancels the version that the message names (T11). FatalError
    `unknown-code` for a status that R4 does not have.
    """
    outgoing = outgoing_message(bundle, context)
    plan = outgoing.take_focus("CarePlan")
    outgoing.take_referenced(plan.part("subject"), "Patient")
    plan.take_implied("intent", "plan")
    completion, availability, title = _STATUS.get(str(plan.peek("status")), ("", "", ""))
    plan.take_coded("status", _TITLES)
    reason = plan.extension("end-reason").take("valueString")
    type_, kind = _kind(plan)
    parent = header.concerned(outgoing)
    is_mistake = plan.peek("status") == "entered-in-error"
    parts = [] if is_mistake else list(_parts(plan, (kind, title), outgoing))
    document = Document(
        type_=type_,
        number=header.required(parent, _CONCERNS) if is_mistake else number_of(bundle),
        parent="" if is_mistake else parent,
        originated=plan.take_time("created"),
        authors=_authors(plan, outgoing),
        completion=completion,
        availability=availability,
        change=reason,
    )
    if is_mistake:
        return cancellation(outgoing, document, context)
    return message(outgoing, document, parts, context)


def _authors(plan: Node, outgoing: OutgoingMessage) -> tuple[Actor, ...]:
    author = plan.part("author")
    return (actor(author, outgoing),) if author else ()


def _kind(plan: Node) -> tuple[str, str]:
    """Take the first category: the type of the document, and its name; others are losses."""
    codings = (c for category in plan.parts("category") for c in category.parts("coding"))
    coding = next(codings, None)
    if coding is None:
        return _OTHER_TYPE, ""
    coding.take_implied("system", _CATEGORY)
    return coding.take("code") or _OTHER_TYPE, coding.take("display")


def _parts(plan: Node, labels: tuple[str, str], outgoing: OutgoingMessage) -> Iterator[Part]:
    yield from text("title", "Rubrik", plan.take("title"))
    yield from _identity(plan, *labels)
    yield from text("situation", "Nuläge", plan.take("description"))
    for code, title, lines in _lists(plan, outgoing):
        for line in lines:
            yield from text(code, title, line)
    for activity in plan.parts("activity"):
        number = activity.take("id")
        yield from text("effort", "Insats", effort(activity, outgoing), number)
    for note in outgoing.open_notes(plan.parts("note")):
        yield from text("note", "Anteckning", _note(note, outgoing))
    for extension in plan.extensions("follow-up"):
        yield from follow_up(extension, outgoing)
    yield from text("evaluation", "Utvärdering", plan.extension("evaluation").take("valueString"))
    for reference in plan.parts("supportingInfo"):
        yield from attached(reference, outgoing)


def _identity(plan: Node, kind: str, status: str) -> Iterator[Part]:
    """Yield number, version, status, responsibility and time of the plan, a line for each."""
    version = plan.extension("version")
    version.mark("valuePositiveInt")
    numbers = [words(i.take("value"), i.take("system")) for i in plan.parts("identifier")]
    period = plan.part("period")
    responsible = plan.extension("main-responsible").take_coded("valueCode", _PRINCIPALS)
    rows = (
        ("Typ", kind),
        ("Plan", ", ".join(numbers)),
        ("Version", str(version.peek("valuePositiveInt") or "")),
        ("Status", status),
        ("Övergripande ansvar", responsible),
        ("Från", period.take("start")),
        ("Till", period.take("end")),
    )
    yield from text("plan", "Plan", "\n".join(f"{k}: {v}" for k, v in rows if v))


def _lists(plan: Node, outgoing: OutgoingMessage) -> Iterator[tuple[str, str, Iterator[str]]]:
    yield "need", "Behov", (_need(r, outgoing) for r in plan.parts("addresses"))
    yield "goal", "Mål", (_goal(r, outgoing) for r in plan.parts("goal"))


def _need(reference: Node, outgoing: OutgoingMessage) -> str:
    condition = outgoing.take_referenced(reference, "Condition")
    if condition is None:
        return reference.take("display")
    outgoing.take_referenced(condition.part("subject"), "Patient")
    for key, code in (("clinicalStatus", "active"), ("verificationStatus", "confirmed")):
        if [c.peek("code") for c in condition.part(key).parts("coding")] == [code]:
            condition.mark(key)
    return condition.part("code").take("text")


def _goal(reference: Node, outgoing: OutgoingMessage) -> str:
    """Return a goal: what, for how long, until when, and how it stands."""
    goal = outgoing.take_referenced(reference, "Goal")
    if goal is None:
        return reference.take("display")
    outgoing.take_referenced(goal.part("subject"), "Patient")
    own = outgoing.take_referenced(goal.part("expressedBy"), "Patient")
    dates = [target.take("dueDate") for target in goal.parts("target")]
    said = goal.part("description").take("text")
    status = goal.take_coded("lifecycleStatus", GOAL_STATUS)
    outcome = goal.part("achievementStatus").take("text")
    whose = "den enskildes eget mål" if own else ""
    return words(said, *_terms(goal), *dates, whose, status, outcome)


def _terms(goal: Node) -> Iterator[str]:
    for category in goal.parts("category"):
        yield category.take("text")
        for coding in category.parts("coding"):
            if coding.peek("code") in _TERMS:
                coding.mark("system", "display")
                yield coding.take_coded("code", _TERMS)


def _note(note: Node, outgoing: OutgoingMessage) -> str:
    author = note.part("authorReference")
    own = outgoing.take_referenced(author, "Patient") if author else None
    who = "den enskildes egna ord" if own else note.take("authorString")
    return words(note.take("text"), who, note.take("time"))
