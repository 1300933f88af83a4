"""Compile a package's definitions into the facts that the adapter carries.

A type is a dict of its JSON names. An element is a dict: its `type`; `name`, its FHIRPath name
where that differs (`value` of `valueString`); `min` 1 where it is required; `many` where it
repeats; `codes`, the key of its code list; `standard`, the standard of others that has its codes
(`adapter/fhir/r4_bindings.py`); `targets`, the types that a reference may point to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.r4_definitions.codes import expand
from tools.r4_definitions.package import Package

_REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
_SYSTEM = "http://hl7.org/fhirpath/System."
_CODED = frozenset({"code", "Coding", "CodeableConcept"})
_ABSTRACT = frozenset({"Element", "BackboneElement", "Resource", "DomainResource"})
_VALUE_SETS = "http://hl7.org/fhir/ValueSet/"
_STANDARDS = {f"{_VALUE_SETS}currencies": "currency", f"{_VALUE_SETS}mimetypes": "mime"}
_SHORTENING = ("CapabilityStatement.", "TestScript.")
Facts = dict[str, Any]


def facts(package: Package) -> Facts:
    """Return everything of the package that the adapter checks, as JSON."""
    definitions = [d for d in package.types.values() if d["kind"] != "primitive-type"]
    types: Facts = {}
    for definition in definitions:
        types |= _types(definition, package)
    keys = {e["codes"] for elements in types.values() for e in elements.values() if "codes" in e}
    return {
        "source": package.about,
        "primitives": {d["name"]: _grammar(d) for d in _primitives(package)},
        "resources": [d["name"] for d in definitions if _is_concrete_resource(d)],
        "types": types,
        "codes": {key: _by_system(package, key) for key in sorted(keys)},
        "unbound": {path: url for d in definitions for path, url in _unbound(d, package)},
        "invariants": {k: v for d in definitions for k, v in _invariants(d).items()},
    }


def _is_concrete_resource(definition: Facts) -> bool:
    return definition["kind"] == "resource" and not definition["abstract"]


def _primitives(package: Package) -> Iterator[Facts]:
    return (d for d in package.types.values() if d["kind"] == "primitive-type")


def _grammar(definition: Facts) -> str:
    """The regular expression of a primitive type's text; "" where it has none (xhtml)."""
    (value,) = (e for e in definition["snapshot"]["element"] if e["path"].endswith(".value"))
    return _extension(value["type"][0], _REGEX)


def _extension(node: Facts, url: str) -> str:
    found = (e for e in node.get("extension", ()) if e["url"] == url)
    return next((str(v) for e in found for k, v in e.items() if k.startswith("value")), "")


def _types(definition: Facts, package: Package) -> Facts:
    """A type and the types inside it: `Encounter`, `Encounter.statusHistory`."""
    top = definition["name"]
    if top in _ABSTRACT:
        return {}
    elements = [e for e in definition["snapshot"]["element"] if e["path"] != top]
    parents = {e["path"].rpartition(".")[0] for e in elements} | {top}
    types: Facts = {path: {} for path in sorted(parents)}
    for element in sorted(elements, key=lambda e: str(e["path"])):
        parent, _, name = element["path"].rpartition(".")
        for type_ in _types_of(element, parents):
            json_name, fact = _element(name, type_, element)
            types[parent][json_name] = fact | _bound(element, type_["code"], package)
    return types


def _types_of(element: Facts, parents: set[str]) -> list[Facts]:
    """The types of an element; an inner type is named by its path."""
    if "contentReference" in element:
        return [{"code": element["contentReference"].removeprefix("#")}]
    if element["path"] in parents:
        return [{"code": element["path"]}]
    return [type_ | {"code": _code(element, type_)} for type_ in element["type"]]


def _code(element: Facts, type_: Facts) -> str:
    """The FHIR type. R4 declares every id of a resource as a string and means the type `id`."""
    if not type_["code"].startswith(_SYSTEM):
        return str(type_["code"])
    is_of_resource = element["path"].count(".") == 1 and "xmlAttr" not in element.get(
        "representation", ()
    )
    return "id" if is_of_resource else _extension(type_, _FHIR_TYPE)


def _element(name: str, type_: Facts, element: Facts) -> tuple[str, Facts]:
    stem, code = name.removesuffix("[x]"), type_["code"]
    fact: Facts = {"type": code}
    if stem != name:
        fact["name"] = stem
    if element["min"]:
        fact["min"] = element["min"]
    if element["max"] != "1":
        fact["many"] = True
    targets = {url.rpartition("/")[2] for url in type_.get("targetProfile", ())} - {"Resource"}
    if targets and code == "Reference":
        fact["targets"] = sorted(targets)
    return (stem + code[0].upper() + code[1:] if stem != name else name), fact


def _bound(element: Facts, code: str, package: Package) -> Facts:
    """The code list of a required binding; none where the package cannot say all its codes."""
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or code not in _CODED:
        return {}
    key = binding.get("valueSet", "").split("|")[0]
    if key in _STANDARDS:
        return {"standard": _standard(element["path"], key)}
    return {"codes": key} if expand(package, key) else {}


def _standard(path: str, key: str) -> str:
    """In some elements R4's definition and examples also say `json` and `xml` for a MIME type."""
    return "format" if path.startswith(_SHORTENING) else _STANDARDS[key]


def _unbound(definition: Facts, package: Package) -> Iterator[tuple[str, str]]:
    """Yield each required binding that cannot be checked: its element and its value set."""
    for element in definition["snapshot"]["element"]:
        binding = element.get("binding", {})
        codes = [type_["code"] for type_ in element.get("type", ())]
        is_checked = any(_bound(element, code, package) for code in codes)
        if binding.get("strength") == "required" and not is_checked:
            yield element["path"], binding.get("valueSet", "")


def _by_system(package: Package, key: str) -> dict[str, str]:
    """The codes of a value set, by code system: words between spaces."""
    pairs = expand(package, key) or []
    systems = dict.fromkeys(system for system, _ in pairs)
    return {s: " ".join(code for system, code in pairs if system == s) for s in systems}


def _invariants(definition: Facts) -> Facts:
    """Each invariant that a type defines, by type and key: its place, severity and FHIRPath."""
    found: Facts = {}
    for element in definition["snapshot"]["element"]:
        for constraint in element.get("constraint", ()):
            source = constraint.get("source", definition["url"])
            if source == definition["url"] and "expression" in constraint:
                fact = {
                    "on": element["path"],
                    "severity": constraint["severity"],
                    "expression": constraint["expression"],
                }
                found.setdefault(f"{definition['name']} {constraint['key']}", fact)
    return found
