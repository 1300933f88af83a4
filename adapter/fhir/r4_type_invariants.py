"""The invariants of FHIR R4's data types (4.0.1), each with R4's key.

What joins elements stands in `contained.py`, `entries.py` and `r4_references.py`.
"""

from __future__ import annotations

from typing import Any

from adapter.fhir.r4_narrative import faults
from adapter.fhir.r4_rules import Node, add, any_of, each, has, in_order, needs, not_both, one_of

_QUANTITIES = "Quantity Age Count Distance Duration"
_UCUM = "http://unitsofmeasure.org"


def add_all() -> None:
    """Add the invariants of the data types."""
    one_of("Extension", "ext-1", "extension", "value[x]")
    in_order("Period", "per-1", "start", "end")
    needs(_QUANTITIES, "qty-3", "code", "system")
    needs("ContactPoint", "cpt-2", "value", "system")
    needs("Attachment", "att-1", "data", "contentType")
    any_of("Expression", "exp-1", "expression", "reference")
    one_of("DataRequirement.codeFilter", "drq-1", "path", "searchParam")
    one_of("DataRequirement.dateFilter", "drq-2", "path", "searchParam")
    not_both("TriggerDefinition", "trd-1", "data", "timing[x]")
    needs("TriggerDefinition", "trd-2", "condition", "data")
    add("TriggerDefinition", "trd-3", "its type needs name, timing or data", _is_triggered)
    add("Range", "rng-2", "low is greater than high", _is_range)
    add("Ratio", "rat-1", "numerator and denominator belong together", _is_ratio)
    add("Narrative", "txt-1", "XHTML that R4 does not allow", lambda n: not faults(n.get("div")))
    _add_measures()
    _add_repeats()


def _add_measures() -> None:
    unit = "a value needs a code of UCUM"
    add("Age", "age-1", f"{unit}, and is above zero", _is_age)
    add("Distance", "dis-1", unit, _is_of_ucum)
    add("Count", "cnt-3", "a whole number with the unit 1 of UCUM", _is_count)
    add("Duration", "drt-1", "a code needs UCUM and a value", _is_duration)


def _add_repeats() -> None:
    for key, name, other in (
        ("tim-1", "duration", "durationUnit"),
        ("tim-2", "period", "periodUnit"),
        ("tim-6", "periodMax", "period"),
        ("tim-7", "durationMax", "duration"),
        ("tim-8", "countMax", "count"),
    ):
        needs("Timing.repeat", key, name, other)
    not_both("Timing.repeat", "tim-10", "timeOfDay", "when")
    add(
        "Timing.repeat", "tim-4", "duration below zero", lambda n: not _is_below_zero(n, "duration")
    )
    add("Timing.repeat", "tim-5", "period below zero", lambda n: not _is_below_zero(n, "period"))
    add("Timing.repeat", "tim-9", "offset without a meal or sleep in when", _has_event_for_offset)


def _is_triggered(node: Node) -> bool:
    type_ = str(node.get("type"))
    named = {"named-event": "name", "periodic": "timing[x]"}.get(type_, "")
    needed = "data" if type_.startswith("data-") else named
    return not needed or has(node, needed)


def _number(node: Any, name: str) -> Any:
    value = node.get(name) if isinstance(node, dict) else None
    return None if isinstance(value, bool | str | dict | list) else value


def _is_below_zero(node: Node, name: str) -> bool:
    number = _number(node, name)
    return number is not None and number < 0


def _is_range(node: Node) -> bool:
    low, high = node.get("low"), node.get("high")
    least, most = _number(low, "value"), _number(high, "value")
    if least is None or most is None or each(low, "code") != each(high, "code"):
        return True
    return bool(least <= most)


def _is_ratio(node: Node) -> bool:
    both = has(node, "numerator") == has(node, "denominator")
    return both and (has(node, "numerator") or has(node, "extension"))


def _is_of_ucum(node: Node) -> bool:
    is_coded = has(node, "code") or not has(node, "value")
    return is_coded and node.get("system", _UCUM) == _UCUM


def _is_age(node: Node) -> bool:
    value = _number(node, "value")
    return _is_of_ucum(node) and (value is None or value > 0)


def _is_count(node: Node) -> bool:
    value = _number(node, "value")
    is_whole = value is None or value == int(value)
    return _is_of_ucum(node) and node.get("code", "1") == "1" and is_whole


def _is_duration(node: Node) -> bool:
    return not has(node, "code") or (node.get("system") == _UCUM and has(node, "value"))


def _has_event_for_offset(node: Node) -> bool:
    when = node.get("when")
    if not has(node, "offset"):
        return True
    return isinstance(when, list) and not {"C", "CM", "CD", "CV"} & {str(code) for code in when}
