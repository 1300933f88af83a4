"""An invitation as an iCalendar file (RFC 5545), for a foreign calendar: iTIP (RFC 5546).

A calendar is read by many, so the file has time, place, unit and case only. It never has a
person's name, number or address, a question or a reason. Any text that holds one of those is left
out: what stands in its place says to look in the invitation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource, extension_value
from adapter.fhir.readable import invitation, words
from adapter.fhir.readable.people import People

_PRODUCT = "-//careplan-adapter//SIP//SV"
_HOST = "careplan-adapter.example"
_SUMMARY = "SIP-möte"
_SEE = "Se kallelsen"
_LINE = 75  # octets of a content line, its line break not counted (RFC 5545 3.1)
_ENDED = {"cancelled", "entered-in-error"}
_STATUS = {"proposed": "TENTATIVE", "pending": "TENTATIVE"}
_PERSONS = frozenset({"Patient", "RelatedPerson", "Practitioner", "Person"})
_WHOLE = 4  # letters from which a secret text counts also inside a word: `Åkerströms lägenhet`
_NUMBER = 8  # digits from which a number is looked for, however it is written

_ZONE = (
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Stockholm",
    "BEGIN:DAYLIGHT",
    "DTSTART:19960331T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19961027T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""Swedish time since 1996, when summer time got its present rule (directive 94/21/EC)."""


def calendar(bundle: Bundle) -> bytes:
    """Return the iCalendar file of a message about an invitation; it depends only on the message.

    FatalError `no-mapping` for another message, and for an invitation that has no time yet: a
    calendar has no place for it. The same invitation has the same UID in each version.
    """
    appointment = bundles.focus(bundle) or {}
    if appointment.get("resourceType") != "Appointment":
        raise FatalError("no-mapping", "only an invitation has a calendar file")
    start, end = (bundles.instant(appointment.get(name)) for name in ("start", "end"))
    if start is None or end is None:
        raise FatalError("no-mapping", "the meeting has no time yet")
    lines = [*_head(appointment), *_ZONE, *_event(appointment, bundle, start, end), "END:VCALENDAR"]
    return b"".join(_folded(line) for line in lines)


def _head(appointment: Resource) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{_PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{'CANCEL' if appointment.get('status') in _ENDED else 'REQUEST'}"


def _event(appointment: Resource, bundle: Bundle, start: datetime, end: datetime) -> Iterator[str]:
    people, secret = People(bundle), _secret(appointment, bundle)
    recorded = bundles.recorded(bundle) or start
    version = extension_value(appointment, "version") or 1
    unit = secret.without(_caller_name(appointment, bundle, people))
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(appointment)}"
    yield f"SEQUENCE:{int(version) - 1}"
    yield f"DTSTAMP:{recorded.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;TZID=Europe/Stockholm:{_local(start)}"
    yield f"DTEND;TZID=Europe/Stockholm:{_local(end)}"
    yield f"STATUS:{_status(appointment)}"
    yield f"SUMMARY:{_SUMMARY}"
    yield f"LOCATION:{_escaped(_place(appointment, people, secret))}"
    yield f"ORGANIZER;CN={_quoted(unit)}:{_address(_caller_id(appointment, bundle, people))}"
    yield from _attendees(appointment, people)
    yield f"DESCRIPTION:{_escaped(_description(unit, bundle, secret))}"
    yield "CLASS:PRIVATE"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _uid(appointment: Resource) -> str:
    """The id of an invitation, hashed: its sender may have built it from a person's number."""
    identifiers: list[Resource] = appointment.get("identifier", [])
    first = identifiers[0] if identifiers else {}
    named = new_id("invitation", str(first.get("system", "")), str(first.get("value", "")))
    return f"{named}@{_HOST}"


def _local(at: datetime) -> str:
    return f"{at.astimezone(words.SWEDEN):%Y%m%dT%H%M%S}"


def _status(appointment: Resource) -> str:
    if appointment.get("status") in _ENDED:
        return "CANCELLED"
    return _STATUS.get(str(appointment.get("status")), "CONFIRMED")


def _place(appointment: Resource, people: People, secret: Secret) -> str:
    """Return where the meeting is: a name or a link; of a protected person only that it is told."""
    where = invitation.place(appointment, people)
    links = [t.get("value", "") for t in where.get("telecom", ()) if t.get("system") == "url"]
    parts = [str(part) for part in (where.get("name", ""), *links) if part]
    text = ", ".join(parts)
    return _SEE if people.is_protected or not text else secret.without(text)


def _description(unit: str, bundle: Bundle, secret: Secret) -> str:
    cases = secret.without(next(iter(bundles.case_ids(bundle)), ""))
    return "\n".join(["Kallelse till SIP-möte.", f"Kallar: {unit}", f"Ärende: {cases}"])


