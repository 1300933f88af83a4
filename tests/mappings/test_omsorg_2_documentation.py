"""docs/omsorg-2.md says what the code does: a vendor builds from it and from docs/omsorg.md."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import etree

from adapter.core.errors import Severity
from adapter.fhir import profiles
from adapter.fhir.bundles import event_code
from adapter.mappings.omsorg.code_tables_2 import ELEMENTS, EVENT_2
from tests.kit.later_events import LATER
from tests.kit.omsorg_2 import NAMESPACE, context, faults, read
from tests.kit.places import DOCS, ROOT

PAGE = (DOCS / "omsorg-2.md").read_text()
STAYS = (DOCS / "omsorg-2-messages.md").read_text()
EXAMPLES = [
    example.encode() for example in re.findall(r"```xml\n(.*?)```", PAGE + STAYS, re.DOTALL)
]
XS = "{http://www.w3.org/2001/XMLSchema}"
SCHEMA = etree.parse(ROOT / "profiles" / "omsorg" / "omsorg-2.xsd")
TYPES = {node.get("name"): node for node in SCHEMA.getroot() if node.get("name")}
FHIRS_WORDS = {"Feltyp"}  # FHIR IssueType, not translated


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


def explained(node: Any) -> bool:
    """Whether the schema explains an element or attribute, itself or by its type."""
    return any(
        n is not None and n.find(f"{XS}annotation") is not None
        for n in (node, TYPES.get(node.get("type")))
    )


def test_the_schema_explains_every_element_and_attribute() -> None:
    nodes = SCHEMA.iter(f"{XS}element", f"{XS}attribute")
    assert [n.get("name") for n in nodes if n.get("name") and not explained(n)] == []


def test_the_pages_name_every_element_attribute_and_word_of_the_schema() -> None:
    pages = PAGE + STAYS + (DOCS / "omsorg.md").read_text()
    said = set(re.findall(r"[\w-]+", pages))
    nodes = SCHEMA.iter(f"{XS}element", f"{XS}attribute")
    names = {str(node.get("name")) for node in nodes if node.get("name")}
    lists = (node for name, node in TYPES.items() if name not in FHIRS_WORDS)
    words = {str(e.get("value")) for node in lists for e in node.iter(f"{XS}enumeration")}
    assert sorted((names | words) - said) == []


def test_every_type_of_message_has_an_example() -> None:
    types = {str(e.get("value")) for e in TYPES["Meddelandetyp"].iter(f"{XS}enumeration")}
    shown = set(re.findall(r' typ="([a-z-]+)"', b"".join(EXAMPLES).decode()))
    assert sorted(types - shown) == []
