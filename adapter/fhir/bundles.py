"""Read facts from a FHIR message, from where docs/message.md says that each stands.

An absent fact is "" or None; the profiles decide whether it may be absent. Messages are written
in adapter.fhir.builders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any

from adapter.core.identifiers import hsa_id, is_hsa, organization_number
from adapter.core.model import Bundle, Event
from adapter.fhir import references
from adapter.fhir.canonical import (
    DISPOSITION,
    ENCOUNTER_CLASS,
    ENDED,
    EVENT,
    extension_url,
)
from adapter.fhir.codings import code_of, is_assumed
from adapter.fhir.leap_seconds import leap_second
from adapter.fhir.validity import holding, is_over

Resource = dict[str, Any]
_EVENTS = {str(event): event for event in Event}


def resources(bundle: Bundle) -> Iterator[Resource]:
    """Return every resource of the message, in entry order."""
    return (e["resource"] for e in bundle.get("entry", ()) if "resource" in e)


def of_type(bundle: Bundle, type_: str) -> Resource | None:
    """Return the first resource of a type; None when there is none."""
    return next((r for r in resources(bundle) if r.get("resourceType") == type_), None)


def header(bundle: Bundle) -> Resource:
    """Return the MessageHeader, entry 0; {} when the message has none."""
    for entry in bundle.get("entry", ()):
        if "resource" in entry:
            first: Resource = entry["resource"]
            return first if first.get("resourceType") == "MessageHeader" else {}
    return {}


def event_code(bundle: Bundle) -> tuple[str, str]:
    """Return system and code of MessageHeader.eventCoding."""
    coding = header(bundle).get("eventCoding", {})
    return coding.get("system", ""), coding.get("code", "")


def event(bundle: Bundle) -> Event:
    """Return the event; ValueError when the code is not one of ours."""
    return Event(event_code(bundle)[1])


def event_of_code(system: Any, code: Any) -> Event | None:
    """Return the event that a coding names, or None when it is not ours. Takes any JSON values."""
    ours = system == EVENT and isinstance(code, str)
    return _EVENTS.get(code) if ours else None


def content_id(bundle: Bundle) -> str:
    """Return MessageHeader.id without `urn:uuid:`."""
    return str(header(bundle).get("id", "")).removeprefix("urn:uuid:")


def envelope_id(bundle: Bundle) -> str:
    """Return Bundle.id."""
    return str(bundle.get("id", ""))


def focus(bundle: Bundle) -> Resource | None:
    """Return the resource that MessageHeader.focus points to."""
    return references.resolve(bundle, next(iter(header(bundle).get("focus", ())), None))


def patient(bundle: Bundle) -> Resource | None:
    """Return the Patient; None when the message has none."""
    return of_type(bundle, "Patient")


def organization_id(resource: Resource | None) -> str:
    """Return an Organization's HSA-id or HER-id in our form; "" where it has none."""
    return next(iter(organization_ids(resource)), "")


def organization_ids(resource: Resource | None) -> list[str]:
    """Return each HSA-id and HER-id of an Organization that is not old, in our form."""
    identifiers: Iterable[Resource] = (resource or {}).get("identifier", ())
    numbers: dict[str, None] = {}
    for each in identifiers:
        if each.get("use") != "old":
            numbers[organization_number(each.get("system", ""), each.get("value", ""))] = None
    return [number for number in numbers if number]


def referenced_organization(bundle: Bundle, reference: Resource | None) -> str:
    """Return the HSA-id that a Reference names, by resource or by its own identifier."""
    named = organization_id(references.resolve(bundle, reference))
    return named or organization_id({"identifier": [(reference or {}).get("identifier", {})]})


def sender_id(bundle: Bundle) -> str:
    """Return the HSA-id of the sending organisation."""
    return referenced_organization(bundle, header(bundle).get("sender"))


def receiver_ids(bundle: Bundle) -> tuple[str, ...]:
    """Return the HSA-ids of the receivers, in order; empty when routes decide."""
    references = (d.get("receiver") for d in header(bundle).get("destination", ()))
    ids = (referenced_organization(bundle, reference) for reference in references if reference)
    return tuple(dict.fromkeys(i for i in ids if i))


def extensions(resource: Resource | None, name: str) -> list[Resource]:
    """Return all our extensions with this name."""
    url = extension_url(name)
    return [e for e in (resource or {}).get("extension", ()) if e.get("url") == url]


def extension_value(resource: Resource | None, name: str) -> Any:
    """Return the value[x] of our extension, or None."""
    for extension in extensions(resource, name):
        return next((v for k, v in extension.items() if k.startswith("value")), None)
    return None


def case_ids(bundle: Bundle) -> tuple[str, ...]:
    """Return `<HSA-id>/<number>` of the case, then its aliases."""
    identifiers = (e.get("valueIdentifier", {}) for e in extensions(header(bundle), "case"))
    return tuple(i["value"].strip() for i in identifiers if i.get("value"))


def concerned(bundle: Bundle) -> str:
    """Return the content id of the message that this one answers, cancels or receipts."""
    return next(iter(every_concerned(bundle)), "")


