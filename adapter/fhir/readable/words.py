"""Swedish words for codes of R4 and of ours, and for times, as people read them.

A code without a word is shown as it is: nothing that a message says is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from adapter.fhir.bundles import Resource, instant

SWEDEN = ZoneInfo("Europe/Stockholm")
_DAYS = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")
_MONTHS = (
    *("januari", "februari", "mars", "april", "maj", "juni"),
    *("juli", "augusti", "september", "oktober", "november", "december"),
)
_PERSONAL_NUMBER = 12  # digits: a personnummer or samordningsnummer with its century

PLAN_STATUS = {
    "draft": "utkast, gäller inte ännu",
    "active": "gäller",
    "on-hold": "vilar",
    "revoked": "avslutad i förtid, gäller inte längre",
    "completed": "avslutad, gäller inte längre",
    "entered-in-error": "felaktig, gäller inte",
    "unknown": "okänd",
}
EFFORT_STATUS = {
    "not-started": "inte påbörjad",
    "scheduled": "planerad",
    "in-progress": "pågår",
    "on-hold": "vilar",
    "completed": "klar",
    "cancelled": "blir inte av",
    "stopped": "avslutad i förtid",
    "unknown": "okänd",
    "entered-in-error": "felaktigt införd",
}
GOAL_STATUS = {
    "proposed": "föreslaget",
    "planned": "planerat",
    "accepted": "bestämt",
    "active": "pågår",
    "on-hold": "vilar",
    "completed": "avslutat",
    "cancelled": "avbrutet",
    "entered-in-error": "felaktigt infört",
    "rejected": "avböjt",
}
ACHIEVEMENT = {
    "in-progress": "på väg",
    "improving": "blir bättre",
    "worsening": "blir sämre",
    "no-change": "ingen förändring",
    "achieved": "uppnått",
    "sustaining": "uppnått och håller i sig",
    "not-achieved": "inte uppnått",
    "no-progress": "inga framsteg",
    "not-attainable": "går inte att nå",
}
GOAL_TERM = {"short": "kort", "long": "lång"}
PRINCIPAL = {"region": "regionen", "municipality": "kommunen", "other": "annan aktör"}
ATTENDANCE = {"attended": "var med", "absent": "kallad, kom inte", "invited": "inbjuden"}
MEETING = {  # said of `mötet`
    "proposed": "tid söks",
    "pending": "väntar på svar",
    "booked": "bokat",
    "arrived": "pågår",
    "fulfilled": "genomfört",
    "cancelled": "inställt",
    "noshow": "blev inte av, någon uteblev",
    "entered-in-error": "felaktigt, gäller inte",
    "checked-in": "pågår",
    "waitlist": "väntar på tid",
}
MEETING_FORM = {"physical": "på plats", "video": "videomöte", "telephone": "telefonmöte"}
PARTICIPATION = {
    "accepted": "kommer",
    "declined": "kommer inte",
    "tentative": "kommer kanske",
    "needs-action": "har inte svarat",
}
CONSENT_FORM = {"oral": "muntligt", "written": "skriftligt"}
CONSENT_STATUS = {
    "active": "gäller",
    "inactive": "återkallat",
    "rejected": "nekat",
    "draft": "utkast",
    "proposed": "föreslaget",
    "entered-in-error": "felaktigt infört",
}
CONTACT_KIND = {
    "1": "Fast vårdkontakt",
    "2": "Fast läkarkontakt i primärvård",
    "3": "Fast omsorgskontakt i hemtjänsten",
    "4": "Fast vårdkontakt med övergripande samordningsansvar",
}
TRACK = {"blue": "blått", "green": "grönt", "yellow": "gult", "red": "rött"}
ANSWER = {"yes": "ja", "no": "nej", "partly": "delvis", "unknown": "vet ej"}
SYSTEM = {"sms": "sms", "email": "e-post", "fax": "fax"}


def word(words: Mapping[str, str], code: Any) -> str:
    """Return the word of a code, the code itself where it has none, or "" for none."""
    return words.get(str(code), str(code)) if code else ""


def concept(value: Resource | None, words: Mapping[str, str] | None = None) -> str:
    """Return a CodeableConcept or a Coding as text: its text, its word, its display or its code."""
    named = value or {}
    codings = named.get("coding", [named])
    texts = (
        (words or {}).get(c.get("code", "")) or c.get("display") or c.get("code") for c in codings
    )
    return str(named.get("text") or next((text for text in texts if text), ""))


def day(text: str | None) -> str:
    """Return a FHIR date or dateTime as a day: `tisdag 24 november 2026`; a partial one is short.

    A time with an offset is told as the day it is in Sweden.
    """
    at = instant(text)
    if at is not None:
        return _day(at.astimezone(SWEDEN).date())
    parts = (text or "").partition("T")[0].split("-")
    try:
        return _partial(parts)
    except ValueError:
        return text or ""


def date_alone(text: str | None) -> str:
    """As `day`, but without the day of the week: `7 september 1950`."""
    return day(text).split("dag ", 1)[-1]


def _partial(parts: list[str]) -> str:
    if len(parts) == 3:
        return _day(date(int(parts[0]), int(parts[1]), int(parts[2])))
    if len(parts) == 2:
        return f"{_MONTHS[date(int(parts[0]), int(parts[1]), 1).month - 1]} {parts[0]}"
    return parts[0]


def _day(at: date) -> str:
    return f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year}"


def time(text: str | None) -> str:
    """Return a FHIR dateTime with its time in Sweden; a date alone has none.

    `tisdag 24 november 2026 klockan 13.00`
    """
    at = instant(text)
    return f"{day(text)} klockan {_clock(at)}" if at is not None else day(text)


def _clock(at: datetime) -> str:
    return at.astimezone(SWEDEN).strftime("%H.%M")


def span(start: str | None, end: str | None) -> str:
    """Return two times: the end has its day only where that is another one than the start's."""
    last = instant(end)
    if last is not None and start and day(start) == day(end):
        return f"{time(start)}–{_clock(last)}"
    return " till ".join(text for text in (time(start), time(end)) if text)


def period(value: Resource | None) -> str:
    """Return a Period as days: `från tisdag 24 november 2026 till …`; "" for none."""
    start, end = (day((value or {}).get(name)) for name in ("start", "end"))
    if start and start == end:
        return start
    return " ".join(f"{name} {text}" for name, text in (("från", start), ("till", end)) if text)


def personal_number(value: str) -> str:
    """Return a personal identity number as people write it: `19500907-2553`."""
    is_whole = len(value) == _PERSONAL_NUMBER and value[:8].isdecimal()
    return f"{value[:8]}-{value[8:]}" if is_whole else value


def postal_code(code: str) -> str:
    """Return a Swedish postal code as people write it: `972 31`."""
    return f"{code[:3]} {code[3:]}" if len(code) == 5 and code.isdecimal() else code


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter."""
    return text[:1].upper() + text[1:]
