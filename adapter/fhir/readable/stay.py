"""A stay (vårdtillfälle) as a document: admission, planned discharge, discharge-ready and so on."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.bundles import Resource, extension_value, extensions
from adapter.fhir.readable import words
from adapter.fhir.readable.model import Section, facts, listing, sections
from adapter.fhir.readable.people import People

_NEEDS = {
    "social-services": "socialtjänst",
    "municipal-health-care": "kommunal hälso- och sjukvård",
    "primary-care": "regionfinansierad öppen vård",
}
_STATUS = {
    "in-progress": "pågår",
    "onleave": "permission",
    "finished": "avslutat",
    "cancelled": "makulerat",
    "entered-in-error": "felaktigt, gäller inte",
}


def stay_sections(stay: Resource, bundle: Bundle) -> tuple[Section, ...]:
    """Return the sections of an Encounter."""
    people = People(bundle)
    return sections(
        ("Vårdtillfället", facts(*_stay(stay, bundle, people))),
        ("Behov enligt läkarens bedömning", listing(_needs(stay))),
        ("Listad på", listing(_centres(people))),
    )


def _stay(stay: Resource, bundle: Bundle, people: People) -> Iterator[tuple[str, str]]:
    period = stay.get("period", {})
    yield "Läge", words.word(_STATUS, stay.get("status"))
    yield "Sjukhus", people.name(stay.get("serviceProvider"))
    yield "Avdelning", bundles.ward(bundle)
    yield "Inskriven", words.time(period.get("start"))
    yield "Beräknad utskrivning", words.day(extension_value(stay, "planned-discharge"))
    yield "Utskrivningsklar", words.time(extension_value(stay, "discharge-ready"))
    yield "Avslutat" if _death(people.patient) else "Utskriven", words.time(period.get("end"))
    yield "Permission", words.period(extension_value(stay, "leave"))
    yield "Avliden", _death(people.patient)
    yield "Orsak", words.concept(bundles.header(bundle).get("reason"))


def _death(patient: Resource) -> str:
    known = words.day(patient.get("deceasedDateTime"))
    return known or ("ja" if patient.get("deceasedBoolean") is True else "")


def _needs(stay: Resource) -> Iterator[str]:
    for assessment in extensions(stay, "assessment"):
        for part in assessment.get("extension", ()):
            if part.get("url") == "need":
                yield words.word(_NEEDS, part.get("valueCode"))
            elif part.get("url") == "withdrawn" and part.get("valueBoolean") is True:
                yield "bedömningen är återtagen"


def _centres(people: People) -> Iterator[str]:
    for reference in people.patient.get("generalPractitioner", ()):
        yield people.name(reference)
