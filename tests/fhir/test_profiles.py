"""The contract: what each event's message must be, and that each rule can fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.core.errors import FatalError, Severity
from adapter.core.model import Event
from adapter.fhir import bundles, canonical, profiles
from adapter.fhir.canonical import BASE
from adapter.fhir.profiles.checking import Check
from adapter.fhir.profiles.rules import Compiler
from tests.kit.fhir_fixtures import FIXTURES, MESSAGES, found_in, label, loaded, usual
from tests.kit.shared import shared_files

MEDCOM = shared_files("medcom/*/examples/Bundle-*.json", 12)
OURS = f"{BASE}/StructureDefinition/"


def expected(path: Path) -> list[dict[str, str]]:
    errors = path.with_name(path.name.replace(".fhir.json", ".error.json"))
    return loaded(errors) if errors.exists() else []


def is_wrong(issues: list[dict[str, str]]) -> bool:
    return any(issue["severity"] == "error" for issue in issues)


@pytest.mark.parametrize("path", MESSAGES, ids=label)
def test_a_fixture_has_exactly_the_problems_that_it_says(path: Path) -> None:
    assert found_in(loaded(path)) == expected(path)


@pytest.mark.parametrize("event", Event)
def test_every_event_has_a_message_that_is_right_and_one_that_is_wrong(event: Event) -> None:
    verdicts = [is_wrong(expected(path)) for path in (FIXTURES / event).glob("*.fhir.json")]
    assert set(verdicts) == {True, False}


def test_a_missing_planned_discharge_is_a_warning_and_no_refusal() -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    encounter = bundles.focus(bundle)
    assert encounter is not None
    del encounter["extension"]
    (issue,) = profiles.validate(bundle)
    assert (issue.code, issue.severity) == ("no-planned-discharge", Severity.WARNING)


def test_problems_of_structure_and_of_profile_are_told_together() -> None:
    bundle = usual(Event.PROCESS_ENDED)
    header, focus = bundles.header(bundle), bundles.focus(bundle)
    assert focus is not None
    del header["reason"]
    del focus["subject"]
    focus["status"] = "here"
    bundle["type"] = "letter"
    assert {(i["code"], i["expression"]) for i in found_in(bundle)} == {
        ("unknown-code", "Bundle.type"),
        ("unknown-code", "Encounter.status"),
        ("required", "Encounter.subject"),
        ("required", "MessageHeader.reason.text"),
    }


@pytest.mark.parametrize("path", MEDCOM, ids=lambda p: p.stem)
def test_a_danish_message_is_told_its_event_the_system_and_the_place(path: Path) -> None:
    bundle = loaded(path)
    coding = bundles.header(bundle)["eventCoding"]
    (issue,) = fhir.outcome(profiles.validate(bundle))["issue"]
    assert issue["details"]["coding"][0]["code"] == "unknown-event"
    assert issue["expression"] == ["Bundle.entry[0].resource.event"]
    assert issue["diagnostics"].startswith("the system of the code is none of ours")
    assert coding["code"] not in issue["diagnostics"]


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (
            {"eventCoding": {"system": canonical.EVENT, "code": "moved"}},
            "unknown-event",
            "the code",
        ),
        ({"eventCoding": {"system": "urn:x", "code": "message"}}, "unknown-event", "the system"),
        ({"eventCoding": {"code": "message"}}, "unknown-event", "the system"),
        ({"eventUri": "urn:x:event"}, "unknown-event", "the system"),
        ({"eventCoding": {"system": "x", "code": "195009072553"}}, "unknown-event", "the system"),
        ({"eventCoding": {"display": "?"}}, "required", "missing"),
        ({}, "required", "missing"),
    ],
)
def test_an_event_that_is_not_ours_is_told_and_not_repeated(
    change: Any, code: str, words: str
) -> None:
    bundle = usual(Event.MESSAGE)
    del bundles.header(bundle)["eventCoding"]
    bundles.header(bundle).update(change)
    with pytest.raises(FatalError) as raised:
        profiles.known_event(bundle)
    (issue,) = raised.value.issues
    assert (issue.code, issue.expression) == (code, "MessageHeader.event")
    assert words in issue.detail
    assert not any(text in issue.detail for text in ("195009072553", "urn:x", "moved"))
    assert issue.expression in {i["expression"] for i in found_in(bundle)}


def _elements(event: Event) -> Iterator[dict[str, Any]]:
    """What the profiles of an event's header and focus say of elements, slices apart."""
    message = profiles.load().resource("MessageDefinition", event)
    names = [f["profile"] for f in message.get("focus", ())]
    names.append(OURS + ("message-header" if names else "receipt-header"))
    for name in names:
        found = profiles.load().definitions.elements(name).values()
        yield from (element for element in found if ":" not in element["id"])


