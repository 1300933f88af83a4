"""Read a Bundle with fhir.resources, and say what it minds in FHIR's words.

Its own texts quote the values that they complain of, so none of them is passed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.core.model import Bundle
from adapter.fhir import forms
from adapter.fhir.shape import Element, Walk, elements, model

_TIMES = frozenset({"date", "dateTime", "instant", "time"})
_FALLS = (ArithmeticError, AttributeError, LookupError, TypeError)  # on JSON of another shape
_UNREAD = "cannot be read"
_WALKED = frozenset({"extra_forbidden", "list_type"})  # the walk has named these, more exactly


def problems(bundle: Bundle) -> list[Issue]:
    """What the walk finds, then what fhir.resources finds elsewhere."""
    parts = _resources(bundle)
    if _has_one_patient(parts) and forms.are_known(parts):
        return []
    found = _read_in_full(bundle)
    if not found:
        forms.remember(parts)
    return found


def _resources(bundle: Bundle) -> list[tuple[str, Any]]:
    """By type: the envelope, then what it holds."""
    inside = [entry.get("resource") for entry in _entries(bundle) if isinstance(entry, dict)]
    return [("Bundle", bundle), *((_type(resource), resource) for resource in inside)]


def _has_one_patient(parts: list[tuple[str, Any]]) -> bool:
    """At the most; and no Bundle in the Bundle, whose entries nobody would look at."""
    types = [type_ for type_, _ in parts[1:]]
    return types.count("Patient") <= 1 and "Bundle" not in types


def _read_in_full(bundle: Bundle) -> list[Issue]:
    walk = Walk()
    walk.resource(bundle, "")
    named = {issue.expression for issue in walk.issues}
    found = [issue for part in _parts(bundle) for issue in _read(*part)]
    later = [issue for issue in found if not _is_named(issue, named)]
    return [*walk.issues, *_without_resource(bundle), *_several_patients(walk.types), *later]


def _is_named(issue: Issue, named: set[str]) -> bool:
    """Whether the walk has said it; of what cannot be read, it says what inside is wrong."""
    if issue.detail.endswith(_UNREAD):
        return any(path.startswith(issue.expression) for path in named)
    return issue.expression in named


def _entries(bundle: Bundle) -> list[Any]:
    found = bundle.get("entry")
    return found if isinstance(found, list) else []


def _without_resource(bundle: Bundle) -> list[Issue]:
    return [
        Issue(code="required", expression=f"Bundle.entry[{i}].resource")
        for i, entry in enumerate(_entries(bundle))
        if isinstance(entry, dict) and "resource" not in entry
    ]


def _several_patients(types: list[tuple[str, str]]) -> list[Issue]:
    places = [place for type_, place in types if type_ == "Patient"]
    if len(places) < 2:
        return []
    return [Issue(code="several-patients", expression="Patient", detail=", ".join(places))]


def _parts(bundle: Bundle) -> list[tuple[str, Any, str]]:
    """The envelope, then each entry's resource: resource type, JSON, place.

    Apart, since one unknown resource type would hide what is wrong with all others.
    """
    entries = _entries(bundle)
    bare = [_bare(entry) for entry in entries]
    envelope = bundle | {"entry": bare} if bare else bundle
    found = [
        (_type(entry["resource"]), entry["resource"], f"entry[{i}]: ")
        for i, entry in enumerate(entries)
        if isinstance(entry, dict) and "resource" in entry
    ]
    return [("Bundle", envelope, ""), *found]


def _bare(entry: Any) -> Any:
    return {k: v for k, v in entry.items() if k != "resource"} if isinstance(entry, dict) else entry


def _type(resource: Any) -> str:
    found = resource.get("resourceType") if isinstance(resource, dict) else ""
    return found if isinstance(found, str) else ""


def _read(type_: str, resource: Any, place: str) -> list[Issue]:
    found = model(type_)
    if found is None:
        return []
    try:
        details = _details(found, resource)
    except UnicodeEncodeError:  # half a surrogate pair, which pydantic cannot even quote
        detail = f"{place}text that is not Unicode"
        return [Issue(code="invalid-structure", expression=type_, detail=detail)]
    except _FALLS:
        return _read_in_pieces(type_, found, resource, place)
    return [_issue(type_, resource, place, d) for d in details if d["type"] not in _WALKED]


def _read_in_pieces(
    type_: str, found: type[FHIRAbstractModel], resource: Bundle, place: str
) -> list[Issue]:
    """What stands of a resource on which fhir.resources falls, and the elements that do not."""
    known = {name: value for name, value in resource.items() if name in elements(type_)}
    fallen = {name for name, value in known.items() if not _stands(found, name, value)}
    if not fallen:  # only together do they fail; say so, and do not come back here
        return [Issue(code="invalid-structure", expression=type_, detail=f"{place}{_UNREAD}")]
    rest = {name: value for name, value in known.items() if name not in fallen}
    unread = [
        Issue(
            code="invalid-structure",
            expression=f"{type_}.{elements(type_)[name].name}",
            detail=f"{place}{_UNREAD}",
        )
        for name in sorted(fallen)
    ]
    named = {issue.expression for issue in unread}
    others = [i for i in _read(type_, rest, place) if i.expression not in named]
    return [*unread, *others]


def _stands(found: type[FHIRAbstractModel], name: str, value: Any) -> bool:
    try:
        _details(found, {name: value})
    except UnicodeEncodeError:
        return True
    except _FALLS:
        return False
    return True


def _details(found: type[FHIRAbstractModel], resource: Any) -> list[ErrorDetails]:
    try:
        found.model_validate(resource)
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False, include_input=False)
    return []


def _issue(type_: str, resource: Any, place: str, error: ErrorDetails) -> Issue:
    """An error of pydantic as an issue. Its own words are left out: they quote values."""
    path, element = _place(type_, resource, error["loc"])
    kind = element.kind if element else ""
    if error["type"] in {"missing", "model_field_validation.missing"}:
        return Issue(code="required", expression=path, detail=f"{place}missing")
    if "from this list ['" in error["msg"]:
        return _choice(path, kind or type_, place, error["msg"])
    code: ErrorCode = "bad-time" if kind in _TIMES else "invalid-structure"
    return Issue(code=code, expression=path, detail=f"{place}not a {kind} of FHIR R4")


def _choice(path: str, kind: str, place: str, text: str) -> Issue:
    first = text.split("['")[1].split("'", maxsplit=1)[0]
    expression = f"{path}.{elements(kind)[first].name}"
    if "multiple" in text:
        detail = f"{place}more than one of its types"
        return Issue(code="invalid-structure", expression=expression, detail=detail)
    return Issue(code="required", expression=expression, detail=f"{place}missing")


def _place(type_: str, resource: Any, loc: Iterable[int | str]) -> tuple[str, Element | None]:
    """The FHIRPath of an error's location, and the element there; as deep as names are known."""
    path, known, element, node = type_, type_, None, resource
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
            node = node[part] if isinstance(node, list) and part < len(node) else None
        else:
            element = elements(known).get(part)
            if element is None:
                break
            path += f".{element.name}"
            node = node.get(part) if isinstance(node, dict) else None
        known = _inside(element, node) or known
    return path, element


def _inside(element: Element | None, node: Any) -> str:
    """The type whose names come next."""
    if element is None or element.json:
        return ""
    return _type(node) if element.kind == "Resource" else element.kind
