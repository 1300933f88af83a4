"""Who is invited, and where, to RGS, AIG, AIL and AIP (HL7 v2.5.1 chapter 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from adapter.mappings.hl7v2.writing.er7 import (
    EMPTY,
    Field,
    coded,
    components,
    formatted,
    repeated,
    segment,
)
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage
from adapter.mappings.hl7v2.writing.parties import Actor, actor

_TABLE = "HL70278"
_STATUS = {  # Appointment.participant.status; table 0278 has no word for the last two
    "needs-action": coded("Pending", system=_TABLE),
    "accepted": coded("Booked", system=_TABLE),
    "declined": coded("Declined", "Tackat nej"),
    "tentative": coded("Tentative", "Preliminärt ja"),
}
_ROLES = {
    "required": ("called", "Kallad"),
    "optional": ("invited", "Inbjuden"),
    "information-only": ("informed", "För kännedom"),
}
_PRINCIPALS = {"region": "Region", "municipality": "Kommun", "other": "Annan"}
_TYPES = {"PPRF": ("caller", "Kallande"), "interpreter": ("interpreter", "Tolk")}
_FORMS = {"physical": "Fysiskt möte", "video": "Videomöte", "telephone": "Telefonmöte"}
_PERSONS = ("PractitionerRole", "Practitioner", "RelatedPerson", "Patient")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A location (AIL): its name, and notes with their kind."""

    name: str = ""
    form: Field = EMPTY
    status: Field = EMPTY
    notes: tuple[tuple[str, str, str], ...] = ()


@dataclass(slots=True, kw_only=True)
class Meeting:
    """Who takes part in a meeting. Units and persons are segments without number and action."""

    caller: Actor | None = None
    units: list[dict[int, Field | str]] = field(default_factory=list)
    persons: list[dict[int, Field | str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    is_answered: bool = False


def taking_part(appointment: Node, outgoing: OutgoingMessage) -> Meeting:
    """Take every participant; FatalError `unknown-code` for a status that R4 does not have."""
    meeting = Meeting()
    form = appointment.extension("meeting-form").take_coded("valueCode", _FORMS)
    code = str(appointment.extension("meeting-form").peek("valueCode") or "")
    for participant in appointment.parts("participant"):
        _take(participant, meeting, outgoing)
    if form:
        place = meeting.places[0] if meeting.places else Place()
        first = Place(
            name=place.name, form=coded(code, form), status=place.status, notes=place.notes
        )
        meeting.places = [first, *meeting.places[1:]]
    return meeting


def _take(participant: Node, meeting: Meeting, outgoing: OutgoingMessage) -> None:
    status = participant.take("status")
    if status not in _STATUS:
        raise participant.unknown_code("status")
    reference = participant.part("actor")
    location = outgoing.take_referenced(reference, "Location")
    if location is not None:
        participant.take_implied("required", "required")
        meeting.places.append(_place(location, _STATUS[status]))
        return
    _take_actor(participant, meeting, outgoing, status)


def _take_actor(
    participant: Node, meeting: Meeting, outgoing: OutgoingMessage, status: str
) -> None:
    reference = participant.part("actor")
    kind = _kind(reference, outgoing)
    role = _role(participant, kind)
    who = actor(reference, outgoing)
    code = role.split("^")[0]
    if code == "caller":
        meeting.caller = who
    elif kind not in ("Patient", "RelatedPerson") and status != "needs-action":
        meeting.is_answered = True
    if kind in _PERSONS or code == "interpreter":
        meeting.persons.append({3: who.person(), 4: role, 12: _STATUS[status]})
    else:
        groups = repeated([_principal(participant)])
        meeting.units.append({3: who.resource(), 4: role, 5: groups, 14: _STATUS[status]})


def _kind(reference: Node, outgoing: OutgoingMessage) -> str:
    """Return the type of the actor: of its resource, else as the reference says."""
    return outgoing.type_of(reference) or str(reference.peek("type") or "")


def _role(participant: Node, kind: str) -> Field:
    """Return AIG-4 or AIP-4: as what an actor takes part, and the role that is asked for."""
    codes, texts = [], []
    for type_ in participant.parts("type"):
        codes += [_known(coding) for coding in type_.parts("coding")]
        texts.append(type_.take("text"))
    asked = ", ".join(text for text in texts if text)
    if kind in ("Patient", "RelatedPerson"):
        participant.take_implied("required", "required")
        names = {"Patient": "Den enskilde", "RelatedPerson": "Närstående"}
        return coded("patient" if kind == "Patient" else "relative", asked or names[kind])
    for code, (name, title) in _TYPES.items():
        if code in codes:
            participant.take_implied("required", "required")
            return coded(name, asked or title)
    return _invited(participant, asked)


def _known(coding: Node) -> str:
    """Take a type that AIG-4 or AIP-4 tells; another one is a loss."""
    code = str(coding.peek("code"))
    if code in _TYPES:
        coding.mark()
    return code


def _invited(participant: Node, asked: str) -> Field:
    required = participant.take("required") or "required"
    if required not in _ROLES:
        raise participant.unknown_code("required")
    code, title = _ROLES[required]
    return coded(code, asked or title)


def _principal(participant: Node) -> Field:
    extension = participant.extension("principal")
    code = str(extension.peek("valueCode") or "")
    title = extension.take_coded("valueCode", _PRINCIPALS)
    return coded(code, title) if title else Field("")


def _place(location: Node, status: Field) -> Place:
    notes = [("address", "Adress", location.part("address").take("text"))]
    for contact in location.parts("telecom"):
        contact.take_implied("system", "url")
        notes.append(("link", "Länk", contact.take("value")))
    filled = tuple(note for note in notes if note[2])
    return Place(name=location.take("name"), status=status, notes=filled)


def resources(meeting: Meeting, action: str) -> Iterator[str]:
    """Yield RGS, then the units, the places and the persons; each is numbered among its kind."""
    yield segment("RGS", {1: "1", 2: action})
    yield from _numbered("AIG", meeting.units, action)
    for number, place in enumerate(meeting.places, start=1):
        at = components(*[""] * 8, place.name)
        fields = {1: str(number), 2: action, 3: at, 4: place.form, 12: place.status}
        yield segment("AIL", fields)
        for count, (kind, title, text) in enumerate(place.notes, start=1):
            yield segment("NTE", {1: str(count), 3: formatted(text), 4: coded(kind, title)})
    yield from _numbered("AIP", meeting.persons, action)


def _numbered(name: str, rows: Iterable[dict[int, Field | str]], action: str) -> Iterator[str]:
    for number, fields in enumerate(rows, start=1):
        yield segment(name, {1: str(number), 2: action} | fields)
