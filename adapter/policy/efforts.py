"""The efforts (insatser) of a plan, and the digests by which two versions are compared. Pure.

Everything in a message belongs to what was agreed, but for its envelope (the MessageHeader, its
sender and receivers, Provenance), the person, whom the case knows, and each effort by itself. A
digest is keyed, since it outlives the plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adapter.core.model import Bundle
from adapter.fhir import bundles, exact_json, references
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.policy.linked import STEPS, Linked, flattened, linked

Sign = Callable[[str], str]
"""Returns the keyed digest of a text."""

_MOVING = ("id", "meta", "text", "status", "activity", "period")
"""Elements of a CarePlan that say where it is in its life, or are compared apart."""
_VERSION = extension_url("version")
_ENVELOPE = ("MessageHeader", "Provenance")
_STAFF = frozenset(
    {
        "Device",
        "Endpoint",
        "HealthcareService",
        "Location",
        "Organization",
        "Practitioner",
        "PractitionerRole",
    }
)
"""Types of what an envelope may name: who sends, and who receives."""
_OF_AN_EFFORT = _STAFF | {
    "Appointment",
    "CommunicationRequest",
    "Condition",
    "DeviceRequest",
    "DocumentReference",
    "Goal",
    "Medication",
    "MedicationRequest",
    "NutritionOrder",
    "Observation",
    "Procedure",
    "ServiceRequest",
    "Substance",
    "Task",
}
"""Types of what may belong to an effort alone: who does it, with what, why, and what came of it."""
_LAID_DOWN = ("cancelled", "entered-in-error")
"""CarePlan.activity.detail.status of an effort that nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """One effort of a version: the units that do it, and a digest of all that it says."""

    digest: str
    units: tuple[str, ...] = ()  # HSA-ids
    laid_down: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "units", tuple(self.units))  # JSON has lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a version says, as digests."""

    efforts: dict[str, Effort]  # by element id
    rest: str  # everything but its efforts and what follows
    terms: str  # its period and the consents, which may change under one version
    narrative: str  # the texts for people to read; "" for none


def agreed(bundle: Bundle, sign: Sign) -> Agreed:
    """Return what the plan of a message says. A resource that is there twice says no more."""
    plan = bundles.focus(bundle) or {}
    every = linked(bundle, _named(bundle, plan))
    beside = _beside(every, plan)
    consents = [p for p in beside if every.resources[p].get("resourceType") == "Consent"]
    others = [place for place in sorted(beside) if place not in consents]
    texts = [flattened(each["text"]).text for each in _at(every, plan, beside) if "text" in each]
    return Agreed(
        efforts=_efforts(bundle, plan, every, sign),
        rest=sign(
            _text(
                [
                    every.of(_signed(every, _matter(plan), "note")),
                    sorted({every.labels[p] for p in others}),
                ]
            )
        ),
        terms=sign(
            _text([*every.of(plan.get("period")), *sorted(set(map(every.label, consents)))])
        ),
        narrative=sign(_text(sorted(set(texts)))) if texts else "",
    )


def ids(bundle: Bundle) -> list[str]:
    """Return the element ids of the efforts in a plan, in their order; the place for none."""
    every = (bundles.focus(bundle) or {}).get("activity", ())
    return [str(each.get("id") or f"#{place}")[:64] for place, each in enumerate(every)]


def unit_of(names: references.Names, reference: Resource | None) -> str:
    """Return the HSA-id of a unit, also of the one that a PractitionerRole belongs to; or ""."""
    resource = next(iter(names.get((reference or {}).get("reference", ""), ())), {})
    if resource.get("resourceType") == "PractitionerRole":
        return unit_of(names, resource.get("organization"))
    logical = {"identifier": [(reference or {}).get("identifier", {})]}
    return bundles.organization_id(resource) or bundles.organization_id(logical)


def _efforts(bundle: Bundle, plan: Resource, every: Linked, sign: Sign) -> dict[str, Effort]:
    names = references.by_name(bundle)
    return {
        id_: _effort(names, activity, every, sign)
        for id_, activity in zip(ids(bundle), plan.get("activity", ()), strict=True)
    }


def _effort(names: references.Names, activity: Resource, every: Linked, sign: Sign) -> Effort:
    detail = activity.get("detail", {})
    performers = (unit_of(names, performer) for performer in detail.get("performer", ()))
    units = tuple(dict.fromkeys(unit for unit in performers if unit))
    return Effort(
        digest=sign(_text([every.of(_signed(every, activity, "progress")), list(units)])),
        units=units,
        laid_down=detail.get("status") in _LAID_DOWN,
    )


def _named(bundle: Bundle, plan: Resource) -> dict[int, str]:
    """What has a name of its own: the envelope, the plan, the person, and each consent."""
    person = bundles.patient(bundle)
    types = {"Consent": "consent"} | dict.fromkeys(_ENVELOPE, "envelope")
    named = dict[int, str]()
    for place, each in enumerate(entry.get("resource", {}) for entry in bundle.get("entry", ())):
        name = types.get(each.get("resourceType"), "")
        name = "plan" if each is plan else "person" if each is person else name
        if name:
            named[place] = name
    return named


def _beside(every: Linked, plan: Resource) -> set[int]:
    """The places of what belongs to no single effort, and not to the envelope."""
    consents = {place for place, name in every.fixed.items() if name == "consent"}
    heads = [place for place, name in every.fixed.items() if name == "envelope"]
    own = every.reached(every.targets(plan.get("activity", ())), STEPS, _OF_AN_EFFORT)
    sent = every.reached((t for p in heads for t in every.said[p].targets), None, _STAFF)
    every_place = range(len(every.resources))
    loose = {p for p in every_place if p not in every.fixed} - own - sent
    given = (target for place in consents for target in every.said[place].targets)
    return every.reached([*every.targets(_matter(plan)), *given, *loose]) | consents


def _matter(plan: Resource) -> Resource:
    said = {name: value for name, value in plan.items() if name not in _MOVING}
    return said | {"extension": [e for e in plan.get("extension", ()) if e.get("url") != _VERSION]}


def _signed(every: Linked, node: Resource, key: str) -> Resource:
    """A node whose notes tell by reference the person's own words alone.

    omsorg/2 has no place for another author that a note refers to.
    """
    if key not in node:
        return node
    return node | {key: [_without_author(every, note) for note in node[key]]}


def _without_author(every: Linked, note: Resource) -> Resource:
    author = note.get("authorReference", {})
    is_person = "person" in {every.fixed.get(place) for place in every.targets(author)}
    if is_person or "reference" not in author:
        return note
    return {name: value for name, value in note.items() if name != "authorReference"}


def _at(every: Linked, plan: Resource, places: Iterable[int]) -> list[Resource]:
    return [plan, *(every.resources[place] for place in places)]


def _text(parts: object) -> str:
    return exact_json.dumps(parts)
