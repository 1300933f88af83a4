"""The invariants of FHIR R4's StructureDefinition and ElementDefinition (4.0.1), with R4's keys."""

from __future__ import annotations

import re
from typing import Any

from adapter.fhir.r4_rules import (
    Node,
    add,
    all_differ,
    any_of,
    distinct,
    each,
    has,
    is_one_of,
    lacks,
    needs,
    not_both,
)

_CORE = "http://hl7.org/fhir/StructureDefinition"
_TYPE = re.compile(r"[a-zA-Z0-9.]+|http://hl7\.org/fhirpath/System\.[A-Z][A-Za-z]+", re.ASCII)
_NO_NAME = r"\s.,:;'\"/|?!@#$%&*()\[\]{}"
_PATH = re.compile(rf"[^{_NO_NAME}]{{1,64}}(\.[^{_NO_NAME}]{{1,64}}(\[x\])?(:[^\s.]+)?)*")
_NUMBER = re.compile(r"-?\d+", re.ASCII)
_SLICE = re.compile(r"[a-zA-Z0-9/\-_\[\]@]+", re.ASCII)
_REFERRING = ("Reference", "canonical")
_WITH_CONTENT = (
    "type",
    "defaultValue[x]",
    "fixed[x]",
    "pattern[x]",
    "example",
    "minValue[x]",
    "maxValue[x]",
    "maxLength",
    "binding",
)


def add_all() -> None:
    """Add the invariants of profiles."""
    _add_elements()
    _add_types_of_elements()
    _add_definitions()
    _add_views()


def _add_elements() -> None:
    type_ = "ElementDefinition"
    any_of("ElementDefinition.slicing", "eld-1", "discriminator", "description")
    add(type_, "eld-2", "min is greater than max", _is_cardinality)
    add(type_, "eld-3", "max is * or a number", _has_maximum)
    add(type_, "eld-5", "a content reference, and content", _is_reference_or_content)
    distinct(type_, "eld-14", "constraint.key")
    not_both(type_, "eld-15", "defaultValue[x]", "meaningWhenMissing")
    add(type_, "eld-16", "a slice's name has other characters", _has_slice_name)
    add(type_, "eld-18", "a modifier without reason", _has_reason)
    add(type_, "eld-19", "no path of elements", lambda n: _is_text(_PATH, n.get("path")))
    needs(type_, "eld-22", "sliceIsConstraining", "sliceName")


def _is_text(pattern: re.Pattern[str], value: Any) -> bool:
    return not isinstance(value, str) or pattern.fullmatch(value) is not None


def _is_cardinality(node: Node) -> bool:
    least, most = node.get("min"), node.get("max")
    if not isinstance(least, int) or not _is_text(_NUMBER, most) or not isinstance(most, str):
        return True
    return least <= int(most)


def _has_maximum(node: Node) -> bool:
    most = node.get("max", "*")
    return not isinstance(most, str) or most == "*" or most.isdecimal()


def _is_reference_or_content(node: Node) -> bool:
    return lacks(node, "contentReference") or lacks(node, *_WITH_CONTENT)


def _has_slice_name(node: Node) -> bool:
    return _is_text(_SLICE, node.get("sliceName"))


def _has_reason(node: Node) -> bool:
    return node.get("isModifier") is not True or has(node, "isModifierReason")


def _add_types_of_elements() -> None:
    type_ = "ElementDefinition"
    add("ElementDefinition.type", "eld-4", "an aggregation, and no reference", _is_aggregated)
    add("ElementDefinition.type", "eld-17", "a target, and no reference", _is_targeted)
    add(type_, "eld-6", "a fixed value needs one type", lambda n: _has_one_type(n, "fixed[x]"))
    add(type_, "eld-7", "a pattern needs one type", lambda n: _has_one_type(n, "pattern[x]"))
    not_both(type_, "eld-8", "pattern[x]", "fixed[x]")
    add("ElementDefinition.binding", "eld-12", "a value set is a URI", _is_uri_of_values)
    distinct(type_, "eld-13", "type.code")


def _is_aggregated(node: Node) -> bool:
    return lacks(node, "aggregation") or is_one_of(node, "code", *_REFERRING)


def _is_targeted(node: Node) -> bool:
    return lacks(node, "targetProfile") or is_one_of(node, "code", *_REFERRING)


def _has_one_type(node: Node, name: str) -> bool:
    return lacks(node, name) or len(each(node, "type")) <= 1


def _is_uri_of_values(node: Node) -> bool:
    url = node.get("valueSet")
    return not isinstance(url, str) or url.startswith(("http:", "https", "urn:"))


def _add_definitions() -> None:
    type_ = "StructureDefinition"
    any_of("StructureDefinition.mapping", "sdf-2", "name", "uri")
    add(type_, "sdf-4", "not abstract, and without base", _has_base)
    add(type_, "sdf-5", "an extension without context", _has_context)
    any_of(type_, "sdf-6", "snapshot", "differential")
    add(type_, "sdf-9", "the root has a label, code or requirements", _has_plain_roots)
    add(type_, "sdf-18", "a context of a type that is no extension", _is_extension_in_context)
    add(type_, "sdf-19", "a type that FHIR does not have", _has_types_of_fhir)
    add(type_, "sdf-21", "a default value, and no specialization", _is_default_allowed)
    add(type_, "sdf-22", "a default value in a type of FHIR", _has_no_default)
    add(type_, "sdf-23", "a slice at the root", _has_no_slice_at_root)