def _cases(*said: str) -> list[tuple[Event, str]]:
    """(event, element id) of each element of which a profile says one of these."""
    return [
        (event, element["id"])
        for event in Event
        for element in _elements(event)
        if any(element.get(name) for name in said)
    ]


@pytest.mark.parametrize(("event", "id_"), _cases("min"))
def test_what_a_profile_requires_is_missed(event: Event, id_: str) -> None:
    def remove(node: Any, key: str) -> None:
        del node[key]

    assert _named_after(remove, event, id_)


@pytest.mark.parametrize(("event", "id_"), _cases("fixedCode", "fixedUri", "binding"))
def test_another_code_than_a_profile_allows_is_refused(event: Event, id_: str) -> None:
    def replace(node: Any, key: str) -> None:
        node[key] = "other" if isinstance(node[key], str) else _other(node[key])

    assert _named_after(replace, event, id_)


def _other(concept: Any) -> Any:
    one = {"coding": [{"system": "urn:other", "code": "other"}], "text": "x"}
    return [one] if isinstance(concept, list) else one


def _named_after(change: Callable[[Any, str], None], event: Event, id_: str) -> bool:
    """Whether an element, or what holds it, is complained of once it is changed."""
    bundle = usual(event)
    type_, *names = id_.split(".")
    for node, key in _holders(bundles.of_type(bundle, type_), names):
        change(node, key)
    place = id_.replace("[x]", "")
    named = {re.sub(r"\[\d+\]", "", i["expression"]) for i in found_in(bundle)}
    return any(place == n or place.startswith(f"{n}.") for n in named)


def _holders(node: Any, names: list[str]) -> list[tuple[Any, str]]:
    """Where a path of element names ends: each object there, and the JSON name in it."""
    nodes = node if isinstance(node, list) else [node]
    stem = names[0].removesuffix("[x]")
    found = [
        (n, k) for n in nodes for k in n if k == stem or (stem != names[0] and k.startswith(stem))
    ]
    assert found, f"the usual message has no {names[0]}"
    return found if len(names) == 1 else [h for n, k in found for h in _holders(n[k], names[1:])]


@pytest.mark.parametrize("event", [e for e in Event if e is not Event.RECEIPT])
def test_another_events_focus_is_refused(event: Event) -> None:
    bundle = usual(event)
    wrong = Event.MESSAGE if event.kind is not Event.MESSAGE.kind else Event.DISCHARGED
    bundles.header(bundle)["eventCoding"]["code"] = wrong
    assert ("profile", "MessageHeader.focus[0]") in {
        (i["code"], i["expression"]) for i in found_in(bundle)
    }


def test_a_choice_of_another_type_is_refused() -> None:
    bundle = usual(Event.DISCHARGE_READY)
    focus = bundles.focus(bundle)
    assert focus is not None
    (own,) = bundles.extensions(focus, "discharge-ready")
    own["valueDate"] = own.pop("valueDateTime")[:10]
    (issue,) = profiles.validate(bundle)
    assert issue.expression.endswith("discharge-ready').value")
    assert issue.detail.endswith("must be dateTime")


