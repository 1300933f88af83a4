"""A superseded message is receipted, kept, not forwarded, and names the newer message."""

from __future__ import annotations

import pytest

from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.case_view import codes, shown
from tests.kit.region import Region

OTHER = "2026-03-12T12:00:00+01:00"
WITHDRAWN = Event.DISCHARGE_READY_WITHDRAWN
ENDED = Event.PROCESS_ENDED


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        (drafts.stay(WITHDRAWN, minutes=20, needs=()), drafts.ready(10)),
        (drafts.stay(minutes=20), drafts.stay(Event.ADMISSION_UPDATED, minutes=10, planned=OTHER)),
        (drafts.stay(minutes=20), drafts.stay(ENDED, minutes=10, needs=())),
    ],
    ids=["ready", "admission", "assessment"],
)
def test_a_superseded_message_names_the_one_that_is_applied(
    region: Region, newer: Bundle, older: Bundle
) -> None:
    region.tells("hospital", newer)
    region.tells("hospital", drafts.stay(Event.LEAVE_STARTED, minutes=20, needs=()))
    region.inbox("hospital"), region.inbox("lulea")
    content = region.tells("hospital", older)
    first, late = region.messages()[0]["id"], region.messages()[-1]
    assert late["note"] == f"not-forwarded: superseded by {first}"
    assert region.deliveries(message_id=late["id"]) == []
    [answer] = region.inbox("hospital")
    assert bundles.header(answer)["response"] == {
        **bundles.header(answer)["response"],
        "identifier": content,
        "code": "ok",
    }
    assert "information superseded" in codes(answer)


def test_the_timeline_names_the_superseding_message(region: Region) -> None:
    region.tells("hospital", drafts.stay(WITHDRAWN, minutes=20, needs=()))
    region.tells("hospital", drafts.ready(10))
    first = region.messages()[0]["id"]
    timeline = shown(region)
    [text] = [text for what, text in timeline if what == "superseded"]
    assert f"by {first}" in text
    [received] = [text for what, text in timeline if "not-forwarded" in text]
    assert f"not-forwarded: superseded by {first}" in received
