"""Parts of a plan other than efforts: goals, consent, follow-up, those who took part, contacts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, extension_value, extensions, resources
from adapter.fhir.canonical import CONSENT
from adapter.fhir.codings import code_of
from adapter.fhir.readable import words
from adapter.fhir.readable.model import Block, facts
from adapter.fhir.readable.people import People, telecom


def of_type(bundle: Bundle, type_: str) -> list[Resource]:
    """Return the resources of a type that are not entered in error."""
    named = (r for r in resources(bundle) if r.get("resourceType") == type_)
    return [r for r in named if r.get("status") != "entered-in-error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal in words. `is_own`: the person expressed it."""

    text: str
    term: str
    when: str
    status: str
    is_own: bool


def goals(plan: Resource, people: People) -> list[Goal]:
    """Return the goals of a CarePlan that stand in its message, in its order."""
    named = (people.resource(reference) for reference in plan.get("goal", ()))
    stated = (g for g in named if g and g.get("lifecycleStatus") != "entered-in-error")
    return [_goal(goal, people) for goal in stated]


def _goal(goal: Resource, people: People) -> Goal:
    targets = goal.get("target", ())
    achieved = words.concept(goal.get("achievementStatus"), words.ACHIEVEMENT)
    terms = (words.concept(each, words.GOAL_TERM) for each in goal.get("category", ()))
    return Goal(
        text=words.concept(goal.get("description")),
        term=", ".join(terms),
        when=", ".join(words.day(t["dueDate"]) for t in targets if t.get("dueDate")),
        status=achieved or words.word(words.GOAL_STATUS, goal.get("lifecycleStatus")),
        is_own=people.is_patient(goal.get("expressedBy")),
    )


def needs(plan: Resource, people: People) -> list[str]:
    """Return the needs that a CarePlan addresses."""
    named = (people.resource(reference) for reference in plan.get("addresses", ()))
    return [text for each in named if (text := words.concept(each.get("code")))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Who took part in the meeting, or was called to it."""

    name: str
    attendance: str


def attendees(plan: Resource, people: People) -> list[Attendee]:
    """Return those who took part in making the plan, and those who were called and did not."""
    complex_ = [_inner(each) for each in extensions(plan, "meeting-participant")]
    met = [
        Attendee(
            name=people.called(inner.get("actor")),
            attendance=words.word(words.ATTENDANCE, inner.get("attendance")),
        )
        for inner in complex_
    ]
    contributors = plan.get("contributor", ())
    return met + [Attendee(name=people.called(each), attendance="") for each in contributors]


def _inner(extension: Resource) -> dict[str, Any]:
    """Return the values of a complex extension, by name."""
    return {
        each.get("url", ""): next((v for k, v in each.items() if k.startswith("value")), None)
        for each in extension.get("extension", ())
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """When and by whom the plan is looked at again, and what came of it."""

    when: str
    text: str
    responsible: str
    result: str


def follow_ups(resource: Resource, people: People) -> list[FollowUp]:
    """Return the follow-ups of a CarePlan or a Communication."""
    return [_follow_up(_inner(each), people) for each in extensions(resource, "follow-up")]


def _follow_up(inner: dict[str, Any], people: People) -> FollowUp:
    return FollowUp(
        when=words.time(str(inner.get("date") or "")),
        text=str(inner.get("text") or ""),
        responsible=people.name(inner.get("responsible")),
        result=str(inner.get("result") or ""),
    )


def consents(bundle: Bundle, people: People) -> list[Block]:
    """Return the facts of each consent of a message; a bar of secrecy is not told."""
    given = (c for c in of_type(bundle, "Consent") if not _bars(c))
    return [block for consent in given for block in facts(*_consent(consent, people))]


def _bars(consent: Resource) -> bool:
    codes = [code_of(category, CONSENT) for category in consent.get("category", ())]
    return any(code and code != "planning" for code in codes)


def _consent(consent: Resource, people: People) -> Iterator[tuple[str, str]]:
    provision = consent.get("provision", {})
    covered = (people.name(actor.get("reference")) for actor in provision.get("actor", ()))
    yield "Samtycket", words.word(words.CONSENT_STATUS, consent.get("status"))
    yield "Lämnades", words.day(consent.get("dateTime"))
    yield "Lämnades av", _names(consent.get("performer", ()), people)
    yield "Lämnades till", _names(consent.get("organization", ()), people)
    yield "Form", words.word(words.CONSENT_FORM, extension_value(consent, "consent-form"))
    yield "Omfattar", words.concept(consent.get("policyRule"))
    yield "Får ta del av uppgifterna", ", ".join(name for name in covered if name)
    yield "Omfattar inte", "\n".join(_excluded(consent))
    yield "Gäller", words.period(provision.get("period"))


def _excluded(consent: Resource) -> list[str]:
    return [str(e.get("valueString", "")) for e in extensions(consent, "consent-exclusion")]


def _names(references: Iterable[Resource], people: People) -> str:
    return ", ".join(name for each in references if (name := people.called(each)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to reach, about what, and how."""

    name: str
    about: str
    reach: str


def standing_contacts(bundle: Bundle, people: People) -> list[Contact]:
    """Return the fasta kontakter of a message: those of its CareTeams that are not ended."""
    teams = (t for t in of_type(bundle, "CareTeam") if t.get("status") != "inactive")
    return [
        contact(participant, team, people)
        for team in teams
        for participant in team.get("participant", ())
    ]


def contact(participant: Resource, team: Resource, people: People) -> Contact:
    """Return a participant of a CareTeam as a contact; the ways to reach it are the team's."""
    roles = (words.concept(role, words.CONTACT_KIND) for role in participant.get("role", ()))
    member = participant.get("member")
    through = str(extension_value(participant, "team") or "")
    return Contact(
        name=people.name(member) or people.name(participant.get("onBehalfOf")),
        about=", ".join(role for role in roles if role),
        reach="\n".join(t for t in (telecom(team) or people.phones(member), through) if t),
    )


def relatives(bundle: Bundle, people: People) -> list[str]:
    """Return the relatives and representatives of a message, each once, without address."""
    named = (people.named(each) for each in of_type(bundle, "RelatedPerson"))
    return list(dict.fromkeys(name for name in named if name))
