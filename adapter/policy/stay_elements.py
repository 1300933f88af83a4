"""What a message states about each element of a Stay: one row for each element. Pure.

An element that a message does not mention is absent from the result: absence is silence. None
deletes: HL7 v2 `""`, or an event that clears the element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapter.core.identifiers import PERSON_SYSTEMS, PERSONNUMMER, normalised
from adapter.core.model import Bundle, Event, Need
from adapter.fhir import assessments, bundles
from adapter.fhir.encounter_classes import stated_class
from adapter.fhir.validity import holding
from adapter.policy import consents
from adapter.settings.municipalities import municipalities

LEGAL = frozenset({"assessment", "ready", "cancelled", "deceased", "discharge"})
"""Elements that a rule of SFS 2017:612 counts from, or that begin or end a duty to tell."""

CLEARS: Mapping[Event, tuple[str, ...]] = {
    Event.ADMISSION_NOTICE: ("cancelled",),
    Event.ADMISSION_CANCELLED: ("assessment",),
    Event.PROCESS_ENDED: ("assessment",),
    Event.DISCHARGE_READY_WITHDRAWN: ("ready",),
    Event.DISCHARGED: ("leave",),
    Event.DECEASED: ("leave",),
    Event.DISCHARGE_CANCELLED: ("discharge",),
    Event.DECEASED_WITHDRAWN: ("deceased",),
}
"""Which elements an event clears by what it is, although its document leaves them out."""

DELETED = {
    "planned-discharge": "planned",
    "discharge-ready": "ready",
    "leave": "leave",
    "ward": "ward",
    "admitted": "admitted",
    "deceased": "deceased",
    "listed": "listed",
}
"""Codes of our extension `deleted`, and the element that each deletes.

