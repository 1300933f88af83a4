"""docs/hl7v2.md says what the code does."""

from __future__ import annotations

import re

import pytest

from adapter.core.model import Event, Need
from adapter.fhir import assessments, bundles
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.ack_writer import write_ack
from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit.hl7v2 import MSH, adt, codes, read
from tests.kit.hl7v2_out import loaded, written
from tests.kit.places import ADAPTER, DOCS

PAGE = (DOCS / "hl7v2.md").read_text()


def test_the_example_is_read_without_a_warning_or_a_loss() -> None:
    found = re.search(r"```\n(MSH.*?)\n```", PAGE, re.DOTALL)
    assert found is not None
    bundle, known = read(found[1].replace("\n", "\r").encode())
    told = assessments.assessment(bundle)
    assert told is not None
    assert told.needs == {Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE}
    assert (codes(known), known.losses) == ([], [])


@pytest.mark.parametrize(
    "name",
    ["sip-invitation/booked", "information-transfer/second", "recall/wrong-receiver"],
)
def test_the_examples_of_what_a_journal_gets_are_what_it_gets(name: str) -> None:
    body, _ = written(loaded(name))
    shown = body.decode().strip("\r").replace("\r", "\n")
    assert f"```\n{shown}\n```" in PAGE


def test_the_page_names_every_event_that_a_journal_gets() -> None:
    section = PAGE.split("## Out: SIU and MDM")[1]
    table = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = {event for cell in table for event in re.findall(r"`([a-z-]+)`", cell)}
    assert named == {str(event) for event in system.writers if event is not Event.RECEIPT}


def test_the_table_of_events_has_every_trigger_and_event() -> None:
    table = PAGE.split("## Events")[1].split("## Fields")[0]
    rows = [line for line in table.splitlines() if line.startswith("| A")]
    assert all(any(trigger in row.split("|")[1] for row in rows) for trigger in TRIGGERS)
    named = {event for row in rows for event in re.findall(r"`([a-z-]+)`", row.split("|")[2])}
    assert named == {str(event) for event in system.readers if event is not Event.RECEIPT}
    assert system.writers[Event.RECEIPT] is write_ack


def test_every_field_that_the_code_names_is_on_the_page() -> None:
    sources = "".join(path.read_text() for path in (ADAPTER / "mappings/hl7v2").glob("*.py"))
    named = set(re.findall(r'"((?:EVN|PID|PD1|MRG|PV1|PV2|ZSP)-[0-9]+)[".]', sources))
    assert len(named) > 30
    assert [path for path in sorted(named) if not re.search(rf"\b{path}\b", PAGE)] == []


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_every_version_reads_alike(version: str) -> None:
    bundle, known = read(adt("A08", MSH.replace("|2.5|", f"|{version}|")))
    assert bundles.case_ids(bundle) == ("SE0000000001-SJUKHUS/7100231",)
    assert codes(known) == []
