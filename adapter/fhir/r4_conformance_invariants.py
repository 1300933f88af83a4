"""The invariants of FHIR R4's conformance and terminology resources (4.0.1), each with R4's key.

Those of StructureDefinition stand in `r4_profile_invariants.py`.
"""

from __future__ import annotations

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
    one_of,
)


def add_all() -> None:
    """Add the invariants of conformance resources."""
    _add_statements()
    _add_terms()
    _add_guides()
    _add_operations()


def _add_statements() -> None:
    any_of("CapabilityStatement", "cpb-1", "rest", "messaging", "document")
    any_of("CapabilityStatement", "cpb-2", "description", "software", "implementation")
    add("CapabilityStatement", "cpb-3", "an endpoint, and no instance", _is_instance_or_unplaced)
    distinct("CapabilityStatement.rest", "cpb-9", "resource.type")
    distinct("CapabilityStatement.rest.resource", "cpb-12", "searchParam.name")
    add("CapabilityStatement", "cpb-7", "a document twice", _has_each_document_once)
    any_of("TerminologyCapabilities", "tcp-2", "description", "software", "implementation")
    add("TerminologyCapabilities.codeSystem", "tcp-1", "a version without a code", _has_codes)
    for type_, keys in (
        ("CapabilityStatement", ("cpb-14", "cpb-15", "cpb-16")),
        ("TerminologyCapabilities", ("tcp-3", "tcp-4", "tcp-5")),
    ):
        add(type_, keys[0], "an instance without implementation", _is_implemented)
        add(type_, keys[1], "a capability needs software, and no implementation", _is_capability)
        add(type_, keys[2], "requirements, with implementation or software", _is_requirement)


def _is_instance_or_unplaced(node: Node) -> bool:
    return node.get("kind") == "instance" or not each(node, "messaging.endpoint")


def _is_implemented(node: Node) -> bool:
    return node.get("kind") != "instance" or has(node, "implementation")


def _is_capability(node: Node) -> bool:
    is_right = has(node, "software") and not has(node, "implementation")
    return node.get("kind") != "capability" or is_right


def _is_requirement(node: Node) -> bool:
    return node.get("kind") != "requirements" or lacks(node, "implementation", "software")


def _has_each_document_once(node: Node) -> bool:
    documents = [d for d in each(node, "document") if isinstance(d, dict)]
    return all_differ([f"{d.get('profile', '')}{d.get('mode', '')}" for d in documents])


def _has_codes(node: Node) -> bool:
    versions = each(node, "version")
    return len(versions) < 2 or all(has(version, "code") for version in versions)


def _add_terms() -> None:
    add("CodeSystem", "csd-1", "a code twice", lambda n: all_differ([*_concept_codes(n)]))
    add("ConceptMap.group.element.target", "cmd-1", "needs a comment", _is_commented)
    add("ConceptMap.group.unmapped", "cmd-2", "fixed, and no code", _is_fixed)
    add("ConceptMap.group.unmapped", "cmd-3", "another map, and no url", _is_other_map)
    any_of("ValueSet.compose.include", "vsd-1", "valueSet", "system")
    needs("ValueSet.compose.include", "vsd-2", "concept", "system")
    needs("ValueSet.compose.include", "vsd-2", "filter", "system")
    not_both("ValueSet.compose.include", "vsd-3", "concept", "filter")
    any_of("ValueSet.expansion.contains", "vsd-6", "code", "display")
    add("ValueSet.expansion.contains", "vsd-9", "no code, and not abstract", _is_code_or_abstract)
    needs("ValueSet.expansion.contains", "vsd-10", "code", "system")
    add("NamingSystem", "nsd-1", "a root has a UUID", _is_root_without_uuid)
    add("NamingSystem", "nsd-2", "two preferred ids of one type", _has_one_preferred_of_each)


def _concept_codes(node: Any) -> list[Any]:
    """Every code of a CodeSystem, on all levels."""
    codes, concepts = list[Any](), each(node, "concept")
    while concepts:
        codes += [code for concept in concepts for code in each(concept, "code")]
        concepts = [inner for concept in concepts for inner in each(concept, "concept")]
    return codes


def _is_commented(node: Node) -> bool:
    return has(node, "comment") or node.get("equivalence") not in ("narrower", "inexact")


def _is_fixed(node: Node) -> bool:
    return node.get("mode") != "fixed" or has(node, "code")


def _is_other_map(node: Node) -> bool:
    return node.get("mode") != "other-map" or has(node, "url")


def _is_code_or_abstract(node: Node) -> bool:
    return has(node, "code") or node.get("abstract") is True


def _is_root_without_uuid(node: Node) -> bool:
    return node.get("kind") != "root" or "uuid" not in each(node, "uniqueId.type")