A deleted name or address is not in the table: nobody has moved, and a person has a name.
"""

Facts = dict[str, Any]


def stated(event: Event, bundle: Bundle) -> Facts:
    """Return what a message states, by element; JSON values, None where it deletes."""
    deleted = dict.fromkeys(DELETED[code] for code in bundles.deleted(bundle) if code in DELETED)
    cleared = dict.fromkeys(CLEARS.get(event, ()))
    facts = deleted | _person(bundle) | consents.stated(bundle)
    if event is not Event.PERSON_UPDATED:
        facts |= _stay(event, bundle)
    return facts | cleared | _own(event, bundle)


def _person(bundle: Bundle) -> Facts:
    person = bundles.patient(bundle) or {}
    identifiers = bundles.patient_identifiers(bundle)
    present = {
        "identifiers": [_number(i) for i in identifiers if i.get("value")],
        "name": [_name(n) for n in _names(bundle) if _name(n)],
        "address": _registered(bundle),
        "municipality": _known_municipality(bundle),
        "assumed": bundles.assumed_municipality(bundle),
        "listed": bundles.listed_centre(bundle),
    }
    return {k: v for k, v in present.items() if v} | _death(person)


def _names(bundle: Bundle) -> list[Any]:
    """Return the names that hold; where none does, those that are not called old."""
    stated = (bundles.patient(bundle) or {}).get("name", ())
    return bundles.patient_parts(bundle, "name") or holding(stated, None)


def _number(identifier: Mapping[str, Any]) -> Facts:
    """Rebuild what is told, so that no text of the source leaves with it."""
    return {"system": identifier.get("system", ""), "value": identifier["value"]}


def _name(name: Mapping[str, Any]) -> Facts:
    parts = {k: name[k] for k in ("family", "given") if name.get(k)}
    return parts or {k: name[k] for k in ("text",) if name.get(k)}


def _registered(bundle: Bundle) -> list[Any]:
    """Return the addresses of registration (folkbokföring) that hold, rebuilt."""
    homes = [a for a in bundles.patient_parts(bundle, "address") if a.get("use") == "home"]
    kept = ("line", "city", "postalCode")
    bare = [{k: a[k] for k in kept if a.get(k)} for a in homes]
    return [{"use": "home"} | a for a in bare if a]


def _death(person: Mapping[str, Any]) -> Facts:
    if person.get("deceasedDateTime"):
        return {"deceased": person["deceasedDateTime"]}
    boolean = person.get("deceasedBoolean")
    return {} if boolean is None else {"deceased": True if boolean else None}


def _stay(event: Event, bundle: Bundle) -> Facts:
    stay = bundles.focus(bundle) or {}
    period = stay.get("period", {})
    present = {
        "class": stated_class(bundle),
        "hospital": bundles.referenced_organization(bundle, stay.get("serviceProvider")),
        "admitted": period.get("start"),
        "planned": bundles.extension_value(stay, "planned-discharge"),
        "ward": _ward(stay),
        "ready": bundles.extension_value(stay, "discharge-ready"),
        "assessment": _assessment(bundle),
    }
    facts = {k: v for k, v in present.items() if v}
    judged = assessments.assessment(bundle)
    if judged is not None and judged.withdrawn:
        facts["assessment"] = None
    if _is_discharged(event, bundle):
        facts["discharge"] = _discharge(bundle)
    return facts


def _is_discharged(event: Event, bundle: Bundle) -> bool:
    """Whether a finished stay is a discharge. A death alone is none, until the hospital says so."""
    stay = bundles.focus(bundle) or {}
    over = stay.get("status") == "finished" and bool(stay.get("period", {}).get("end"))
    return over and (event is not Event.DECEASED or bundles.disposition(bundle) == "exp")


def _ward(stay: Mapping[str, Any]) -> list[Any]:
    places = [each.get("location", {}) for each in stay.get("location", ())]
    kept = [{k: p[k] for k in ("identifier", "display") if p.get(k)} for p in places]
    return [{"location": place} for place in kept if place]


def _assessment(bundle: Bundle) -> Facts | None:
    judged = assessments.assessment(bundle)
    if judged is None or judged.withdrawn or not (judged.needs or judged.units):
        return None
    at = judged.assessed or bundles.recorded(bundle)
    when = at.isoformat() if at else ""
    needs = {str(need): when for need in sorted(judged.needs)}
    named = dict.fromkeys(judged.units, when)
    return {"needs": needs, "units": list(judged.units), "named": named, "assessed": when}


def _discharge(bundle: Bundle) -> Facts:
    period = (bundles.focus(bundle) or {}).get("period", {})
    recorded = bundles.recorded(bundle)
    end = period.get("end") or (recorded.isoformat() if recorded else "")
    return {"end": end, "disposition": bundles.disposition(bundle)}


def _leave(event: Event) -> Callable[[Bundle], Facts]:
    def read(bundle: Bundle) -> Facts:
        stated_ = bundles.extension_value(bundles.focus(bundle), "leave") or {}
        period = {k: stated_[k] for k in ("start", "end") if stated_.get(k)}
        return {"leave": {"away": event is Event.LEAVE_STARTED, "period": period}}

    return read


def _ready(bundle: Bundle) -> Facts:
    recorded = bundles.recorded(bundle)
    at = bundles.extension_value(bundles.focus(bundle), "discharge-ready")
    return {"ready": at or (recorded.isoformat() if recorded else "")}


def _death_event(bundle: Bundle) -> Facts:
    return {"deceased": True} | _death(bundles.patient(bundle) or {})


_OWN: Mapping[Event, Callable[[Bundle], Facts]] = {
    Event.ADMISSION_CANCELLED: lambda _: {"cancelled": True},
    Event.LEAVE_STARTED: _leave(Event.LEAVE_STARTED),
    Event.LEAVE_ENDED: _leave(Event.LEAVE_ENDED),
    Event.DISCHARGE_READY: _ready,
    Event.DISCHARGED: lambda bundle: {"discharge": _discharge(bundle)},
    Event.DECEASED: _death_event,
}
"""What an event states by what it is."""


def _own(event: Event, bundle: Bundle) -> Facts:
    read = _OWN.get(event)
    return read(bundle) if read else {}


def _known_municipality(bundle: Bundle) -> str:
    """A code that no municipality has says nothing: it is no move."""
    code = bundles.municipality(bundle)
    return code if code in municipalities() else ""


def brought(needs: Mapping[str, str]) -> dict[str, str]:
    """Return the needs with primary care, which municipal health care brings (2 kap. 1 § st. 2)."""
    own = needs.get(Need.MUNICIPAL_HEALTH_CARE)
    return ({str(Need.PRIMARY_CARE): own} if own is not None else {}) | dict(needs)


def is_same(element: str, before: Any, value: Any) -> bool:
    """Whether two values of an element mean the same, in whatever form a system writes them."""
    if not before or not value or before == value:
        return before == value or not (before or value)
    return bool(_canonical(element, before) == _canonical(element, value))


def _canonical(element: str, value: Any) -> Any:
    if element in _TIMES:
        return _moment(value)
    if element == "discharge":
        return _moment(value["end"]), value["disposition"]
    if element == "identifiers":
        return {(normalised(i.get("system", "")), _compact(i["value"])) for i in value}
    if element in ("name", "address"):
        return [_words(part) for part in value]
    return value


_TIMES = ("admitted", "planned", "ready", "deceased")


def _moment(text: Any) -> Any:
    return bundles.instant(text if isinstance(text, str) else "") or text


def _compact(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).upper()


def _words(part: Mapping[str, Any]) -> list[str]:
    """Return the words of a name or an address, without its use, type and country."""
    values = [v for k, v in sorted(part.items()) if k not in ("use", "type", "country", "text")]
    texts = (t for v in values for t in (v if isinstance(v, list) else [v]))
    return " ".join(str(text) for text in texts).casefold().split()


def merged(element: str, before: Any, value: Any) -> Any:
    """Return the value to keep.

    A need keeps the time of the assessment that brought it, and a unit of the one that named it.
    `freed` is when a unit was last named no more: what takes its place has a time of its own. A
    death keeps its date when a later message only says that the patient is dead. Numbers of
    registers of persons outlast a message that is silent of them.
    """
    if element == "deceased" and value is True:
        return before or True
    if element == "identifiers":
        return [*_unsaid(before or (), value), *value]
    if element != "assessment" or not value:
        return value
    stated_ = brought(value["needs"])
    if not before:
        return value | {"needs": stated_}
    known = brought(before["needs"])
    needs = {name: known.get(name, at) for name, at in stated_.items()}
    if needs == known and value["units"] == before["units"]:
        return before
    named = _when_named(before)
    units = {unit: named.get(unit, at) for unit, at in value["named"].items()}
    is_freed = bool(named.keys() - units.keys())
    freed = value["assessed"] if is_freed else before.get("freed", "")
    return value | {"needs": needs, "named": units} | ({"freed": freed} if freed else {})


def _unsaid(before: Iterable[Facts], value: Iterable[Facts]) -> list[Facts]:
    """Return the known numbers of persons that the stated numbers are silent of.

    A number of any register takes the place of all but a personnummer.
    """
    said = {normalised(i.get("system", "")) for i in value} & PERSON_SYSTEMS
    unsaid = {PERSONNUMMER} - said if said else PERSON_SYSTEMS
    return [i for i in before if normalised(i.get("system", "")) in unsaid]


def _when_named(assessment: Mapping[str, Any]) -> dict[str, str]:
    """Return when each unit was named. An earlier version kept no time: the assessment's counts."""
    known: dict[str, str] = assessment.get("named", {})
    return dict.fromkeys(assessment["units"], assessment["assessed"]) | known
