"""From FHIR to omsorg/2 and back: the message says the same, or what was lost is listed."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.core.model import ONLY_RECEIVED, Bundle, Event
from adapter.fhir import bundles
from adapter.policy import efforts, plan_versions
from tests.kit.examples import scaled
from tests.kit.omsorg_2 import FIXTURES, context, faults, native, read, write
from tests.kit.places import FIXTURES as ALL
from tests.kit.same_meaning import meaning

REFUSED = {"fhir/message/with-attachment"}  # of bytes without a DocumentReference


def label(path: Path) -> str:
    return str(path.relative_to(ALL)).removesuffix(".fhir.json").removesuffix(".native.xml")


MESSAGES = sorted(
    path
    for path in ALL.rglob("*.fhir.json")
    if path.parent.name not in ONLY_RECEIVED
    and label(path) not in REFUSED
    and not path.with_name(path.name.replace(".fhir.json", ".error.json")).exists()
)
NATIVE = [path for path in sorted(FIXTURES.glob("*/*.native.xml")) if path.parent.name != "refused"]


LOSSES: dict[str, list[str]] = json.loads((FIXTURES / "losses.json").read_text())
"""What omsorg/2 has no place for, by fixture."""


@pytest.mark.parametrize("path", MESSAGES, ids=label)
def test_a_message_says_the_same_after_a_round_trip_or_tells_what_it_lost(path: Path) -> None:
    bundle, known = json.loads(path.read_text()), context()
    body = write(bundle, known)
    assert faults(body) == []
    losses = [loss.path for loss in known.losses]
    assert losses == LOSSES.get(label(path), [])
    if not losses:
        assert meaning(read(body)) == meaning(bundle)


def _is_plan_with_versions(bundle: Bundle) -> bool:
    is_plan = bundles.event(bundle) is Event.CARE_PLAN
    return is_plan and plan_versions.number_of(bundle) is not None


PLANS = [path for path in MESSAGES if _is_plan_with_versions(json.loads(path.read_text()))]


@pytest.mark.parametrize("path", PLANS, ids=label)
def test_a_unit_that_writes_a_plan_back_as_it_read_it_has_changed_nothing(path: Path) -> None:
    """Otherwise its next version is refused: it may change its own efforts only."""
    bundle = json.loads(path.read_text())
    back = read(write(bundle))
    assert efforts.agreed(back, str) == efforts.agreed(bundle, str)


def test_a_resource_that_is_named_again_and_again_does_not_swell_the_document() -> None:
    bundle = json.loads((FIXTURES / "sip-invitation" / "full.fhir.json").read_text())
    invitation = bundle["entry"][1]["resource"]
    relative = next(p for p in invitation["participant"] if _is_relative(bundle, p))
    person = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "RelatedPerson"
    )
    person["relationship"] = [{"text": "x" * 20_000}]
    invitation["participant"] += [json.loads(json.dumps(relative)) for _ in range(2_000)]
    known, begun = context(), time.monotonic()
    body = write(bundle, known)
    assert len(body) < 2_000_000
    assert time.monotonic() - begun < 10
    assert any(loss.path.startswith("Appointment.participant") for loss in known.losses)


def _is_relative(bundle: dict, participant: dict) -> bool:
    named = participant["actor"].get("reference")
    types = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
    return types.get(named) == "RelatedPerson"


@given(
    st.sampled_from(NATIVE),
    st.lists(st.tuples(st.integers(0, 9000), st.binary(max_size=3)), max_size=4),
)
@settings(deadline=2000, max_examples=scaled(300))
def test_no_bytes_make_the_reader_fall(path: Path, edits: list[tuple[int, bytes]]) -> None:
    body = path.read_bytes()
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


@given(st.sampled_from(NATIVE), st.randoms(use_true_random=False))
@settings(deadline=2000, max_examples=scaled(300))
def test_no_words_in_other_places_make_the_reader_fall(path: Path, dice) -> None:
    """Exchange attribute values and texts within a document: the schema takes more of these."""
    lines = path.read_text().splitlines()
    for _ in range(3):
        first, second = dice.randrange(len(lines)), dice.randrange(len(lines))
        if lines[first].strip().endswith("/>") or lines[first].count("<") == 2:
            lines[second:second] = [lines[first]]
            del lines[first + (1 if second <= first else 0)]
    try:
        bundle = read("\n".join(lines).encode())
    except FatalError as error:
        known = error.code in CATALOGUE
    else:
        known = fhir.check_structure(bundle) == []
    assert known


def test_a_goal_that_the_document_does_not_have_is_refused_with_its_place() -> None:
    with pytest.raises(FatalError) as caught:
        read(native("care-plan/sip-in-full").replace(b'mal="m3"', b'mal="m9"'))
    assert (caught.value.code, caught.value.issues[0].expression) == ("invalid-document", "//@mal")
