"""A vendor that read docs/omsorg-2.md alone: all that its program sends is taken at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docs.omsorg_vendor import Sent
from tests.kit.site import fixture
from tests.kit.vendor_region import vendor_region
from tests.kit.waiting import wait_for

READ = ("kvittering", 200, "ok", [])
STEPS = [READ, READ, ("kallelsesvar", 200, "ok", []), READ, ("genomfort", 200, "ok", []), READ]
PLAN_ID = "53b97585-6512-5eb6-91e9-9b270cd4004f"
ASTAD, SUNDBY, PLAN = "SE0000000002-ASTAD", "SE0000000001-SUNDBY", "SE0000000003-PLAN"


def first_of_its_kind(name: str) -> Any:
    """A message of the fixtures that follows from no other."""
    bundle = fixture(name)
    header = bundle["entry"][0]["resource"]
    header["extension"] = [e for e in header["extension"] if not e["url"].endswith("/concerns")]
    return bundle


def recall_of_the_plan() -> Any:
    """The recall of the fixtures, of the planning service's plan."""
    text = json.dumps(fixture("recall/usual"), ensure_ascii=False)
    text = text.replace(ASTAD, PLAN).replace(SUNDBY + '"', ASTAD + '"')
    return json.loads(text.replace("9594954a-375b-5c23-be48-b1d097f1cb0f", PLAN_ID))


def test_all_that_a_new_vendor_sends_is_taken_at_the_first_try(tmp_path: Path) -> None:
    steps = [
        ("sundby-journal", fixture("admission-notice/usual"), 1),
        ("vardcentral-7", first_of_its_kind("sip-invitation/all-fields"), 3),
        ("plan", first_of_its_kind("care-plan/sip-in-full"), 5),
        ("plan", recall_of_the_plan(), 6),
    ]
    with vendor_region(tmp_path) as (region, vendor):
        for party, bundle, count in steps:
            region.post(party, bundle)
            assert region.answers[-1].status_code == 200, region.answers[-1].text
            wait_for("act of the vendor", lambda: len(vendor.sent), count.__eq__)
        progress = ("plan", "progress")
        wait_for("progress at the coordinator", lambda: region.arrived, lambda a: progress in a)
        wait_for("last answer", lambda: region.arrived.count(("plan", "answer")), (2).__eq__)
    assert vendor.sent == [Sent(*step) for step in STEPS]
    assert vendor.recalled == {PLAN_ID}
    types = [document.get("typ") for document in vendor.received.values()]
    assert types == ["inskrivningsmeddelande", "kallelse", "plan", "aterkallelse"]
    assert ("vardcentral-7", "sip-invitation-answer") in region.arrived
    assert ("sundby-journal", "progress") not in region.arrived
