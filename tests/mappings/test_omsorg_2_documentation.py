"""docs/omsorg-2.md says what the code does: a vendor builds from it and from docs/omsorg.md."""

from __future__ import annotations

import re

import pytest

from adapter.core.errors import Severity
from adapter.fhir import profiles
from adapter.fhir.bundles import event_code
from adapter.mappings.omsorg.code_tables_2 import ELEMENTS, EVENT_2
from tests.kit.later_events import LATER
from tests.kit.omsorg_2 import NAMESPACE, context, faults, read
from tests.kit.places import DOCS

PAGE = (DOCS / "omsorg-2.md").read_text()
EXAMPLES = [example.encode() for example in re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize("body", EXAMPLES)
def test_each_example_is_valid_and_read_without_a_problem(body: bytes) -> None:
    assert faults(body) == []
    known = context()
    bundle = read(body, known)
    errors = [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR]
    assert errors == []
    assert known.issues == []


def test_the_examples_show_every_event_that_only_omsorg_2_has() -> None:
    shown = {event_code(read(body))[1] for body in EXAMPLES}
    assert {str(event) for event in LATER} | {"care-plan", "answer", "receipt"} <= shown


def test_the_table_of_types_is_the_table_of_the_code() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \| `", PAGE, re.MULTILINE)
    words = {str(event): word for event, word in EVENT_2.items()}
    assert rows == [(words[event], event) for _, event in rows]
    assert {event for _, event in rows} >= {str(event) for event in LATER}


def test_the_page_names_what_has_another_name() -> None:
    names = {name for pair in ELEMENTS.items() for name in (pair[0][1], pair[1])}
    assert [name for name in sorted(names) if name not in PAGE] == []
    assert NAMESPACE in PAGE
