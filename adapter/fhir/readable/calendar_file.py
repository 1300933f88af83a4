"""An invitation as an iCalendar file (RFC 5545), for a foreign calendar: iTIP (RFC 5546).

A calendar is read by many, so the file has time, place, unit and case only. It never has a
person's name, number or address, a question or a reason. Any text that holds one of those is left
out: what stands in its place says to look in the invitation (`calendar_secrets`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.builders import new_id
from adapter.fhir.bundles import Resource, extension_value
from adapter.fhir.readable import invitation, words
from adapter.fhir.readable.calendar_secrets import SEE, Secret, printable, secret
from adapter.fhir.readable.people import People

_PRODUCT = "-//careplan-adapter//SIP//SV"
_HOST = "careplan-adapter.example"
_SUMMARY = "SIP-möte"
_LINE = 75  # octets of a content line, its line break not counted (RFC 5545 3.1)
_ENDED = {"cancelled", "entered-in-error"}
_STATUS = {"proposed": "TENTATIVE", "pending": "TENTATIVE"}
_YEARS = range(1997, 9999)  # in which the time zone below holds
_MOST = 2**31 - 1  # the largest INTEGER (RFC 5545 3.3.8)

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
    if start.year not in _YEARS or end.year not in _YEARS:
        raise FatalError("no-mapping", "the meeting is in a year that no calendar file has")
    if end < start:
        raise FatalError("no-mapping", "the meeting ends before it starts")
    lines = [*_head(appointment), *_ZONE, *_event(appointment, bundle, start, end), "END:VCALENDAR"]
    return b"".join(_folded(line) for line in lines)


def _head(appointment: Resource) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield f"PRODID:{_PRODUCT}"
    yield "CALSCALE:GREGORIAN"
    yield f"METHOD:{'CANCEL' if appointment.get('status') in _ENDED else 'REQUEST'}"


def _event(appointment: Resource, bundle: Bundle, start: datetime, end: datetime) -> Iterator[str]:
    people, hidden = People(bundle), secret(appointment, bundle)
    unit = hidden.without(printable(_caller_name(appointment, bundle, people)))
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(appointment)}"
    yield f"SEQUENCE:{_sequence(appointment)}"
    yield f"DTSTAMP:{_utc(_recorded(bundle) or start)}"
    yield from _times(start, end)
    yield f"STATUS:{_status(appointment)}"
    yield f"SUMMARY:{_SUMMARY}"
    yield f"LOCATION:{_escaped(_place(appointment, people, hidden))}"
    yield f"ORGANIZER;CN={_quoted(unit)}:{_address(_caller_id(appointment, bundle, people))}"
    yield from _attendees(appointment, people, hidden)
    yield f"DESCRIPTION:{_escaped(_description(unit, bundle, hidden))}"
    yield "CLASS:PRIVATE"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _uid(appointment: Resource) -> str:
    """The id of an invitation, hashed: its sender may have built it from a person's number."""
    identifiers: list[Resource] = appointment.get("identifier", [])
    first = identifiers[0] if identifiers else {}
    named = new_id("invitation", str(first.get("system", "")), str(first.get("value", "")))
    return f"{named}@{_HOST}"


def _sequence(appointment: Resource) -> int:
    """Return the number of a version; its cancellation has the one between it and the next.

    A calendar takes only a higher number than the one that it has (RFC 5546 2.1.4).
    """
    version = int(extension_value(appointment, "version") or 1)
    is_ended = appointment.get("status") in _ENDED
    return min(2 * (version - 1) + is_ended, _MOST)


def _times(start: datetime, end: datetime) -> Iterator[str]:
    """Yield start and end in Swedish time; in UTC where the clock shows a time again in October.

    An end that is the start is left out: a calendar wants it later (RFC 5545 3.8.2.2).
    """
    named = {"DTSTART": start} | ({"DTEND": end} if start < end else {})
    swedish = {name: at.astimezone(words.SWEDEN) for name, at in named.items()}
    for name, at in swedish.items():
        if any(each.fold for each in swedish.values()):
            yield f"{name}:{_utc(at)}"
        else:
            yield f"{name};TZID=Europe/Stockholm:{at:%Y%m%dT%H%M%S}"


def _recorded(bundle: Bundle) -> datetime | None:
    at = bundles.recorded(bundle)
    return at if at and at.year in _YEARS else None


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _status(appointment: Resource) -> str:
    if appointment.get("status") in _ENDED:
        return "CANCELLED"
    return _STATUS.get(str(appointment.get("status")), "CONFIRMED")


def _place(appointment: Resource, people: People, hidden: Secret) -> str:
    """Return where the meeting is: a name or a link; of a protected person only that it is told."""
    where = invitation.place(appointment, people)
    links = [t.get("value", "") for t in where.get("telecom", ()) if t.get("system") == "url"]
    parts = [str(part) for part in (where.get("name", ""), *links) if part]
    text = ", ".join(parts)
    return SEE if people.is_protected else hidden.without(printable(text))


def _description(unit: str, bundle: Bundle, hidden: Secret) -> str:
    cases = hidden.without(printable(next(iter(bundles.case_ids(bundle)), "")))
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


def _attendees(appointment: Resource, people: People, hidden: Secret) -> Iterator[str]:
    """Yield the units that are called, by HSA-id alone: iTIP demands that there are some."""
    for participant in invitation.units(appointment, people):
        actor = participant.get("actor", {})
        number = bundles.organization_id({"identifier": [actor.get("identifier", {})]})
        role = "OPT" if participant.get("required") == "optional" else "REQ"
        if number and _is_unit(actor, {}) and hidden.without(number) == number:
            yield f"ATTENDEE;CUTYPE=GROUP;ROLE={role}-PARTICIPANT:{_address(number)}"


def _address(number: str) -> str:
    return f"urn:x-hsa:{quote(printable(number))}"


def _escaped(text: str) -> str:
    r"""Return a TEXT value (RFC 5545 3.3.11): `\`, `;` and `,` with a backslash, lines as `\n`."""
    escaped = re.sub(r"([\\;,])", r"\\\1", text)
    return printable(escaped.replace("\n", r"\n"))


def _quoted(text: str) -> str:
    """Return a parameter value in quotes, which may hold no quote (RFC 5545 3.2)."""
    return '"' + printable(text.replace('"', "'")) + '"'


def _folded(line: str) -> bytes:
    """Return a content line in UTF-8, folded between characters, with its line break."""
    parts: list[bytes] = [b""]
    for character in line:
        octets = character.encode("utf-8")
        if len(parts[-1]) + len(octets) > _LINE:
            parts.append(b" ")
        parts[-1] += octets
    return b"\r\n".join(parts) + b"\r\n"
