"""docs/omsorg.md says what the code does: a vendor builds from it alone."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.endpoint import Endpoint, Limits, Within
from adapter.core.errors import FatalError, Severity
from adapter.core.model import ONLY_RECEIVED, Event
from adapter.fhir import builders, profiles
from adapter.fhir.builders import Party
from adapter.fhir.bundles import event_code
from adapter.mappings.omsorg.code_tables import EVENT
from tests.kit.later_events import LATER
from tests.kit.omsorg import (
    NAMESPACE,
    RECORDED,
    SCHEMA,
    SENDER,
    TABLES,
    context,
    faults,
    read,
    write,
)
from tests.kit.places import DOCS

XS = "{http://www.w3.org/2001/XMLSchema}"
PAGE = (DOCS / "omsorg.md").read_text()
EXAMPLES = [found.encode() for found in re.findall(r"```xml\n(.*?)```", PAGE, re.DOTALL)]
RARE = {"Vardform", "Feltyp"}  # the schema lists them


@pytest.mark.parametrize("body", EXAMPLES)
def test_each_example_is_valid_and_read_without_a_problem(body: bytes) -> None:
    assert faults(body) == []
    known = context()
    bundle = read(body, known)
    found = profiles.validate(bundle)
    assert [issue for issue in found if issue.severity is Severity.ERROR] == []
    assert known.issues == []


def _faults_told(receipt: etree._Element) -> list[dict[str, str]]:
    """Each Fel of a receipt: its attributes and its leaves."""
    faults = receipt.findall(f"{{{NAMESPACE}}}Fel")
    return [
        {**fault.attrib, **{etree.QName(leaf).localname: str(leaf.text) for leaf in fault}}
        for fault in faults
    ]


def test_the_receipt_with_two_faults_is_what_the_example_would_get() -> None:
    body = next(each for each in EXAMPLES if b"skyndsam" in each)
    wrong = body.replace(b"195009072553", b"19500907-255").replace(b"skyndsam", b"snabbt")
    with pytest.raises(FatalError) as refused:
        read(wrong)
    receipt = builders.receipt(
        about="4e8d7c6b-5a49-4838-a726-15f4e3d2c1b0",
        code="fatal-error",
        outcome=fhir.outcome(refused.value.issues),
        sender=Party(organization="SE0000000000-ADAPTER"),
        receiver=Party(organization="SE0000000002-ASTAD"),
        cases=[],
        at=RECORDED,
    )
    shown = next(each for each in EXAMPLES if b"<Fel " in each)
    written = etree.fromstring(write(receipt, context(receiver=SENDER)))
    assert _faults_told(written) == _faults_told(etree.fromstring(shown))


def test_the_examples_show_both_documents_and_everything_that_a_vendor_sends() -> None:
    shown = {event_code(read(body))[1] for body in EXAMPLES}
    assert {"receipt", "answer", "message", "reply", "care-plan", "delivery-report"} < shown


def test_the_table_of_types_is_the_table_of_the_code() -> None:
    table = PAGE.split("## The types")[1].split("### Vardtillfalle")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| `([a-z-]+)` \|", table, re.MULTILINE)
    assert rows == [(word, str(event)) for event, word in EVENT.items()]
    assert {event for _, event in rows} == set(Event) - ONLY_RECEIVED - LATER - {Event.RECEIPT}


def test_every_element_and_attribute_of_the_schema_is_on_the_page() -> None:
    told = set(re.findall(r"\w+", "".join(re.findall(r"`[^`\n]+`", PAGE))))
    nodes = etree.parse(SCHEMA).iter(f"{XS}element", f"{XS}attribute")
    names = {str(node.get("name")) for node in nodes if node.get("name")}
    assert names - told == set()


def test_every_word_but_the_rare_ones_is_on_the_page() -> None:
    words = {word for name, table in TABLES.items() if name not in RARE for word in table.values()}
    told = set(re.findall(r"`@?(?:\w+=\")?([\w-]+)\"?`", PAGE))
    unused = set(TABLES["Textstatus"].values())  # of a message that is sent only `klar` is left
    assert words - told - unused == set()


def test_the_defaults_are_those_of_the_settings() -> None:
    usual = Endpoint(name="x", organization="x", system="omsorg", transport="http")
    assert usual.read_within == Within(working_days=1)
    told = {
        "within 20 s": usual.timeout.total_seconds() == 20,
        "again after 5 s": usual.retry_first.total_seconds() == 5,
        "up to 1 h": usual.retry_ceiling.total_seconds() == 3600,
        "within 30 min": usual.receipt_within.total_seconds() == 1800,
        "again, 2 times": usual.receipt_resends == 2,
        "72 h after": usual.expire_after.total_seconds() == 72 * 3600,
        "within 1 working day": usual.read_within.working_days == 1,
        "at most 4 at a time": usual.max_in_flight == 4,
        "more than 10 MB": Limits().body == 10 * 1024 * 1024,
    }
    assert {text for text, true in told.items() if not true or text not in PAGE} == set()


def test_the_error_codes_on_the_page_are_in_the_catalogue() -> None:
    codes = {"wrong-sender", "copy", "content-conflict", "invalid-document"}
    assert codes <= set(CATALOGUE)
    assert all(f"`{code}`" in PAGE or f'"{code}"' in PAGE for code in codes)
    assert NAMESPACE in PAGE
