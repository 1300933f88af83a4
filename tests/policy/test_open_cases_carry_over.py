"""Migration 0011: open cases of the earlier version go on; the upgrade tells nobody anything."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from adapter.core.model import Event
from adapter.fhir import assessments, bundles, parts, rewriting
from adapter.store.migrate import configuration
from adapter.store.tables import case, participant
from tests.kit import drafts
from tests.kit.drafts import T0
from tests.kit.region import Region

OTHERS = ("lulea", "umea", "planning")
MOVED = "2026-03-12T12:00:00+01:00"


def facts_of_before(region: Region, **changes: Any) -> str:
    """Return what the earlier version kept of a case that it had told to two receivers."""
    facts: dict[str, Any] = {
        "admitted": True,
        "started": T0.isoformat(),
        "assessed": T0.isoformat(),
        "needs": ["social-services"],
        "units": [],
        "told": ["lulea", "planning"],
        "planned": "2026-03-09T12:00:00+01:00",
        "ready": "",
        "ward": "",
        "identity": "",
        "municipality": "2580",
        "known": region.messages()[0]["id"],
        "closed": False,
        "applied": {"admission": T0.isoformat(), "assessment": T0.isoformat()},
    }
    return json.dumps(facts | changes, separators=(",", ":"))


def with_the_schema(region: Region, revision: str) -> None:
    """Bring the schema to an older revision: what only the newer one holds is gone."""
    with region.store.begin() as tx:
        command.downgrade(configuration(tx.connection), revision)


def upgraded(region: Region, revision: str = "0009", **changes: Any) -> Region:
    """Make the store one of the earlier version, and upgrade it."""
    facts = facts_of_before(region, **changes)
    with_the_schema(region, revision)
    with region.store.begin() as tx:
        if revision == "0010":
            tx.execute(sa.text("DELETE FROM participant"))
            tx.execute(sa.text("DELETE FROM stay"))
        tx.execute(sa.text("UPDATE care_case SET facts = :facts"), {"facts": facts})
    region.store.upgrade()
    return region


def rows(region: Region) -> list[tuple[str, str, str, bool]]:
    """Return the participants: endpoint, need, basis, and whether the row is open."""
    columns = (participant.c.endpoint, participant.c.need, participant.c.basis, participant.c.until)
    query = sa.select(*columns).order_by(participant.c.endpoint, participant.c.need)
    with region.store.read() as tx:
        return [(r.endpoint, r.need, r.basis, r.until is None) for r in tx.execute(query)]


def heard(region: Region) -> dict[str, list[str]]:
    """Return the events that each party has got since the last call."""
    return {name: events for name in OTHERS if (events := region.events(name))}


@pytest.fixture
def told(region: Region) -> Region:
    """A stay that Luleå and the planning service were told of and have receipted."""
    content = region.tells("hospital", drafts.stay())
    region.receipt("lulea", content)
    region.receipt("planning", content)
    assert set(heard(region)) == {"lulea", "planning"}
    return region


def update(minutes: int = 60, planned: str = MOVED, **more: Any) -> dict[str, Any]:
    """Return an update of the stay."""
    return drafts.stay(Event.ADMISSION_UPDATED, minutes=minutes, needs=(), planned=planned, **more)


def discharge(minutes: int = 90) -> dict[str, Any]:
    """Return a discharge."""
    end = (T0 + timedelta(minutes=minutes)).isoformat()
    period = {"start": T0.isoformat(), "end": end}
    return drafts.stay(
        Event.DISCHARGED, minutes=minutes, needs=(), status="finished", period=period
    )


@pytest.mark.parametrize("revision", ["0009", "0010"])
def test_those_who_were_told_have_rows_and_the_upgrade_tells_nobody(
    told: Region, revision: str
) -> None:
    before = [(d["id"], d["state"], d["attempt"]) for d in told.deliveries()]
    upgraded(told, revision)
    assert rows(told) == [
        ("lulea", "", "migrated", True),
        ("planning", "", "migrated", True),
    ]
    told.turn(after=timedelta(hours=5))
    assert heard(told) == {}
    assert [(d["id"], d["state"], d["attempt"]) for d in told.deliveries()] == before


@pytest.mark.parametrize("revision", ["0009", "0010"])
def test_the_next_moved_discharge_is_told_once_to_those_who_were_told(
    told: Region, revision: str
) -> None:
    upgraded(told, revision)
    told.tells("hospital", update())
    assert heard(told) == {"lulea": ["admission-updated"], "planning": ["admission-updated"]}
    told.receipt("lulea", told.deliveries(endpoint="lulea")[-1]["content_id"])
    told.tells("hospital", update(61))
    assert heard(told) == {}
    assert [row for row in rows(told) if row[3]] == [
        ("lulea", "social-services", "assessment", True),
        ("planning", "social-services", "carries", True),
    ]


def test_a_message_that_changes_nothing_tells_nobody(told: Region) -> None:
    upgraded(told)
    told.tells("hospital", update(planned="2026-03-09T12:00:00+01:00"))
    assert heard(told) == {}


def test_the_update_is_whole(told: Region) -> None:
    upgraded(told)
    told.tells("hospital", update())
    [notice] = [b for b in told.inbox("lulea") if bundles.event_code(b)[1] != "receipt"]
    judged = assessments.assessment(notice)
    assert judged is not None
    assert judged.needs == {"social-services"}
    planned = bundles.extension_value(bundles.focus(notice), "planned-discharge")
    assert planned == MOVED
    assert (bundles.focus(notice) or {})["period"]["start"] == T0.isoformat()


def test_a_discharge_is_told_and_ends_the_stay(told: Region) -> None:
    upgraded(told)
    told.tells("hospital", discharge())
    assert heard(told) == {"lulea": ["discharged"], "planning": ["discharged"]}
    assert told.cases()[0]["closed_at"] is not None
    told.turn(after=timedelta(days=9))
    told.tells("hospital", update(9 * 24 * 60))
    assert heard(told) == {}


def test_a_withdrawn_assessment_gives_each_one_ending(told: Region) -> None:
    upgraded(told)
    told.tells("hospital", drafts.stay(Event.PROCESS_ENDED, minutes=60, needs=()))
    assert heard(told) == {"lulea": ["process-ended"], "planning": ["process-ended"]}
    told.tells("hospital", update(70))
    assert heard(told) == {}


def test_a_cancelled_admission_gives_each_one_ending(told: Region) -> None:
    upgraded(told)
    cancelled = drafts.stay(
        Event.ADMISSION_CANCELLED, minutes=60, needs=(), status="entered-in-error"
    )
    told.tells("hospital", cancelled)
    ending = ["admission-cancelled"]
    assert heard(told) == {"lulea": ending, "planning": ending}


def test_a_move_after_the_upgrade_ends_in_the_old_place_and_begins_in_the_new(
    told: Region,
) -> None:
    upgraded(told)
    there = drafts.patient(municipality="2480")
    told.tells("hospital", update(planned="2026-03-09T12:00:00+01:00", person=there))
    events = heard(told)
    assert events["umea"] == ["admission-notice"]
    assert events["lulea"] == ["process-ended"]


def test_a_transfer_after_the_upgrade_gives_each_one_ending(told: Region) -> None:
    upgraded(told)
    left = discharge()
    stay = (bundles.focus(left) or {}) | {"hospitalization": parts.hospitalization("other-hcf")}
    told.tells("hospital", rewriting.with_resource(left, stay))
    assert heard(told) == {"lulea": ["process-ended"], "planning": ["process-ended"]}


def test_a_receiver_that_the_new_rules_would_not_choose_keeps_its_right(told: Region) -> None:
    upgraded(told, told=["lulea", "planning", "umea"])
    told.tells("hospital", update())
    assert heard(told) == {"lulea": ["admission-updated"], "planning": ["admission-updated"]}
    assert ("umea", "", "migrated", True) in rows(told)


def test_a_ready_message_after_the_upgrade_is_told_as_itself(told: Region) -> None:
    upgraded(told)
    told.tells("hospital", drafts.ready(60))
    assert heard(told) == {"lulea": ["discharge-ready"], "planning": ["discharge-ready"]}


def test_what_was_queued_before_the_upgrade_leaves_after_it(region: Region) -> None:
    region.down |= {"lulea"}
    region.tells("hospital", drafts.stay())
    with region.store.begin() as tx:
        tx.execute(sa.text("UPDATE delivery SET right_no = NULL"))
    upgraded(region)
    region.down.clear()
    region.turn(after=timedelta(hours=1))
    assert region.events("lulea") == ["admission-notice"]


@pytest.mark.parametrize(
    "changes",
    [{"assessed": "", "needs": []}, {"admitted": False}, {"told": []}],
    ids=["withdrawn", "not admitted", "told to nobody"],
)
def test_a_case_that_is_shared_with_nobody_gets_no_rows(
    told: Region, changes: dict[str, Any]
) -> None:
    upgraded(told, **changes)
    assert rows(told) == []
    told.turn(after=timedelta(hours=1))
    assert heard(told) == {}


def test_a_case_that_was_never_shared_is_told_when_it_is_assessed(region: Region) -> None:
    region.tells("hospital", drafts.stay(needs=()))
    upgraded(region, assessed="", needs=[], told=[])
    assert heard(region) == {}
    region.tells("hospital", drafts.stay(Event.ADMISSION_UPDATED, minutes=30))
    assert heard(region) == {"lulea": ["admission-notice"], "planning": ["admission-notice"]}


def test_the_rows_go_with_the_downgrade_and_the_facts_stay(told: Region) -> None:
    upgraded(told)
    with_the_schema(told, "0010")
    assert rows(told) == []
    with told.store.read() as tx:
        assert "told" in json.loads(tx.execute(sa.select(case.c.facts)).scalar_one())
    told.store.upgrade()
    assert len(rows(told)) == 2


def test_a_municipality_that_was_told_may_still_write_in_the_case(told: Region) -> None:
    upgraded(told)
    note = drafts.note(sender=drafts.LULEA, to=(drafts.HOSPITAL,))
    text = json.dumps(note).replace(
        f'"{drafts.LULEA.organization}/V1"', f'"{drafts.HOSPITAL.organization}/V1"'
    )
    told.tells("lulea", json.loads(text))
    assert told.messages()[-1]["code"] == ""
    assert "message" in told.events("hospital")
