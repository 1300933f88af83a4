"""Nothing is lost in silence: whatever a message says is in the document, or confessed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, canonical
from tests.kit import omsorg, omsorg_2
from tests.kit.examples import scaled
from tests.kit.omsorg import (
    NAMESPACE,
    TABLES,
    context,
    faults,
    message,
    native,
    read,
    valid_messages,
    write,
)
from tests.kit.places import SHARED
from tests.kit.shared import some_of

EXAMPLES = SHARED / "fhir-r4-examples"
HOW_MANY = 27
EVENTS = {
    "Encounter": "admission-notice/assessed",
    "CarePlan": "care-plan/active-sip",
    "Communication": "message/question",
    "Task": "answer/read",
}
Path_ = tuple[str | int, ...]
PLUMBING = {"fullUrl", "reference", "resourceType"}
"""Which resource is which: said by the form of the document."""
CODES = [{str(code) for code in table} for table in TABLES.values()]


def leaves(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The path to each value that is not made of others."""
    if isinstance(value, dict | list) and value:
        steps = value if isinstance(value, dict) else range(len(value))
        for step in steps:
            yield from leaves(value[step], (*path, step))
    else:
        yield path


def is_plumbing(path: Path_) -> bool:
    """References, and ids of the resources in the message, but not of the message itself."""
    of_resource = path[-1] == "id" and len(path) == 4 and path[1] != 0
    return path[-1] in PLUMBING or of_resource


def changed(bundle: Bundle, path: Path_) -> Iterator[Bundle]:
    """The same message with another value at one place."""
    here = _at(bundle, path)
    for value in (other for other in others(here) if other != here):
        found = deepcopy(bundle)
        _at(found, path[:-1])[path[-1]] = value
        yield found


def _at(value: Any, path: Path_) -> Any:
    for step in path:
        value = value[step]
    return value


