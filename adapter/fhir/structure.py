"""Check the structure of a Bundle: our own walk first, then fhir.resources.

The texts of pydantic's errors quote values, which may name a patient, so none is passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.core.model import Bundle
from adapter.fhir import known_forms
from adapter.fhir.r4_types import Element, elements, model
from adapter.fhir.walk import Walk

_TIMES = frozenset({"date", "dateTime", "instant", "time"})
_CRASHES = (ArithmeticError, AttributeError, LookupError, TypeError)  # on JSON of another shape
_UNREAD = "cannot be read"
_WALKED = frozenset({"extra_forbidden", "list_type"})  # the walk reports these more exactly


class _CrashError(Exception):
    """fhir.resources raised something else than its own ValidationError."""


class _NotUnicodeError(Exception):
    """A text has half a surrogate pair, which pydantic cannot encode."""


def problems(bundle: Bundle) -> list[Issue]:
    """Return every structural issue of a Bundle; [] at once where all its forms are known."""
    resources = _typed_resources(bundle)
    if _is_flat(resources) and known_forms.are_known(resources):
        return []
    issues = _check_in_full(bundle)
    if not issues:
        known_forms.remember(resources)
    return issues


def _typed_resources(bundle: Bundle) -> list[tuple[str, Any]]:
    """The Bundle itself, then the resource of each entry, each with its type."""
    inside = [entry.get("resource") for entry in _entries(bundle) if isinstance(entry, dict)]
    return [("Bundle", bundle), *((_type(resource), resource) for resource in inside)]


def _is_flat(resources: list[tuple[str, Any]]) -> bool:
    """Whether there is at most one Patient, and no Bundle inside the Bundle.

    Known forms say nothing of either: the entries of an inner Bundle have no form.
    """
    types = [type_ for type_, _ in resources[1:]]
    return types.count("Patient") <= 1 and "Bundle" not in types


def _check_in_full(bundle: Bundle) -> list[Issue]:
    walk = Walk()
    walk.resource(bundle, "")
    named = {issue.expression for issue in walk.issues}
    issues = [issue for part in _parts(bundle) for issue in _validate(*part)]
    later = [issue for issue in issues if not _is_named(issue, named)]
    return [*walk.issues, *_without_resource(bundle), *_several_patients(walk.types), *later]


def _is_named(issue: Issue, named: set[str]) -> bool:
    """Whether the walk reported an issue already; inside, where an element cannot be read."""
    if issue.detail.endswith(_UNREAD):
        return any(path.startswith(issue.expression) for path in named)
    return issue.expression in named


def _entries(bundle: Bundle) -> list[Any]:
    entries = bundle.get("entry")
    return entries if isinstance(entries, list) else []


def _without_resource(bundle: Bundle) -> list[Issue]:
    return [
        Issue(code="required", expression=f"Bundle.entry[{index}].resource")
        for index, entry in enumerate(_entries(bundle))
        if isinstance(entry, dict) and "resource" not in entry
    ]


def _several_patients(types: list[tuple[str, str]]) -> list[Issue]:
    places = [place for type_, place in types if type_ == "Patient"]
    if len(places) < 2:
        return []
    return [Issue(code="several-patients", expression="Patient", detail=", ".join(places))]


def _parts(bundle: Bundle) -> list[tuple[str, Any, str]]:
    """The Bundle without resources, then each entry's resource: type, JSON, place.

    Each is validated apart, because one unknown resource type hides the errors of all others.
    """
    entries = _entries(bundle)
    bare = [_bare(entry) for entry in entries]
    envelope = bundle | {"entry": bare} if bare else bundle
    resources = [
        (_type(entry["resource"]), entry["resource"], f"entry[{index}]: ")
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and "resource" in entry
    ]
    return [("Bundle", envelope, ""), *resources]


def _bare(entry: Any) -> Any:
    return {k: v for k, v in entry.items() if k != "resource"} if isinstance(entry, dict) else entry


def _type(resource: Any) -> str:
    type_ = resource.get("resourceType") if isinstance(resource, dict) else ""
    return type_ if isinstance(type_, str) else ""


def _validate(type_: str, resource: Any, place: str) -> list[Issue]:
    """The issues that fhir.resources has with a resource; [] for a type that it does not know."""
    class_ = model(type_)
    if class_ is None:
        return []
    try:
        errors = _errors(class_, resource)
    except _NotUnicodeError:
        detail = f"{place}text that is not Unicode"
        return [Issue(code="invalid-structure", expression=type_, detail=detail)]
    except _CrashError:
        return _validate_in_pieces(type_, class_, resource, place)
    return [_issue(type_, resource, place, e) for e in errors if e["type"] not in _WALKED]


def _validate_in_pieces(
    type_: str, class_: type[FHIRAbstractModel], resource: Bundle, place: str
) -> list[Issue]:
    """The elements on which fhir.resources crashes, and the issues of all others."""
    known = {name: value for name, value in resource.items() if name in elements(type_)}
    crashing = {name for name, value in known.items() if _crashes(class_, name, value)}
    if not crashing:  # only together do they crash: report the whole, and do not recurse for ever
        return [Issue(code="invalid-structure", expression=type_, detail=f"{place}{_UNREAD}")]
    rest = {name: value for name, value in known.items() if name not in crashing}
    unread = [
        Issue(
            code="invalid-structure",
            expression=f"{type_}.{elements(type_)[name].name}",
            detail=f"{place}{_UNREAD}",
        )
        for name in sorted(crashing)
    ]
    named = {issue.expression for issue in unread}
    others = [i for i in _validate(type_, rest, place) if i.expression not in named]
    return [*unread, *others]


def _crashes(class_: type[FHIRAbstractModel], name: str, value: Any) -> bool:
    try:
        _errors(class_, {name: value})
    except _CrashError:
        return True
    except _NotUnicodeError:
        return False
    return False


def _errors(class_: type[FHIRAbstractModel], resource: Any) -> list[ErrorDetails]:
    with _translated():
        try:
            class_.model_validate(resource)
        except ValidationError as error:
            return error.errors(include_url=False, include_context=False, include_input=False)
    return []


@contextmanager
def _translated() -> Iterator[None]:
    """Raise what escapes from fhir.resources and pydantic as an error of this module."""
    try:
        yield
    except UnicodeEncodeError as error:
        raise _NotUnicodeError from error
    except _CRASHES as error:
        raise _CrashError from error


def _issue(type_: str, resource: Any, place: str, error: ErrorDetails) -> Issue:
    """An error of pydantic as an issue, without its text."""
    path, element = _location(type_, resource, error["loc"])
    kind = element.kind if element else ""
    if error["type"] in {"missing", "model_field_validation.missing"}:
        return Issue(code="required", expression=path, detail=f"{place}missing")
    if "from this list ['" in error["msg"]:
        return _choice(path, kind or type_, place, error["msg"])
    code: ErrorCode = "bad-time" if kind in _TIMES else "invalid-structure"
    return Issue(code=code, expression=path, detail=f"{place}not a {kind} of FHIR R4")


def _choice(path: str, kind: str, place: str, text: str) -> Issue:
    """An issue of a choice of types, such as deceased[x]: none where one is needed, or several."""
    first = text.split("['")[1].split("'", maxsplit=1)[0]
    expression = f"{path}.{elements(kind)[first].name}"
    if "multiple" in text:
        detail = f"{place}more than one of its types"
        return Issue(code="invalid-structure", expression=expression, detail=detail)
    return Issue(code="required", expression=expression, detail=f"{place}missing")


def _location(type_: str, resource: Any, loc: Iterable[int | str]) -> tuple[str, Element | None]:
    """The FHIRPath and the element of pydantic's `loc`, as deep as the names are FHIR's."""
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
        known = _type_inside(element, node) or known
    return path, element


def _type_inside(element: Element | None, node: Any) -> str:
    """The type whose element names come next in a path; "" inside a primitive."""
    if element is None or element.json:
        return ""
    return _type(node) if element.kind == "Resource" else element.kind
