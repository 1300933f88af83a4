"""Each invariant of R4 has a function, and HL7's FHIRPath, run by fhirpathpy, says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from adapter.fhir import r4_types
from adapter.fhir.r4_rules import INVARIANTS, Invariant
from adapter.fhir.r4_types import shape
from tests.kit.mutants import expressions
from tests.kit.mutants.drawn_nodes import drawing, drawn

FACTS = {
    name: fact
    for name, fact in r4_types._definitions()["invariants"].items()
    if fact["severity"] == "error"
}
ELSEWHERE = {
    "bdl": "entries.py",
    "dom": "contained.py",
    "ref": "r4_references.py",
    "ctm": "r4_references.py",
    "ele": "walk.py",
    "txt": "r4_narrative.py",
}
SAME_TYPE = {"tst-6": "tst-5", "tst-8": "tst-7", "tst-9": "tst-7", "tst-11": "tst-10"} | {
    "tst-13": "tst-12"  # a `test` has the types of a `setup`
}
VACUOUS = {
    "eld-11": "`type.select(…).exists()` holds wherever there is a type",
    "evv-1": "its elements are types of one choice, of which there is one at most",
}
BY_HAND = {
    "app-4": "fhirpathpy finds nothing by the name of the type",
    "eld-19": "fhirpathpy is content when a part of the text matches",
    "rng-2": "fhirpathpy compares no quantities of FHIR",
    "tst-4": "cardinality asks for more",
    "que-7": "for fhirpathpy a boolean of FHIR is no Boolean",
}
MORE_WORDS = {"que-2": "item", "sdf-9": "snapshot differential"}  # of descendants(), children()
LEAST, MOST = 30, 600  # objects drawn for an invariant


def own(name: str) -> tuple[str, Invariant]:
    """The type that we check an invariant on, and the invariant."""
    key = SAME_TYPE.get(name.split()[1], name.split()[1])
    top = FACTS[name]["on"].split(".")[0]
    every = [(t, i) for t, found in INVARIANTS.items() for i in found if i.key == key]
    return next(each for each in every if each[0].split(".")[0] == top)


CHECKED = [
    name
    for name in FACTS
    if name.split()[1].split("-")[0] not in ELSEWHERE and name.split()[1] not in VACUOUS | BY_HAND
]


def test_each_invariant_has_a_function_or_a_reason() -> None:
    ours = {f"{t.split('.')[0]} {i.key}" for t in INVARIANTS for i in INVARIANTS[t]}
    names = {f"{n.split()[0]} {SAME_TYPE.get(n.split()[1], n.split()[1])}" for n in CHECKED}
    assert names - ours == set()


@pytest.mark.parametrize("name", CHECKED)
def test_a_function_and_the_fhirpath_of_hl7_agree_and_each_can_fail(name: str) -> None:
    expression, type_ = FACTS[name]["expression"], own(name)[0]
    place = type_ if name.split()[1] in SAME_TYPE else FACTS[name]["on"]
    outer = min(type_, place.removesuffix("[x]"), key=len)
    more = MORE_WORDS.get(name.split()[1], "")
    seen: list[bool] = []
    for seed in range(MOST):
        node = drawn(outer, drawing(expression, f"{place} {type_} {more}", seed))
        node |= {"resourceType": outer} if r4_types.is_resource_type(outer) else {}
        theirs = verdict(expression, node, outer, place)
        if theirs is not None:
            assert holds(name, node, outer) == theirs, node
            seen.append(theirs)
        if len(seen) >= LEAST and {*seen} == {True, False}:
            return
    assert {*seen} == {True, False}


def holds(name: str, node: dict[str, Any], outer: str) -> bool:
    """What our functions of an invariant say about an object."""
    type_, invariant = own(name)
    rules = [i for i in INVARIANTS[type_] if i.key == invariant.key]
    return all(rule.holds(inner) for inner, _ in inside(node, outer, type_) for rule in rules)


def verdict(expression: str, node: dict[str, Any], outer: str, place: str) -> bool | None:
    """What HL7's expression says at each place of an object; None where it says nothing."""
    around = {"resource": node, "rootResource": node}
    all_said = [
        expressions.verdict(expression, kind, inner, around)
        for inner, kind in inside(node, outer, place)
    ]
    return None if None in all_said else False not in all_said


@pytest.mark.parametrize(
    ("type_", "key", "good", "bad"),
    [
        ("Appointment", "app-4", {"status": "noshow", "cancelationReason": {"text": "x"}},
         {"status": "booked", "cancelationReason": {"text": "x"}}),
        ("ElementDefinition", "eld-19", {"path": "Patient.name[x]"}, {"path": "Patient name"}),
        ("Range", "rng-2", {"low": {"value": 1}, "high": {"value": 2}},
         {"low": {"value": 3}, "high": {"value": 2}}),
        ("TestScript.metadata", "tst-4", {"capability": [{"required": True}]},
         {"capability": [{"capabilities": "x"}]}),
        ("Questionnaire.item.enableWhen", "que-7", {"operator": "exists", "answerBoolean": True},
         {"operator": "exists", "answerString": "x"}),
    ],
)  # fmt: skip
def test_an_invariant_that_fhirpathpy_cannot_judge(
    type_: str, key: str, good: Any, bad: Any
) -> None:
    assert key in BY_HAND
    (rule,) = (each for each in INVARIANTS[type_] if each.key == key)
    assert (rule.holds(good), rule.holds(bad)) == (True, False)


def inside(node: Any, type_: str, path: str) -> Iterator[tuple[Any, str]]:
    """Each object at a path inside an object of a type, with its own type."""
    rest = path.removeprefix(type_).lstrip(".")
    if not rest or path == type_:
        yield node, type_
        return
    name, _, after = rest.partition(".")
    for key, element in shape(type_).elements.items():
        if key in node and name in (key, f"{element.choice}[x]"):
            values = node[key] if element.repeats else [node[key]]
            for value in values:
                yield from inside(value, element.kind, f"{element.kind}.{after}".rstrip("."))


@pytest.mark.parametrize("node", [{}, {"x": None}, {"type": [3], "code": {"a": None}}], ids=repr)
def test_an_invariant_reads_anything(node: Any) -> None:
    for found in INVARIANTS.values():
        assert {type(invariant.holds(node)) for invariant in found} == {bool}
