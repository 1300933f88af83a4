"""The efforts (insatser) of a plan, and the digests by which two versions are compared. Pure.

A digest is keyed, since it outlives the plan. It holds what is said, and not how: each message
names its resources anew, another format has another order of extensions, no type of a reference
to a unit, and takes the names of codes from their code systems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir import bundles, exact_json, references
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE, extension_url

Sign = Callable[[str], str]
"""Returns the keyed digest of a text."""

_MOVING = ("id", "meta", "text", "status", "activity", "identifier", "period")
"""Elements of a CarePlan that say where it is in its life, not what was agreed."""
_VERSION = extension_url("version")
_PARTS = ("Goal", "Condition")
"""Types of the resources beside a CarePlan that belong to what was agreed."""
_REFERENCE = frozenset({"id", "extension", "reference", "type", "identifier", "display"})
"""The elements of R4's Reference."""
_NAMED = (f"{BASE}/CodeSystem/", "http://terminology.hl7.org/CodeSystem/")
"""Begin the code systems whose codes every reader names alike."""
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


def efforts(bundle: Bundle, sign: Sign) -> dict[str, Effort]:
    """Return the efforts of a plan by element id; one without is known by its place."""
    plan, names = bundles.focus(bundle) or {}, references.by_name(bundle)
    return {
        id_: _effort(names, activity, sign)
        for id_, activity in zip(ids(bundle), plan.get("activity", ()), strict=True)
    }


def ids(bundle: Bundle) -> list[str]:
    """Return the element ids of the efforts in a plan, in their order; the place for none."""
    every = (bundles.focus(bundle) or {}).get("activity", ())
    return [str(each.get("id") or f"#{place}")[:64] for place, each in enumerate(every)]


def rest(bundle: Bundle, sign: Sign) -> str:
    """Return the digest of what a plan says besides its efforts, its status and its version."""
    plan = bundles.focus(bundle) or {}
    said = {name: value for name, value in plan.items() if name not in _MOVING}
    said["extension"] = [e for e in plan.get("extension", ()) if e.get("url") != _VERSION]
    beside = [r for r in bundles.resources(bundle) if r.get("resourceType") in _PARTS]
    return sign(_text([said, sorted(_text(_without_id(part)) for part in beside)]))


def _effort(names: references.Names, activity: Resource, sign: Sign) -> Effort:
    detail = activity.get("detail", {})
    every = (unit_of(names, performer) for performer in detail.get("performer", ()))
    units = tuple(dict.fromkeys(unit for unit in every if unit))
    return Effort(
        digest=sign(_text([activity, list(units)])),
        units=units,
        laid_down=detail.get("status") in _LAID_DOWN,
    )


def unit_of(names: references.Names, reference: Resource | None) -> str:
    """Return the HSA-id of a unit, also of the one that a PractitionerRole belongs to; or ""."""
    resource = next(iter(names.get((reference or {}).get("reference", ""), ())), {})
    if resource.get("resourceType") == "PractitionerRole":
        return unit_of(names, resource.get("organization"))
    logical = {"identifier": [(reference or {}).get("identifier", {})]}
    return bundles.organization_id(resource) or bundles.organization_id(logical)


def _without_id(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name != "id"}


def _text(node: Any) -> str:
    return exact_json.dumps(_bare(node))


def _bare(node: Any) -> Any:
    """The same value as every format says it, its keys and extensions in order."""
    if isinstance(node, dict):
        said = {key: _bare(node[key]) for key in sorted(node) if key not in _unsaid(node)}
        if "extension" in said:
            said["extension"] = sorted(said["extension"], key=exact_json.dumps)
        return said
    return [_bare(each) for each in node] if isinstance(node, list) else node


def _unsaid(node: Resource) -> tuple[str, ...]:
    """Return what a format may leave out: a reference's type, a note's writer, a code's name."""
    if node.keys() <= _REFERENCE:
        return ("reference", "type")
    if "reference" in node.get("authorReference", ()):
        return ("authorReference",)
    is_named = "code" in node and str(node.get("system", "")).startswith(_NAMED)
    return ("reference", "display") if is_named else ("reference",)
