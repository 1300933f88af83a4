"""The invariants of FHIR R4's measures and sequences (4.0.1), each with R4's key."""

from __future__ import annotations

from adapter.fhir.r4_rules import Node, add, has, lacks, one_of


def add_all() -> None:
    """Add the invariants of measures and sequences."""
    add("Measure.group.stratifier", "mea-1", "needs criteria or components", _is_stratified)
    add("MeasureReport", "mrp-1", "a data collection has groups", _is_collection)
    one_of("MeasureReport.group.stratifier.stratum", "mrp-2", "value", "component")
    add("MolecularSequence", "msq-3", "the coordinate system is 0 or 1", _is_counted_from)
    add("MolecularSequence.referenceSeq", "msq-5", "needs chromosome and build", _is_located)
    add("MolecularSequence.referenceSeq", "msq-6", "needs one kind of sequence", _is_of_one_kind)


def _is_stratified(node: Node) -> bool:
    is_stated = any(has(node, name) for name in ("code", "description", "criteria"))
    return is_stated != has(node, "component")


def _is_collection(node: Node) -> bool:
    return node.get("type") != "data-collection" or lacks(node, "group")


def _is_counted_from(node: Node) -> bool:
    return node.get("coordinateSystem") in (0, 1)


def _is_located(node: Node) -> bool:
    return has(node, "chromosome") == has(node, "genomeBuild")


def _is_of_one_kind(node: Node) -> bool:
    kinds = ("genomeBuild", "referenceSeqId", "referenceSeqPointer", "referenceSeqString")
    return sum(has(node, name) for name in kinds) == 1