def others(value: Any) -> Iterator[Any]:
    """Values that are not this one: of no form, of the same form, and a sister of a code."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, str):
        yield value + "x"
        yield re.sub(r"(\d)(\D*)$", lambda m: f"{'1' if m[1] == '0' else '0'}{m[2]}", value)
        sisters = next((sorted(codes - {value}) for codes in CODES if value in codes), [])
        yield from sisters[:1]
    else:
        yield "another"


def told(bundle: Bundle, version: ModuleType = omsorg) -> tuple[bytes, frozenset[str]]:
    """What becomes of a message: the document with its confession, or the refusal."""
    known = version.context()
    try:
        body = version.write(bundle, known)
    except (FatalError, ValueError) as error:
        return str(error).encode(), frozenset()
    return body, frozenset(loss.path for loss in known.losses)


def silent(bundle: Bundle, version: ModuleType = omsorg) -> list[Path_]:
    """The places where another value changes neither the document nor the confession."""
    before = told(bundle, version)
    if before[0].startswith(b"not-written"):
        return []
    places = [path for path in leaves(bundle) if not is_plumbing(path)]
    places = [path for path in places if not _confessed(bundle, path, before[1])]
    return [
        path
        for path in places
        if any(told(other, version) == before for other in changed(bundle, path))
    ]


def _confessed(bundle: Bundle, path: Path_, losses: frozenset[str]) -> bool:
    name = _fhirpath(bundle, path)
    return any(name == loss or name.startswith((f"{loss}.", f"{loss}[")) for loss in losses)


def _fhirpath(bundle: Bundle, path: Path_) -> str:
    root, steps = "Bundle", path
    if path[0] == "entry" and path[2:3] == ("resource",):
        root, steps = _at(bundle, path[:3])["resourceType"], path[3:]
    return root + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)


def label(path: Path) -> str:
    return "/".join(path.parts[-3:]).removesuffix(".fhir.json")


@pytest.mark.slow
@pytest.mark.parametrize("version", [omsorg, omsorg_2], ids=["omsorg", "omsorg/2"])
@pytest.mark.parametrize("path", valid_messages(), ids=label)
def test_every_element_is_in_the_document_or_confessed(path: Path, version: ModuleType) -> None:
    assert silent(json.loads(path.read_text()), version) == []


def examples() -> list[Path]:
    """Some of each type."""
    found = (sorted(EXAMPLES.glob(f"{type_.lower()}-example*")) for type_ in EVENTS)
    return [path for paths in found for path in paths[:8]]


@pytest.mark.slow
@pytest.mark.parametrize("path", some_of(examples(), HOW_MANY), ids=lambda path: path.stem)
def test_a_focus_that_hl7_wrote_is_carried_confessed_or_refused(path: Path) -> None:
    example = json.loads(path.read_text())
    bundle = message(EVENTS[example["resourceType"]])
    focus = bundles.focus(bundle)
    assert focus is not None
    kept = {key: value for key, value in focus.items() if key in ("id", "subject", "for", "status")}
    focus |= example | kept
    assert silent(bundle) == []


def test_a_resource_that_has_no_place_is_one_loss() -> None:
    bundle, known = message("care-plan/active-sip"), context()
    goal = {"resourceType": "Goal", "id": "g", "lifecycleStatus": "active"}
    bundle["entry"].append(
        {"fullUrl": "urn:uuid:0b8e7c9e-3d55-4c0b-9a55-5f0a1f1e2d3c", "resource": goal}
    )
    write(bundle, known)
    assert [(loss.path, loss.why) for loss in known.losses] == [
        ("Goal", "omsorg/1 has no place for it")
    ]


def test_losses_name_the_widest_element_of_which_nothing_is_carried() -> None:
    bundle, known = message("answer/read"), context()
    patient, task = bundles.patient(bundle), bundles.focus(bundle)
    assert patient is not None
    assert task is not None
    patient["telecom"] = [{"system": "phone", "value": "070-000 00 00"}]
    patient["name"] = [{"family": "Ek", "prefix": ["Dr"]}]
    task["authoredOn"] = "2026-11-16"
    task["lastModified"] = "2026-11"
    write(bundle, known)
    assert {loss.path for loss in known.losses} == {
        "Patient.telecom",
        "Patient.name[0].prefix",
        "Task.authoredOn",
        "Task.lastModified",
    }


@pytest.mark.parametrize("place", ["Bundle", "MessageHeader", "Encounter", "Organization"])
def test_a_label_that_stands_elsewhere_protects_the_patient_here_too(place: str) -> None:
    bundle, known = message("admission-notice/assessed"), context()
    mark = {"system": canonical.SECURITY, "code": "sekretessmarkering"}
    other = {"system": "https://other.example", "code": "secret"}
    marked = bundle if place == "Bundle" else bundles.of_type(bundle, place)
    assert marked is not None
    marked["meta"] = {"security": [mark, other]}
    document = etree.fromstring(write(bundle, known))
    assert document.find(f"{{{NAMESPACE}}}Patient").get("skydd") == "sekretessmarkering"
    assert [loss.path for loss in known.losses] == [f"{place}.meta.security[1]"]
    assert silent(bundle) == []


def test_a_label_that_stands_twice_is_said_once() -> None:
    bundle = message("admission-notice/protected")
    patient, focus = bundles.patient(bundle), bundles.focus(bundle)
    assert patient is not None
    assert focus is not None
    focus["meta"] = deepcopy(patient["meta"])
    document = etree.fromstring(write(bundle))
    labels = document.find(f"{{{NAMESPACE}}}Patient").get("skydd")
    assert labels == "sekretessmarkering skyddad-folkbokforing"


@pytest.mark.parametrize("path", valid_messages(), ids=label)
def test_writing_does_not_change_the_message(path: Path) -> None:
    bundle = json.loads(path.read_text())
    before = deepcopy(bundle)
    told(bundle)
    assert bundle == before


LEGAL = st.characters(exclude_categories=["Cs"]).filter(
    lambda c: c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff")
)


@given(st.text(LEGAL, min_size=1).filter(str.strip), st.text(LEGAL, min_size=1).filter(str.strip))
@settings(deadline=None, max_examples=scaled(60))
def test_any_text_that_xml_can_hold_comes_back_as_it_was(text: str, name: str) -> None:
    bundle = message("message/urgent-from-unit")
    patient, communication = bundles.patient(bundle), bundles.focus(bundle)
    assert patient is not None
    assert communication is not None
    communication["payload"][0]["contentString"] = text
    communication["topic"]["text"] = name
    patient["name"] = [{"family": name, "given": [text]}]
    known = context()
    assert read(write(bundle, known)) == bundle
    assert known.losses == []


@given(
    st.text(st.sampled_from("aå\x00\x08\x0b\x1f\ufffe\uffff\ud800\udfff"), min_size=1, max_size=6)
)
@settings(deadline=None, max_examples=scaled(100))
def test_what_xml_cannot_hold_is_confessed_and_the_rest_is_written(text: str) -> None:
    bundle, known = message("message/question"), context()
    communication = bundles.focus(bundle)
    assert communication is not None
    communication["payload"].append({"contentString": text})
    body = write(bundle, known)
    assert faults(body) == []
    kept = text.replace("\x00", "").encode("utf-8", "ignore").decode()
    kept = "".join(c for c in kept if c in "aå")
    told_ = [p["contentString"] for p in (bundles.focus(read(body)) or {})["payload"]]
    assert told_[1:] == ([kept] if kept else [])
    losses = [loss.path for loss in known.losses]
    assert losses == (["Communication.payload[1].contentString"] if kept != text else [])


@given(st.sampled_from(valid_messages()), st.randoms(use_true_random=False), st.text(max_size=4))
@settings(deadline=None, max_examples=scaled(150))
def test_no_message_that_fhir_allows_makes_the_writer_fall(path: Path, dice: Any, odd: str) -> None:
    bundle = json.loads(path.read_text())
    for _ in range(3):
        place = dice.choice(list(leaves(bundle)))
        holder = _at(bundle, place[:-1])
        holder[place[-1]] = dice.choice([odd, {}, [], None, True, {odd: [odd]}, [{odd: odd}], 7])
    if fhir.check_structure(bundle) or bundles.event_code(bundle)[1] not in set(Event):
        return
    try:
        body = write(bundle)
    except FatalError as error:
        known = error.code in CATALOGUE
    else:
        known = faults(body) == []
    assert known


@given(
    st.sampled_from(["answer/rejected", "care-plan/active-sip", "receipt/refused"]),
    st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=3)), max_size=4),
)
@settings(deadline=None, max_examples=scaled(150))
def test_no_bytes_make_the_reader_fall(name: str, edits: list[tuple[int, bytes]]) -> None:
    body = native(name)
    for place, new in edits:
        at = place % len(body)
        body = body[:at] + new + body[at + len(new) // 2 + 1 :]
    try:
        bundle = read(body)
    except FatalError as error:
        known = error.code in CATALOGUE
    else:
        known = fhir.check_structure(bundle) == []
    assert known