def _caller_name(appointment: Resource, bundle: Bundle, people: People) -> str:
    """Return the name of the unit that calls, never of the person who does."""
    actor = invitation.caller(appointment).get("actor") or {}
    resource = people.resource(actor)
    if resource.get("resourceType") == "PractitionerRole":
        named = people.unit(resource)
    else:
        named = people.name(actor) if _is_unit(actor, resource) else ""
    return named or people.name(bundles.header(bundle).get("sender"))


def _caller_id(appointment: Resource, bundle: Bundle, people: People) -> str:
    """Return the HSA-id of the unit that calls, or else of the sender."""
    actor = invitation.caller(appointment).get("actor") or {}
    resource = people.resource(actor)
    unit = resource.get("organization") if resource else actor
    named = bundles.referenced_organization(bundle, unit) if _is_unit(unit or {}, {}) else ""
    return named or bundles.sender_id(bundle)


def _is_unit(reference: Resource, resource: Resource) -> bool:
    """Whether a Reference names a unit, as far as it says what it names."""
    kind = resource.get("resourceType") or reference.get("type")
    return kind in (None, "Organization", "HealthcareService")


def _attendees(appointment: Resource, people: People) -> Iterator[str]:
    """Yield the units that are called, by HSA-id alone: iTIP demands that there are some."""
    for participant in invitation.units(appointment, people):
        actor = participant.get("actor", {})
        number = bundles.organization_id({"identifier": [actor.get("identifier", {})]})
        role = "OPT" if participant.get("required") == "optional" else "REQ"
        if number and _is_unit(actor, {}):
            yield f"ATTENDEE;CUTYPE=GROUP;ROLE={role}-PARTICIPANT:{_address(number)}"


def _address(number: str) -> str:
    return f"urn:x-hsa:{_printable(number)}"


class Secret:
    """The texts of a message that no calendar may have."""

    def __init__(self, texts: Iterable[str]) -> None:
        known = {text.strip().casefold() for text in texts}
        self._long = [text for text in known if len(text) >= _WHOLE]
        short = [re.escape(text) for text in known if 1 < len(text) < _WHOLE]
        self._short = re.compile(rf"(?<!\w)(?:{'|'.join(short)})s?(?!\w)") if short else None
        digits = {_digits(text) for text in known}
        self._numbers = {number[-10:] for number in digits if len(number) >= _NUMBER}

    def without(self, text: str) -> str:
        """Return the text, or `Se kallelsen` where it holds a secret one, or is empty."""
        folded, digits = text.casefold(), _digits(text)
        is_secret = (
            any(secret in folded for secret in self._long)
            or (self._short is not None and self._short.search(folded) is not None)
            or any(number in digits for number in self._numbers)
        )
        return _SEE if is_secret or not text else text


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _secret(appointment: Resource, bundle: Bundle) -> Secret:
    return Secret([*_questions(appointment), *_of_persons(bundle)])


def _questions(appointment: Resource) -> Iterator[str]:
    yield str(appointment.get("description", ""))
    yield str(appointment.get("comment", ""))
    yield words.concept(appointment.get("cancelationReason"))
    for reason in appointment.get("reasonCode", ()):
        yield words.concept(reason)


def _of_persons(bundle: Bundle) -> Iterator[str]:
    """Yield each name, number, address and way to reach of every person of the message."""
    for resource in bundles.resources(bundle):
        if resource.get("resourceType") in _PERSONS:
            yield from _of_person(resource)


def _of_person(person: Resource) -> Iterator[str]:
    for name in person.get("name", ()):
        parts = (*name.get("given", ()), name.get("family"), name.get("text"))
        yield from (part for part in parts if part)
    for part in (*person.get("identifier", ()), *person.get("telecom", ())):
        yield str(part.get("value", ""))
    for address in person.get("address", ()):
        lines = [line for line in address.get("line", ()) if line]
        yield from (*lines, *(line.split()[0] for line in lines if line.strip()))
        yield str(address.get("text", ""))


def _escaped(text: str) -> str:
    r"""Return a TEXT value (RFC 5545 3.3.11): `\`, `;` and `,` with a backslash, lines as `\n`."""
    escaped = re.sub(r"([\\;,])", r"\\\1", text)
    return _printable(escaped.replace("\n", r"\n"))


def _quoted(text: str) -> str:
    """Return a parameter value in quotes, which may hold no quote (RFC 5545 3.2)."""
    return '"' + _printable(text.replace('"', "'")) + '"'


def _printable(text: str) -> str:
    """Return text without controls, which no value may have."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _folded(line: str) -> bytes:
    """Return a content line in UTF-8, folded between characters, with its line break."""
    parts: list[bytes] = [b""]
    for character in line:
        octets = character.encode("utf-8")
        if len(parts[-1]) + len(octets) > _LINE:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