def every_concerned(bundle: Bundle) -> list[str]:
    """Return each content id that the message names in a place for the earlier message."""
    response = header(bundle).get("response") or {}
    resource = focus(bundle) or {}
    references = [resource.get("focus"), *resource.get("inResponseTo", ())]
    named = [r.get("identifier", {}).get("value", "") for r in references if isinstance(r, dict)]
    own = [
        e.get("valueIdentifier", {}).get("value", "")
        for e in extensions(header(bundle), "concerns")
    ]
    every = (response.get("identifier", ""), *named, *own)
    return [str(id_).removeprefix("urn:uuid:") for id_ in every if id_]


def instant(text: str | None) -> datetime | None:
    """Return a FHIR instant or full dateTime as an aware time; None for a partial one.

    None too in the first and the last year that there is: another zone may have no such time.
    """
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return leap_second(text or "")
    return time if time.tzinfo and MINYEAR < time.year < MAXYEAR else None


def recorded(bundle: Bundle) -> datetime | None:
    """Return when the source recorded the event, else when the envelope was made, else None."""
    own = instant(extension_value(header(bundle), "recorded"))
    return own or instant(bundle.get("timestamp"))


def deleted(bundle: Bundle) -> frozenset[str]:
    """Return the elements that the source deleted: codes of `<base>/CodeSystem/deleted`."""
    codes = (e.get("valueCode") for e in extensions(header(bundle), "deleted"))
    return frozenset(str(code) for code in codes if code)


def ended_reason(bundle: Bundle) -> str:
    """Return why the message ends something, a code of `<base>/CodeSystem/ended`; "" for none."""
    return code_of(header(bundle).get("reason"), ENDED)


def disposition(bundle: Bundle) -> str:
    """Return how the patient left: `home`, `other-hcf`, `exp` (R4, discharge-disposition) or ""."""
    hospitalization = _encounter(bundle).get("hospitalization", {})
    return code_of(hospitalization.get("dischargeDisposition"), DISPOSITION)


def encounter_class(bundle: Bundle) -> str:
    """Return the ActCode that was stated as Encounter.class, such as IMP; else ""."""
    coding = class_coding(bundle)
    known = coding.get("system") in {None, ENCOUNTER_CLASS} and not is_assumed(coding)
    return str(coding.get("code", "")) if known else ""


def class_coding(bundle: Bundle) -> Resource:
    """Return Encounter.class as it came; {} where there is none."""
    return dict(_encounter(bundle).get("class", {}))


def _encounter(bundle: Bundle) -> Resource:
    """Return the focus where it is an Encounter, else {}."""
    resource = focus(bundle) or {}
    return resource if resource.get("resourceType") == "Encounter" else {}


def patient_ids(bundle: Bundle) -> tuple[str, ...]:
    """Return `system|value` of each of the patient's identifiers, without those no longer used."""
    return _ids(patient_identifiers(bundle))


def old_patient_ids(bundle: Bundle) -> tuple[str, ...]:
    """Return `system|value` of each identifier that the patient had earlier (old, or ended)."""
    stated, current = _stated(bundle, "identifier"), patient_identifiers(bundle)
    on = _day_of(bundle, stated)
    return _ids(i for i in stated if is_over(i, on) and i not in current)


def patient_identifiers(bundle: Bundle) -> list[Resource]:
    """Return the patient's identifiers that hold; where none does, those not called old."""
    return patient_parts(bundle, "identifier") or holding(_stated(bundle, "identifier"), None)


def patient_parts(bundle: Bundle, name: str) -> list[Resource]:
    """Return the patient's identifiers, names or addresses that held at the time of recording."""
    parts = _stated(bundle, name)
    return holding(parts, _day_of(bundle, parts))


def _stated(bundle: Bundle, name: str) -> list[Resource]:
    return list((patient(bundle) or {}).get(name, ()))


def _day_of(bundle: Bundle, parts: Iterable[Resource]) -> date | None:
    """Return the day of recording where a part has a period: else it does not matter."""
    known = recorded(bundle) if any("period" in part for part in parts) else None
    return known.date() if known else None


def _ids(identifiers: Iterable[Resource]) -> tuple[str, ...]:
    return tuple(f"{i.get('system', '')}|{i['value']}" for i in identifiers if i.get("value"))


def listed_centre(bundle: Bundle) -> str:
    """Return the HSA-id of the care centre where the patient is listed; "" for none."""
    references = (patient(bundle) or {}).get("generalPractitioner", ())
    identifiers = (reference.get("identifier", {}) for reference in references)
    values = (i.get("value", "") for i in identifiers if is_hsa(i.get("system", "")))
    return next((hsa_id(value) for value in values if value), "")


def municipality(bundle: Bundle) -> str:
    """Return the four-digit municipality code (kommunkod) of the registered address."""
    return next((code for code, assumed in _municipalities(bundle) if not assumed), "")


def assumed_municipality(bundle: Bundle) -> str:
    """Return the code that the sender's settings gave, for a patient without known address."""
    return next((code for code, assumed in _municipalities(bundle) if assumed), "")


def _municipalities(bundle: Bundle) -> Iterator[tuple[str, bool]]:
    """Yield the municipality of each address, and whether it was assumed."""
    for address in patient_parts(bundle, "address"):
        coding = extension_value(address, "municipality")
        if coding:
            yield str(coding.get("code", "")), is_assumed(coding)


def ward(bundle: Bundle) -> str:
    """Return the ward as the source names it; "" for none."""
    locations = (focus(bundle) or {}).get("location") or [{}]
    place = locations[0].get("location", {})
    return str(place.get("identifier", {}).get("value") or place.get("display", ""))