def _both(node: Node) -> list[Any]:
    return [*each(node, "snapshot.element"), *each(node, "differential.element")]


def _is_root(element: Any) -> bool:
    return isinstance(element, dict) and "." not in str(element.get("path"))


def _has_base(node: Node) -> bool:
    return node.get("abstract") is True or has(node, "baseDefinition")


def _has_context(node: Node) -> bool:
    is_free = node.get("type") != "Extension" or node.get("derivation") == "specialization"
    return is_free or has(node, "context")


def _has_plain_roots(node: Node) -> bool:
    roots = [element for element in _both(node) if _is_root(element)]
    return all(lacks(root, "label", "code", "requirements") for root in roots)


def _is_extension_in_context(node: Node) -> bool:
    return lacks(node, "contextInvariant") or node.get("type") == "Extension"


def _is_core(node: Node) -> bool:
    return str(node.get("url")).startswith(_CORE)


def _has_types_of_fhir(node: Node) -> bool:
    codes = [code for element in _both(node) for code in each(element, "type.code")]
    return not _is_core(node) or all(_is_text(_TYPE, code) for code in codes)


def _is_default_allowed(node: Node) -> bool:
    elements = each(node, "differential.element")
    is_special = node.get("derivation") == "specialization"
    return is_special or not any(has(element, "defaultValue[x]") for element in elements)


def _has_no_default(node: Node) -> bool:
    return not _is_core(node) or not any(has(e, "defaultValue[x]") for e in _both(node))


def _has_no_slice_at_root(node: Node) -> bool:
    return all(lacks(element, "sliceName") for element in _both(node) if _is_root(element))


def _add_views() -> None:
    """Add those of the two lists of elements."""
    type_ = "StructureDefinition"
    add(type_, "sdf-1", "a path twice", _has_each_path_once)
    add(f"{type_}.snapshot", "sdf-3", "an element without definition, min or max", _is_whole)
    add(type_, "sdf-8", "a path that does not begin with the type", _begins_with_type)
    add(type_, "sdf-8a", "a path that does not begin with the type", _differs_in_type)
    add(f"{type_}.snapshot", "sdf-8b", "an element without base", _is_based)
    add(f"{type_}.snapshot", "sdf-10", "a binding without value set or words", _is_described)
    add(type_, "sdf-11", "the first path is not the type", _is_first_of_type)
    add(type_, "sdf-14", "an element without id", lambda n: _all_have(_both(n), "id"))
    add(type_, "sdf-15", "the first element has a type", _is_first_untyped)
    add(type_, "sdf-15a", "the first element has a type", _is_first_difference_untyped)
    for key, view in (("sdf-16", "snapshot"), ("sdf-17", "differential")):
        _with_ids(type_, key, f"{view}.element")
    add(f"{type_}.differential", "sdf-20", "slices at the root", _has_no_slices_at_root)


def _with_ids(type_: str, key: str, path: str) -> None:
    """Add: each element at a path has an id of its own."""

    def holds(node: Node) -> bool:
        return _all_have(each(node, path), "id") and all_differ(each(node, f"{path}.id"))

    add(type_, key, "an id is missing, or occurs twice", holds)


def _all_have(elements: list[Any], *names: str) -> bool:
    return all(has(element, name) for element in elements for name in names)


def _has_each_path_once(node: Node) -> bool:
    is_constraint = node.get("derivation") == "constraint"
    return is_constraint or all_differ(each(node, "snapshot.element.path"))


def _is_whole(node: Node) -> bool:
    return _all_have(each(node, "element"), "definition", "min", "max")


def _is_based(node: Node) -> bool:
    return _all_have(each(node, "element"), "base")


def _is_described(node: Node) -> bool:
    bindings = each(node, "element.binding")
    return all(has(b, "valueSet") or has(b, "description") for b in bindings)


def _has_no_slices_at_root(node: Node) -> bool:
    return all(lacks(element, "slicing") for element in each(node, "element") if _is_root(element))


def _paths(node: Node, view: str) -> list[str]:
    return [str(path) for path in each(node, f"{view}.element.path")]


def _is_logical(node: Node) -> bool:
    return node.get("kind") == "logical"


def _begins_with_type(node: Node) -> bool:
    paths = _paths(node, "snapshot")
    first = paths[0] if paths else ""
    is_typed = _is_logical(node) or not paths or first == node.get("type")
    return is_typed and all(path.startswith(f"{first}.") for path in paths[1:])


def _differs_in_type(node: Node) -> bool:
    paths = _paths(node, "differential")
    if not paths:
        return True
    root = paths[0].partition(".")[0]
    is_typed = _is_logical(node) or paths[0].startswith(str(node.get("type")))
    return is_typed and all(path.startswith(f"{root}.") for path in paths[1:])


def _is_first_of_type(node: Node) -> bool:
    paths = _paths(node, "snapshot")
    return _is_logical(node) or not paths or paths[0] == node.get("type")


def _is_first_untyped(node: Node) -> bool:
    first = each(node, "snapshot.element")[:1]
    return _is_logical(node) or all(lacks(element, "type") for element in first)


def _is_first_difference_untyped(node: Node) -> bool:
    first = each(node, "differential.element")[:1]
    return _is_logical(node) or all(lacks(e, "type") for e in first if _is_root(e))
