"""Where references lead: to contained resources, to entries of the Bundle, or elsewhere.

FHIR R4 (4.0.1): references.html, and bundle.html, "Resolving references in Bundles".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Severity
from adapter.fhir.r4_types import is_resource_type
from adapter.fhir.r4_values import is_text

Found: TypeAlias = tuple[ErrorCode, str, str] | tuple[ErrorCode, str, str, Severity]
"""An issue: code, path, detail; its severity where it is no error."""
Names: TypeAlias = dict[str, tuple[str, set[str]]]
"""What the entries of a Bundle are called: type and versions by name."""

_ELSEWHERE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/.*)?")
_HISTORY = "/_history/"
_URNS = ("urn:uuid:", "urn:oid:")


def is_usual(reference: Mapping[str, Any], targets: frozenset[str], names_: Names) -> bool:
    """Whether a Reference has only a link, which leads to an entry of a type that is allowed."""
    link = reference.get("reference") if len(reference) == 1 else None
    if not is_text(link) or link not in names_ or link[0] == "#" or _HISTORY in link:
        return False
    type_ = names_[link][0]
    return type_ in targets if targets else is_resource_type(type_)


def names(bundle: Mapping[str, Any]) -> Names:
    """Return each name of each entry of a Bundle: its fullUrl, Type/id, and its id as a UUID."""
    by_name: Names = {}
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            type_, id_ = str(resource.get("resourceType")), resource.get("id")
            version = _version(resource)
            for name in (entry.get("fullUrl"), f"{type_}/{id_}", f"urn:uuid:{id_}"):
                if isinstance(name, str) and name in by_name:
                    by_name[name][1].add(version)
                elif isinstance(name, str):
                    by_name[name] = (type_, {version})
    return by_name


def _version(resource: Mapping[str, Any]) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId")) if isinstance(meta, dict) else ""


def found(
    reference: Mapping[str, Any],
    path: str,
    targets: frozenset[str],
    contained: Mapping[str, str],
    names_: Names,
) -> Iterator[Found]:
    """Yield what is wrong with a Reference: it leads nowhere, or to a type that is not allowed."""
    link = reference.get("reference")
    leads_to = ""
    if isinstance(link, str):
        if link[:1] == "#" and len(link) > 1 and link[1:] not in contained:
            yield "unresolved-reference", path, "ref-1: no such contained resource"
        base, _, version = link.partition(_HISTORY)
        if version and base in names_ and version not in names_[base][1]:
            yield "unresolved-reference", path, "no such version in the Bundle"
        leads_to = contained.get(link[1:], "") if link[:1] == "#" else _type(base, names_)
        if _is_of_no_type(link, leads_to):
            yield "invariant", path, "leads to no resource type of R4"
    yield from _types_found(reference.get("type"), leads_to, path, targets)


def urn_found(
    reference: Mapping[str, Any], path: str, bundles: tuple[Names, ...]
) -> Iterator[Found]:
    """Yield a URN that no entry has, in the Bundle or in one around it: it leads nowhere else.

    Outside of a Bundle nobody can say.
    """
    link = reference.get("reference")
    if isinstance(link, str) and link.startswith(_URNS) and bundles:
        base = link.partition(_HISTORY)[0]
        if not any(base in names_ for names_ in bundles):
            yield "unresolved-reference", path, "no such entry"


def member_found(
    participant: Mapping[str, Any], path: str, contained: Mapping[str, str], names_: Names
) -> Iterator[Found]:
    """Yield ctm-1: in a CareTeam only a Practitioner acts on behalf of an organisation."""
    member = participant.get("member")
    if "onBehalfOf" not in participant or not isinstance(member, dict):
        return
    link = str(member.get("reference", ""))
    type_ = contained.get(link[1:], "") if link[:1] == "#" else _type(link, names_)
    if (type_ or member.get("type", "Practitioner")) != "Practitioner":
        yield "invariant", f"{path}.onBehalfOf", "ctm-1: its member is no Practitioner"


def _is_of_no_type(link: str, type_: str) -> bool:
    """Whether a relative reference such as `Ward/1` names a type that R4 does not have."""
    return bool(type_) and not is_resource_type(type_) and link.startswith(f"{type_}/")


def _type(link: str, names_: Names) -> str:
    """The type of the resource that a reference leads to; "" where its text does not say."""
    if link in names_:
        return names_[link][0]
    elsewhere = _ELSEWHERE.fullmatch(link)
    return elsewhere[1] if elsewhere else ""


def _types_found(
    declared: Any, leads_to: str, path: str, targets: frozenset[str]
) -> Iterator[Found]:
    """Yield what is wrong with the types that a Reference declares and leads to."""
    if isinstance(declared, str) and declared.isalpha() and not is_resource_type(declared):
        yield "invariant", path, "its type is no resource type of R4"
    says = declared if isinstance(declared, str) and is_resource_type(declared) else ""
    if says and leads_to and is_resource_type(leads_to) and says != leads_to:
        yield "invariant", path, "its type is not that of the resource"
    wrong = {type_ for type_ in (says, leads_to) if type_ and targets and type_ not in targets}
    if any(is_resource_type(type_) for type_ in wrong):
        yield "invariant", path, f"may point to {' or '.join(sorted(targets))}"
