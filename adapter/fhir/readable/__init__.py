"""Any message as a document for people: plain Swedish, without codes. Pure.

`document` reads a FHIR message; `plain.text` and `plain.content` write the document as text, and
`page.page` as HTML. It never tells an address or a telephone number of a protected person, never a
note that is internal, and no content of an attachment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from adapter.core.model import Bundle
from adapter.fhir import bundles, event_names
from adapter.fhir.bundles import Resource
from adapter.fhir.readable import communication, invitation, plan, stay, words
from adapter.fhir.readable.model import Document, Section, fact_rows
from adapter.fhir.readable.people import PROTECTED, People

Reader: TypeAlias = Callable[[Resource, Bundle], tuple[Section, ...]]

_READERS: Mapping[str, Reader] = {
    "Appointment": invitation.appointment_sections,
    "AppointmentResponse": invitation.response_sections,
    "CarePlan": plan.plan_sections,
    "CareTeam": communication.team_sections,
    "Communication": communication.communication_sections,
    "Encounter": stay.stay_sections,
    "Task": communication.answer_sections,
}
_READERS_OF_EVENTS: Mapping[str, Reader] = {
    "delivery-report": communication.report_sections,
    "progress": plan.progress_sections,
}
_TITLES = {
    "care-contact": "Fast vårdkontakt",
    "sip-invitation": "Kallelse till möte om samordnad individuell plan",
    "sip-invitation-changed": "Ändrad kallelse till möte om samordnad individuell plan",
    "sip-invitation-cancelled": "Inställd kallelse till möte om samordnad individuell plan",
    "sip-invitation-answer": "Svar på kallelse",
    "planning-basis": "Planeringsunderlag",
    "information-transfer": "Utskrivningsinformation",
    "progress": "Rapport om insats",
    "recall": "Återkallelse",
}


def document(bundle: Bundle) -> Document:
    """Return a message, which has passed the checks, as a document.

    Every event has one; a receipt, which is for systems, has only the facts of the message.
    """
    people, focus = People(bundle), bundles.focus(bundle) or {}
    header = bundles.header(bundle)
    reader, called = _reader(bundle, focus), _calling(bundle, people)
    return Document(
        title=_title(bundle, focus),
        warnings=_warnings(bundle, focus, people),
        person=people.facts(),
        sections=reader(focus, bundle) if reader else (),
        about=fact_rows(
            ("Från", called(header.get("sender"))),
            ("Till", ", ".join(_receivers(header, called))),
            ("Registrerat", words.time(_recorded(bundle))),
            _case(bundle),
        ),
    )


def _reader(bundle: Bundle, focus: Resource) -> Reader | None:
    by_event = _READERS_OF_EVENTS.get(bundles.event_code(bundle)[1])
    return by_event or _READERS.get(str(focus.get("resourceType")))


def _warnings(bundle: Bundle, focus: Resource, people: People) -> tuple[str, ...]:
    return ((PROTECTED,) if people.is_protected else ()) + (
        plan.warnings(focus) if _is_plan(bundle) else ()
    )


def _title(bundle: Bundle, focus: Resource) -> str:
    _, event = bundles.event_code(bundle)
    if _is_plan(bundle):
        return words.sentence(plan.title(focus))
    known = _TITLES.get(event) or event_names.swedish(event) or event
    return words.sentence(known)


def _calling(bundle: Bundle, people: People) -> Callable[[Resource | None], str]:
    """Return how senders and receivers are called: on a plan, which a person holds, in words."""
    return people.name_in_words if _is_plan(bundle) else people.name


def _case(bundle: Bundle) -> tuple[str, str]:
    """Return the case under its name: on a plan its number alone, which a person can say."""
    cases = bundles.case_ids(bundle)
    if _is_plan(bundle):
        return "Ärendenummer", cases[0].rpartition("/")[2] if cases else ""
    return "Ärende", ", ".join(cases)


def _is_plan(bundle: Bundle) -> bool:
    """Whether the message is a plan, which a person holds."""
    return bundles.event_code(bundle)[1] == "care-plan"


def _receivers(header: Resource, called: Callable[[Resource | None], str]) -> Iterator[str]:
    for destination in header.get("destination", ()):
        if name := called(destination.get("receiver")):
            yield name


def _recorded(bundle: Bundle) -> str:
    recorded = bundles.recorded(bundle)
    return recorded.isoformat() if recorded else ""
