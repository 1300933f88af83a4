"""The judges of all FHIR that the tests make the program emit: they do see, and they can say no."""

from __future__ import annotations

from typing import Any

import pytest

from adapter import fhir
from adapter.core.errors import Issue
from adapter.fhir import bundles, codec
from adapter.inbound import owed_receipts
from tests.kit import drafts
from tests.kit.emitted import Emitted, watched
from tests.kit.oracle import needs_schemas


def from_inside(call: str, **names: Any) -> None:
    """A call as if a module of the package made it."""
    exec(call, {"__name__": "adapter.somewhere", "codec": codec, "fhir": fhir} | names)


def wrong(**changes: Any) -> dict[str, Any]:
    """A patient that R4 does not allow."""
    return drafts.patient() | changes


@pytest.mark.parametrize("changes", [{"birthDate": "7 September"}, {"name": "Tolvan"}, {"x": 1}])
def test_what_the_program_emits_is_judged(changes: dict[str, Any]) -> None:
    found = Emitted()
    with watched(found):
        from_inside("codec.dump('json', patient)", patient=wrong(**changes))
    assert found.problems()


@needs_schemas
def test_also_what_only_the_schemas_know() -> None:
    found = Emitted()
    with watched(found):
        from_inside("codec.dump('json', patient)", patient=wrong(gender="none of the four"))
    assert found.problems()


def test_the_same_form_is_judged_once_and_another_again() -> None:
    found = Emitted()
    for born in ("1950-09-07", "1961-01-18", "1961-01"):
        found.add(wrong(birthDate=born))
    assert (found.count, len(found.fresh)) == (3, 2)
    assert found.problems() == []
    found.add(wrong(birthDate="1950-09-08"))
    found.add(wrong(birthDate="about 1950"))
    assert found.problems()


def test_an_outcome_and_a_receipt_are_seen_where_the_program_makes_them() -> None:
    found = Emitted()
    with watched(found):
        from_inside(
            "fhir.outcome([issue])", issue=Issue(code="required", expression="Patient.name")
        )
        from_inside("codec.dump('json', receipt)", receipt=drafts.receipt("a-1", drafts.UMEA))
    assert [r["resourceType"] for r in found.fresh] == ["OperationOutcome", "Bundle"]
    assert found.problems() == []


def test_what_a_test_writes_itself_is_nobodys_business() -> None:
    found = Emitted()
    with watched(found):
        codec.dump("json", wrong(x=1))
    assert found.count == 0


def test_this_very_run_is_watched(emitted: Emitted) -> None:
    before = emitted.count
    assert owed_receipts.codec is codec
    from_inside("fhir.outcome([])")
    assert emitted.count == before + 1
    assert bundles.header({}) == {}