@pytest.mark.parametrize(
    ("reference", "problems"),
    [
        ({"identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": "SE1-A"}}, 0),
        ({"identifier": {"system": "urn:oid:1.2.752.29.4.19"}}, 1),
        ({"display": "Kommunen"}, 1),
        ({"reference": "Organization/1", "identifier": {"value": "SE1-A"}}, 1),
    ],
)
@pytest.mark.parametrize("part", ["sender", "receiver"])
def test_a_party_is_in_the_message_or_has_an_identifier(
    part: str, reference: Any, problems: int
) -> None:
    bundle = usual(Event.MESSAGE)
    header = bundles.header(bundle)
    (header if part == "sender" else header["destination"][0])[part] = reference
    found = [i for i in found_in(bundle) if i["code"] == "unresolved-reference"]
    assert len(found) == problems == len(found_in(bundle))


def _extended(name: str, value: Any) -> Any:
    """The usual notice with our extension set so, where that extension belongs."""
    bundle = usual(Event.ADMISSION_NOTICE)
    patient = bundles.patient(bundle)
    assert patient is not None
    place = patient["address"][0] if name == "municipality" else bundles.header(bundle)
    others = [e for e in place["extension"] if e["url"] != OURS + name]
    place["extension"] = [*others, *({"url": OURS + name} | v for v in value)]
    return bundle


CASE = {"system": canonical.CASE_ID, "value": "SE0000000001-SUNDBY/1"}
EARLIER = {"system": canonical.MESSAGE_ID, "value": "1"}
AT = "2026-11-22T10:00:00+01:00"


@pytest.mark.parametrize(
    ("name", "value", "end"),
    [
        ("case", [{"valueIdentifier": CASE}, {"valueIdentifier": CASE}], None),
        ("case", [{"valueIdentifier": CASE | {"system": "urn:other"}}], "case').value.system"),
        ("case", [{"valueIdentifier": {"system": canonical.CASE_ID}}], "case').value.value"),
        ("case", [{"valueString": "1"}], "case').value"),
        ("recorded", [{"valueInstant": AT}], None),
        ("recorded", [{"valueInstant": AT}, {"valueInstant": AT}], "recorded')"),
        ("recorded", [{"valueDateTime": AT}], "recorded').value"),
        ("concerns", [{"valueIdentifier": EARLIER}], None),
        ("concerns", [{"valueIdentifier": EARLIER | {"system": "x"}}], "concerns').value.system"),
        ("municipality", [{"valueCoding": {"code": "9901"}}], None),
        ("municipality", [{"valueCoding": {"display": "Luleå"}}], "municipality').value.code"),
        (
            "municipality",
            [{"valueCoding": {"system": "urn:other", "code": "2580"}}],
            "municipality').value.system",
        ),
    ],
)
def test_an_extension_of_ours_has_its_own_form(name: str, value: Any, end: str | None) -> None:
    found = [issue["expression"] for issue in found_in(_extended(name, value))]
    assert [e.endswith(end) for e in found] == [True] if end else found == []


def test_a_pattern_fits_what_has_more_than_it_asks_for() -> None:
    pattern = {"coding": [{"system": "s", "code": "c"}]}
    profile = {
        "resourceType": "StructureDefinition",
        "id": "x",
        "url": f"{OURS}x",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Task",
        "differential": {
            "element": [
                {"id": "Task", "path": "Task"},
                {"id": "Task.code", "path": "Task.code", "patternCodeableConcept": pattern},
            ]
        },
    }
    definitions = type(profiles.load().definitions)({("StructureDefinition", "x"): profile})
    shape = Compiler(definitions).profile(f"{OURS}x")

    def problems(code: Any) -> int:
        check = Check({})
        check.element({"resourceType": "Task", "code": code}, shape, "Task")
        return len(check.issues)

    more = {"coding": [{"code": "other"}, {"system": "s", "code": "c", "display": "C"}]}
    assert problems(more | {"text": "t"}) == 0
    assert problems({"coding": [{"system": "s"}]}) == 1
    assert problems("c") == 1
