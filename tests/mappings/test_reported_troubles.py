"""Inputs that other systems read wrongly, as reported in public: what ours makes of each."""

from __future__ import annotations

import pytest

from adapter.core.errors import AdapterError
from adapter.core.model import Bundle
from adapter.fhir import bundles, codec, profiles
from adapter.mappings import Context, System, load
from tests.kit import troubles
from tests.kit.hl7v2 import codes, read
from tests.kit.mapping_fixtures import context_of
from tests.kit.places import FIXTURES

OMSORG = load()["omsorg"]


def written(name: str) -> tuple[str, Context]:
    """A message of FHIR as omsorg has it, and the context with its losses."""
    body = troubles.body(name)
    bundle: Bundle = codec.parse("json", body)
    known = context_of(FIXTURES / "omsorg", body)
    event = bundles.event(bundle)
    problems = profiles.check_message(event, bundle)
    assert [problem.code for problem in problems] == []
    return _text(OMSORG, OMSORG.write(event, bundle, known)), known


def _text(system: System, document: object) -> str:
    return codec.dump(system.content, document).decode()


def test_every_input_has_a_row() -> None:
    assert set(troubles.ROWS) == troubles.FILES


@pytest.mark.parametrize("name", troubles.having("event"))
def test_a_message_of_the_feed_is_read_as_its_row_says(name: str) -> None:
    row = troubles.ROWS[name]
    bundle, known = read(troubles.body(name))
    found = {
        "event": bundles.event(bundle),
        "warnings": [" ".join(told) for told in codes(known)],
        "losses": sorted(loss.path for loss in known.losses),
        "asked": [f"{issue.code} {issue.expression}" for issue in known.questions],
        "shows": troubles.shown(bundle, row["shows"]),
    }
    wanted = {"warnings": [], "losses": [], "asked": []} | row
    assert found == {key: wanted[key] for key in found}


@pytest.mark.parametrize("name", troubles.having("written"))
def test_a_message_of_fhir_is_written_as_its_row_says(name: str) -> None:
    row = troubles.ROWS[name]
    document, known = written(name)
    assert [part for part in row["written"] if part not in document] == []
    assert [f"{loss.path}: {loss.why}" for loss in known.losses] == row["losses"]


@pytest.mark.parametrize("name", troubles.having("not-written"))
def test_a_message_of_fhir_that_would_lose_its_meaning_is_not_written(name: str) -> None:
    with pytest.raises(AdapterError) as refused:
        written(name)
    assert refused.value.code == "not-written"
    assert troubles.ROWS[name]["not-written"] in refused.value.detail


@pytest.mark.parametrize("name", troubles.having("invalid"))
def test_a_message_of_fhir_that_contradicts_fhir_is_refused(name: str) -> None:
    bundle: Bundle = codec.parse("json", troubles.body(name))
    problems = profiles.validate(bundle)
    told = {f"{problem.code} {problem.expression}" for problem in problems}
    assert set(troubles.ROWS[name]["invalid"]) <= told


@pytest.mark.parametrize("name", troubles.having("kept"))
def test_the_digits_of_a_number_are_kept_when_the_message_is_written_again(name: str) -> None:
    again = codec.dump("json", codec.parse("json", troubles.body(name))).decode()
    assert troubles.ROWS[name]["kept"] in again
