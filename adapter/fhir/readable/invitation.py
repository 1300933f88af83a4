"""An invitation to a planning meeting (kallelse), and an answer to one, as documents."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, extension_value, extensions
from adapter.fhir.canonical import BASE
from adapter.fhir.codings import code_of
from adapter.fhir.readable import plan_parts as parts
from adapter.fhir.readable import words
from adapter.fhir.readable.model import Block, Section, facts, listing, paragraphs, sections, table
from adapter.fhir.readable.people import People, address, telecom

CALLER = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
PARTICIPANT_ROLE = f"{BASE}/CodeSystem/participant-role"


def place(appointment: Resource, people: People) -> Resource:
    """Return the Location of a meeting, or {}."""
    actors = (people.resource(p.get("actor")) for p in appointment.get("participant", ()))
    return next((a for a in actors if a.get("resourceType") == "Location"), {})


def caller(appointment: Resource) -> Resource:
    """Return the participant that calls to the meeting, or {}."""
    participants: list[Resource] = appointment.get("participant", [])
    return next((p for p in participants if _type(p, CALLER) == "PPRF"), {})


def units(appointment: Resource, people: People) -> list[Resource]:
    """Return the participants that are units or persons in their service, called or invited."""
    return [p for p in appointment.get("participant", ()) if _kind(p, people) == "unit"]


def appointment_sections(appointment: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of an invitation: when, where, about what, and who is called."""
    people = People(bundle)
    return sections(
        ("När och var", facts(*_time_and_place(appointment, people))),
        ("Frågeställning", _questions(appointment)),
        ("Sammankallande", _caller(appointment, people)),
        ("Kallade och inbjudna", _units(appointment, people)),
        ("Den enskilde och närstående", _persons(appointment, people)),
        ("Samtycke", parts.consents(bundle, people)),
        ("Underlag", listing(documents(bundle))),
    )


def _time_and_place(appointment: Resource, people: People) -> Iterator[tuple[str, str]]:
    where = place(appointment, people)
    reason = words.concept(appointment.get("cancelationReason"))
    yield "Mötet", words.word(words.MEETING, appointment.get("status"))
    yield "Orsak", reason
    yield "Tid", words.span(appointment.get("start"), appointment.get("end"))
    yield "Mötesform", words.word(words.MEETING_FORM, extension_value(appointment, "meeting-form"))
    yield "Plats", ", ".join(t for t in (where.get("name"), address(where.get("address", {}))) if t)
    yield "Länk eller telefon", telecom(where)
    yield "Svara senast", words.time(extension_value(appointment, "answer-by"))
    yield "Kallelsens version", str(extension_value(appointment, "version") or "")


def _questions(appointment: Resource) -> list[Block]:
    further = (words.concept(reason) for reason in appointment.get("reasonCode", ()))
    comment = str(appointment.get("comment", ""))
    return [
        *paragraphs(str(appointment.get("description", ""))),
        *listing(further),
        *paragraphs(comment),
    ]


def _caller(appointment: Resource, people: People) -> list[Block]:
    actor = caller(appointment).get("actor")
    return facts(("Namn", people.name(actor)), ("Nås på", people.phones(actor)))


def _units(appointment: Resource, people: People) -> list[Block]:
    rows = [
        (
            _unit(each, people),
            "inbjuden" if each.get("required") == "optional" else "kallad",
            words.word(words.PARTICIPATION, each.get("status")),
        )
        for each in units(appointment, people)
    ]
    return table("Enheter", ("Vem", "Deltar som", "Svar"), rows)


def _unit(participant: Resource, people: People) -> str:
    """Return a unit in lines: its name, its huvudman, and the role that is asked for."""
    principal = words.word(words.PRINCIPAL, extension_value(participant, "principal"))
    name = people.name(participant.get("actor"))
    lines = (name, f"({principal})" if principal else "", _role(participant))
    return "\n".join(line for line in lines if line)


def _role(participant: Resource) -> str:
    return ", ".join(text for t in participant.get("type", ()) if (text := words.concept(t)))


def _persons(appointment: Resource, people: People) -> list[Block]:
    rows = [
        (_person(each, people), words.word(words.PARTICIPATION, each.get("status")))
        for each in appointment.get("participant", ())
        if _kind(each, people) in ("person", "interpreter")
    ]
    return table("Personer", ("Vem", "Svar"), rows)


def _person(participant: Resource, people: People) -> str:
    actor = participant.get("actor")
    named = people.name(actor)
    if _type(participant, PARTICIPANT_ROLE) != "interpreter":
        return words.sentence(named) or _unnamed(actor, people)
    languages = ", ".join(t["text"] for t in participant["type"] if t.get("text"))
    return ", ".join(text for text in ("Tolk", languages, named) if text)


def _unnamed(actor: Resource | None, people: People) -> str:
    return "Den enskilde" if people.is_patient(actor) else "Närstående"


def _kind(participant: Resource, people: People) -> str:
    """Return what a participant is: caller, place, interpreter, person or unit."""
    if _type(participant, CALLER) == "PPRF":
        return "caller"
    if _type(participant, PARTICIPANT_ROLE) == "interpreter":
        return "interpreter"
    kinds = {"Location": "place", "Patient": "person", "RelatedPerson": "person"}
    resource = people.resource(participant.get("actor"))
    return kinds.get(str(resource.get("resourceType")), "unit")


def _type(participant: Resource, system: str) -> str:
    codes = (code_of(each, system) for each in participant.get("type", ()))
    return next((code for code in codes if code), "")


def documents(bundle: Bundle) -> Iterator[str]:
    """Yield the title of each document that comes with a message; its content is not shown."""
    for document in parts.of_type(bundle, "DocumentReference"):
        attached = (c.get("attachment", {}).get("title") for c in document.get("content", ()))
        titles = (document.get("description"), *attached, words.concept(document.get("type")))
        yield next((str(text) for text in titles if text), "Bilaga")


def response_sections(response: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of an answer to an invitation."""
    people = People(bundle)
    return sections(
        ("Svaret", facts(*_response(response, people))),
        ("De som kommer", listing(_texts(response, "attendee"))),
        ("Andra tider som passar", listing(_other_times(response))),
    )


def _response(response: Resource, people: People) -> Iterator[tuple[str, str]]:
    yield "Enhet", people.name(response.get("actor"))
    yield "Svar", words.word(words.PARTICIPATION, response.get("participantStatus"))
    yield "Kommentar", str(response.get("comment", ""))
    yield "Kallelsens version", str(extension_value(response, "version") or "")


def _other_times(response: Resource) -> Iterator[str]:
    yield words.span(response.get("start"), response.get("end"))
    for period in (e.get("valuePeriod", {}) for e in extensions(response, "other-time")):
        yield words.span(period.get("start"), period.get("end"))


def _texts(resource: Resource, name: str) -> list[str]:
    return [str(each.get("valueString", "")) for each in extensions(resource, name)]