def _has_one_preferred_of_each(node: Node) -> bool:
    ids = [i for i in each(node, "uniqueId") if isinstance(i, dict) and i.get("preferred") is True]
    return all_differ([i.get("type") for i in ids])


def _add_guides() -> None:
    add("ImplementationGuide.definition", "ig-1", "a group that is not defined", _has_groups)
    add("ImplementationGuide", "ig-2", "a version that the guide does not name", _has_versions)
    add("MessageDefinition.focus", "md-1", "max must be * or above zero", _has_most)
    needs("StructureMap.group.rule.target", "smp-1", "element", "context")
    needs("StructureMap.group.rule.target", "smp-2", "context", "contextType")
    add("EvidenceVariable.characteristic", "evv-1", "two definitions", _is_defined_once)


def _has_groups(node: Node) -> bool:
    return set(map(str, each(node, "resource.groupingId"))) <= set(
        map(str, each(node, "grouping.id"))
    )


def _has_versions(node: Node) -> bool:
    named = set(map(str, each(node, "fhirVersion")))
    return set(map(str, each(node, "definition.resource.fhirVersion"))) <= named


def _has_most(node: Node) -> bool:
    most = node.get("max", "*")
    return most == "*" or (isinstance(most, str) and most.isdecimal() and int(most) > 0)


def _is_defined_once(node: Node) -> bool:
    """R4's other definitions in this invariant are of R5; a choice has one type already."""
    names = ("definitionReference", "definitionCanonical", "definitionCodeableConcept")
    return sum(has(node, name) for name in names) < 2


def _add_operations() -> None:
    any_of("OperationDefinition.parameter", "opd-1", "type", "part")
    add("OperationDefinition.parameter", "opd-2", "a search type, and no string", _is_searched)
    add("OperationDefinition.parameter", "opd-3", "a target, and no reference", _is_targeted)
    needs("SearchParameter", "spd-1", "xpath", "xpathUsage")
    add("SearchParameter", "spd-2", "a chain, and no reference", _is_chained)
    _add_scripts()


def _is_searched(node: Node) -> bool:
    return lacks(node, "searchType") or node.get("type") == "string"


def _is_targeted(node: Node) -> bool:
    return lacks(node, "targetProfile") or is_one_of(node, "type", "Reference", "canonical")


def _is_chained(node: Node) -> bool:
    return lacks(node, "chain") or node.get("type") == "reference"


_TESTED = (
    "contentType",
    "expression",
    "headerField",
    "minimumId",
    "navigationLinks",
    "path",
    "requestMethod",
    "resource",
    "responseCode",
    "response",
    "validateProfileId",
)
_WITHOUT_TARGET = ("capabilities", "search", "transaction", "history")


def _add_scripts() -> None:
    """Add those of TestScript and TestReport. `test` and `teardown` use the types of `setup`."""
    one_of("TestReport.setup.action", "inv-1", "operation", "assert")
    one_of("TestReport.test.action", "inv-2", "operation", "assert")
    one_of("TestScript.setup.action", "tst-1", "operation", "assert")
    one_of("TestScript.test.action", "tst-2", "operation", "assert")
    add("TestScript.variable", "tst-3", "expression, headerField and path", _is_from_one_place)
    add("TestScript.metadata", "tst-4", "a capability that is neither needed", _is_needed)
    add("TestScript.setup.action.assert", "tst-5", "more than one condition", _has_one_condition)
    add("TestScript.setup.action.operation", "tst-7", "what is it done to?", _has_target)
    add("TestScript.setup.action.assert", "tst-10", "a source without a path", _is_compared)
    add("TestScript.setup.action.assert", "tst-12", "a request has no response", _is_of_response)


def _is_from_one_place(node: Node) -> bool:
    return not all(has(node, name) for name in ("expression", "headerField", "path"))


def _is_needed(node: Node) -> bool:
    capabilities = each(node, "capability")
    return any(has(c, name) for c in capabilities for name in ("required", "validated"))


def _has_one_condition(node: Node) -> bool:
    return has(node, "extension") or sum(has(node, name) for name in _TESTED) <= 1


def _has_target(node: Node) -> bool:
    is_named = sum(has(node, name) for name in ("targetId", "url", "params")) == 1
    code = next(iter(each(node, "type.code")), "")
    return has(node, "sourceId") or is_named or code in _WITHOUT_TARGET


def _is_compared(node: Node) -> bool:
    has_path = has(node, "compareToSourceExpression") or has(node, "compareToSourcePath")
    return has(node, "compareToSourceId") == has_path


def _is_of_response(node: Node) -> bool:
    return node.get("direction") != "request" or lacks(node, "response", "responseCode")
