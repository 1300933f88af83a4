"""One case name, two patients: somebody mistyped a visit number, or a number was changed.

A name belongs to one person: the message is applied to nothing, and stands before the owner.
"""

from __future__ import annotations

import pytest

from adapter.core.model import Event
from adapter.store.tables import item
from tests.kit import drafts
from tests.kit.case_view import codes
from tests.kit.drafts import PERSONNUMMER
from tests.kit.region import Region

OTHER = "189002029800"
MOVED = "2026-03-11T12:00:00+01:00"


def person(*numbers: str) -> dict[str, object]:
    """Return a patient with these numbers."""
    identifiers = [{"system": PERSONNUMMER, "value": number} for number in numbers]
    return drafts.patient() | {"identifier": identifiers}


def test_a_message_about_another_patient_is_refused_and_stands_before_the_owner(
    region: Region,
) -> None:
    region.tells("hospital", drafts.stay())
    before = region.stay()
    region.inbox("hospital")
    update = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, planned=MOVED, person=person(OTHER))
    region.tells("hospital", update)
    [answer] = region.inbox("hospital")
    assert "error other-patient" in codes(answer)
    assert [row["what"] for row in region.rows(item)] == ["other-patient"]
    assert [row["event"] for row in region.deliveries(endpoint="lulea")] == ["admission-notice"]
    assert region.stay() == before
    assert OTHER not in str(region.history("other-patient"))


@pytest.mark.parametrize("numbers", [("195009072553",), (OTHER, "195009072553")])
def test_a_patient_who_has_the_number_among_others_is_the_same(
    region: Region, numbers: tuple[str, ...]
) -> None:
    region.tells("hospital", drafts.stay())
    region.inbox("hospital")
    update = drafts.stay(Event.ADMISSION_UPDATED, minutes=5, planned=MOVED, person=person(*numbers))
    region.tells("hospital", update)
    assert "error other-patient" not in codes(region.inbox("hospital")[-1])
    assert not region.cases()[0]["flagged"]


def test_a_general_message_about_another_patient_is_refused_too(region: Region) -> None:
    region.tells("hospital", drafts.stay(person=person(OTHER)))
    region.inbox("hospital")
    region.tells("hospital", drafts.note(minutes=5))
    assert "error other-patient" in codes(region.inbox("hospital")[-1])
