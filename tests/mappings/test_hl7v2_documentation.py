"""docs/hl7v2.md says what the code does."""

from __future__ import annotations

import re

import pytest

from adapter.core.model import Event, Need
from adapter.fhir import bundles
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.ack_writer import write_ack
from adapter.mappings.hl7v2.events import TRIGGERS
from adapter.mappings.hl7v2.losses import READ_OF_PERSON, READ_OF_STAY
from tests.kit.hl7v2 import MSH, adt, codes, read
from tests.kit.places import DOCS

PAGE = (DOCS / "hl7v2.md").read_text()


def test_the_example_is_read_without_a_warning_or_a_loss() -> None:
    found = re.search(r"```\n(MSH.*?)\n```", PAGE, re.DOTALL)
    assert found is not None
    bundle, known = read(found[1].replace("\n", "\r").encode())
    told = bundles.assessment(bundle)
    assert told is not None
    assert told.needs == {Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE}
    assert (codes(known), known.losses) == ([], [])


def test_the_table_of_events_has_every_trigger_and_event() -> None:
    table = PAGE.split("## Events")[1].split("## Fields")[0]
    rows = [line for line in table.splitlines() if line.startswith("| A")]
    assert all(any(trigger in row.split("|")[1] for row in rows) for trigger in TRIGGERS)
    named = {event for row in rows for event in re.findall(r"`([a-z-]+)`", row.split("|")[2])}
    assert named == {str(event) for event in system.readers if event is not Event.RECEIPT}
    assert system.writers == {Event.RECEIPT: write_ack}


@pytest.mark.parametrize("segment", sorted(READ_OF_STAY))
def test_every_field_that_is_read_is_on_the_page(segment: str) -> None:
    numbers = READ_OF_STAY[segment] | READ_OF_PERSON.get(segment, frozenset())
    missing = [n for n in numbers if not re.search(rf"\b{segment}-{n}\b", PAGE)]
    assert missing == []


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_every_version_reads_alike(version: str) -> None:
    bundle, known = read(adt("A08", MSH.replace("|2.5|", f"|{version}|")))
    assert bundles.case_ids(bundle) == ("SE0000000001-SJUKHUS/7100231",)
    assert codes(known) == []
