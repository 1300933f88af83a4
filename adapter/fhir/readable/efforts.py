"""The efforts of a plan: what is done, by whom, when, how it stands, and what has come of it.

An effort that is entered in error is not told: it never was one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.fhir.bundles import Resource, extension_value
from adapter.fhir.readable import words
from adapter.fhir.readable.people import People, open_notes

_OVER = frozenset({"completed", "cancelled", "stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """An effort in words; "" for what the plan does not say. `id` is that of the effort."""

    id: str
    what: str
    who: str
    principal: str
    when: str
    status: str
    goal: str
    contact: str
    outcome: tuple[str, ...]
    is_own: bool  # the person does it, alone or with others
    is_over: bool  # done, or not to be done any more


def efforts(plan: Resource, people: People) -> list[Effort]:
    """Return the efforts of a CarePlan, in its order."""
    activities: list[Resource] = plan.get("activity", [])
    stated = [a for a in activities if _detail(a).get("status") != "entered-in-error"]
    return [_effort(activity, people) for activity in stated]


def _effort(activity: Resource, people: People) -> Effort:
    detail = _detail(activity)
    performers = detail.get("performer", ())
    return Effort(
        id=str(activity.get("id", "")),
        what=_what(activity, people),
        who=", ".join(name for each in performers if (name := people.called(each))),
        principal=_principal(detail, people),
        when=_when(detail),
        status=words.word(words.EFFORT_STATUS, detail.get("status")),
        goal=", ".join(filter(None, (_goal(g, people) for g in detail.get("goal", ())))),
        contact=str(_of_either(activity, "contact") or ""),
        outcome=tuple(_outcome(activity, people)),
        is_own=any(people.is_patient(performer) for performer in performers),
        is_over=detail.get("status") in _OVER,
    )


def _detail(activity: Resource) -> Resource:
    detail: Resource = activity.get("detail", {})
    return detail


def _of_either(activity: Resource, name: str) -> object:
    """The value of an extension, which may stand on the activity or on its detail."""
    return extension_value(activity, name) or extension_value(_detail(activity), name)


def _what(activity: Resource, people: People) -> str:
    detail = _detail(activity)
    text = detail.get("description") or words.concept(detail.get("code"))
    text = str(text or people.name(activity.get("reference")))
    return f"Ska inte göras: {text}" if detail.get("doNotPerform") is True else text


def _principal(detail: Resource, people: People) -> str:
    """Return who answers for an effort (huvudman); of one that only private persons do, "" ."""
    code, performers = extension_value(detail, "principal"), detail.get("performer", ())
    are_private = [people.is_patient(each) or people.is_relative(each) for each in performers]
    is_private = code == "other" and bool(are_private) and all(are_private)
    return "" if is_private else words.word(words.PRINCIPAL, code)


def _when(detail: Resource) -> str:
    text = detail.get("scheduledString") or words.period(detail.get("scheduledPeriod"))
    return str(text or words.concept(detail.get("scheduledTiming", {}).get("code")))


def _goal(reference: Resource, people: People) -> str:
    goal = people.resource(reference)
    return words.concept(goal.get("description")) or people.name(reference)


def _outcome(activity: Resource, people: People) -> Iterator[str]:
    """What has come of the effort; notes on it that are not internal."""
    for outcome in activity.get("outcomeCodeableConcept", ()):
        yield words.concept(outcome)
    for progress in open_notes(activity, "progress"):
        by = people.note(progress)
        yield f"{progress['text']} ({by})" if by else progress["text"]
