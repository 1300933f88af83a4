"""Make the FHIR message of a notice from the projection that its receiver may see. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.core.model import Bundle, Event
from adapter.fhir import builders, notices
from adapter.fhir.builders import Party, extension
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.fhir.parts import (
    assessment_extension,
    assumed_municipality,
    municipality_extension,
    present,
    protection_lifted,
    security_labels,
    unknown,
)
from adapter.policy.notice import ENDINGS, LIFTED, WITHDRAWN, Notice
from adapter.policy.views import Projection


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands in the header of a notice."""

    content: str
    case: Sequence[str]  # the outward name of the case
    hospital: Party  # whose stay it is; the sender of the notice
    contact: str  # one address of the hospital for questions; "" for none
    recorded: datetime


def write(notice: Notice, heading: Heading) -> Bundle:
    """Return the message of a notice."""
    return notices.notice(
        event=notice.event,
        content=heading.content,
        patient=_patient(notice),
        encounter=_encounter(notice),
        organization=_hospital(heading),
        cases=heading.case,
        sender=heading.hospital,
        recorded=heading.recorded,
        reason=notice.reason,
    )


def _hospital(heading: Heading) -> Resource:
    hospital = builders.organization(heading.hospital.organization, heading.hospital.display)
    if not heading.contact:
        return hospital
    system = "email" if "@" in heading.contact else "phone"
    return hospital | {"telecom": [{"system": system, "value": heading.contact, "use": "work"}]}


def _patient(notice: Notice) -> Resource:
    seen = notice.projection
    fields = {
        "meta": present({"security": _security(seen.get("protection", ""))}),
        "identifier": [*seen.get("identifiers", ()), *seen.get("old", ())],
        "name": seen.get("name") or _unknown(notice),
        "address": _addresses(seen) or _unknown(notice),
        "generalPractitioner": _listed(seen),
    }
    return present(fields) | _death(seen)


def _security(protection: str) -> list[Resource]:
    if protection == LIFTED:
        return protection_lifted()
    return security_labels([protection] if protection else [])


def _unknown(notice: Notice) -> list[Resource]:
    """What the law demands and the hospital does not know; an ending says no more than it does."""
    return [] if notice.event in ENDINGS else [unknown()]


def _addresses(seen: Projection) -> list[Resource]:
    code, assumed = seen.get("municipality", ""), seen.get("assumed", "")
    marked = {"extension": [municipality_extension(code)]} if code else {}
    marked = {"extension": [assumed_municipality(assumed)]} if assumed and not code else marked
    first, *rest = seen.get("address") or [{"use": "home"}]
    return [marked | first, *rest] if marked or seen.get("address") else []


def _listed(seen: Projection) -> list[Resource]:
    return [builders.logical(seen["listed"])] if seen.get("listed") else []


def _death(seen: Projection) -> Resource:
    death = seen.get("deceased")
    if not death:
        return {}
    return {"deceasedBoolean": True} if death is True else {"deceasedDateTime": death}


def _encounter(notice: Notice) -> Resource:
    seen = notice.projection
    discharge = seen.get("discharge") or {}
    fields = {
        "extension": _extensions(notice),
        "status": seen.get("status"),
        "period": present({"start": seen.get("admitted"), "end": discharge.get("end")}),
        "location": seen.get("ward"),
    }
    return present(fields)


def _extensions(notice: Notice) -> list[Resource]:
    seen = notice.projection
    times = {"planned": "planned-discharge", "ready": "discharge-ready"}
    extensions = [
        extension(name, "DateTime", seen[key]) for key, name in times.items() if seen.get(key)
    ]
    if not seen.get("planned") and notice.event not in ENDINGS:
        url = extension_url(times["planned"])
        extensions.append({"url": url} | unknown())
    leave = seen.get("leave") or {}
    is_told = leave.get("away") or notice.event is Event.LEAVE_ENDED
    if is_told and leave.get("period"):
        extensions.append(extension("leave", "Period", leave["period"]))
    return extensions + _assessment(notice)


def _assessment(notice: Notice) -> list[Resource]:
    """The receiver's own needs. They have one time in FHIR: that of the oldest judgement."""
    needs = notice.projection.get("needs") or {}
    if not needs:
        return []
    withdrawn = True if notice.reason == WITHDRAWN else None
    assessed = min((at for at in needs.values() if at), default="")
    return [assessment_extension(needs=needs, assessed=assessed, units=(), withdrawn=withdrawn)]
