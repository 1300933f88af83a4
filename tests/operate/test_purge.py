"""A stay that nobody was told of is purged after its discharge, and its names much later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from adapter.core.lifecycle import State
from adapter.core.model import Event
from adapter.operate import maintenance
from adapter.store import cases, items, outbox, participants, stays
from adapter.store.items import Item
from adapter.store.participants import Participant
from adapter.store.tables import alias, delivery, message
from tests.kit import drafts
from tests.kit.queued_notices import queued
from tests.kit.region import Region

DAY = timedelta(days=1)
NAME = "SE1/1"


def discharged(region: Region) -> str:
    """A discharged stay of which nobody was told; its message is processed and receipted."""
    with region.store.begin() as tx:
        case = cases.open_case(tx, [NAME], "digest", region.now)
        cases.save(tx, case.id, discharged_at=region.now)
        stays.save(tx, case.id, '{"patient": "Tolvan"}', region.now)
        tx.execute(sa.insert(message).values(**arrived(case.id, region)))
    receipt = {"event": Event.RECEIPT, "order_key": None, "state": State.CONFIRMED}
    queued(region, case.id, "hospital", **receipt, next_attempt_at=None)
    return case.id


def arrived(case_id: str, region: Region) -> dict[str, Any]:
    """A message of the case."""
    return {
        "id": f"m-of-{case_id}",
        "endpoint": "hospital",
        "received_at": region.now,
        "body": b"Tolvan",
        "receipt_body": b"ok",
        "fingerprint": "f",
        "standing": "processed",
        "case_id": case_id,
    }


def purged(region: Region, after: timedelta) -> int:
    """Purge after a time; return how many cases."""
    region.now += after
    return len(maintenance.purge(region.store, region.network, region.now).bodies)


def stay_of(region: Region, case_id: str) -> str:
    """The stay of a case."""
    with region.store.read() as tx:
        return stays.get(tx, case_id)


def test_bodies_and_stay_go_and_all_else_stays(region: Region) -> None:
    case = discharged(region)
    assert purged(region, 6 * DAY) == 0
    assert stay_of(region, case)
    assert purged(region, 1 * DAY) == 1
    assert purged(region, 1 * DAY) == 0
    [row] = region.messages()
    assert (row["body"], row["receipt_body"], row["fingerprint"]) == (None, b"ok", "f")
    assert stay_of(region, case) == ""
    [kept] = region.cases()
    assert (kept["name"], kept["patient"]) == (NAME, "digest")
    assert [r["body"] is None for r in region.rows(delivery, event="receipt")] == [False]
    [entry] = region.history("purged")
    assert (entry["case_id"], entry["detail"]) == (case, "1 messages")


def shared_once(region: Region, case: str) -> None:
    """Somebody was told once."""
    with region.store.begin() as tx:
        row = Participant(
            case_id=case, endpoint="umea", basis="named", since=region.now, until=region.now
        )
        participants.save(tx, row)


def sent_a_message(region: Region, case: str) -> None:
    """Somebody got a message in the case."""
    queued(region, case, event=Event.MESSAGE, state=State.CONFIRMED, next_attempt_at=None)


def owed_a_receipt(region: Region, case: str) -> None:
    """A receipt is not delivered yet."""
    queued(region, case, "hospital", event=Event.RECEIPT, order_key=None)


def dead_report(region: Region, case: str) -> None:
    """A delivery report is dead."""
    queued(region, case, "hospital", event=Event.DELIVERY_REPORT, state=State.DEAD)


def open_item(region: Region, case: str) -> None:
    """An item of the case stands before a person."""
    with region.store.begin() as tx:
        items.open_item(tx, Item(what="late-word", case_id=case, since=region.now))


def open_item_of_message(region: Region, case: str) -> None:
    """An item about its message stands before a person."""
    with region.store.begin() as tx:
        about = f"m-of-{case}"
        items.open_item(tx, Item(what="identity", message_id=about, since=region.now))


def dead_message(region: Region, case: str) -> None:
    """A message of the case is dead."""
    with region.store.begin() as tx:
        row = arrived(case, region) | {"id": "m-dead", "standing": "dead"}
        tx.execute(sa.insert(message).values(**row))


@pytest.mark.parametrize(
    "stands",
    [
        shared_once,
        sent_a_message,
        owed_a_receipt,
        dead_report,
        open_item,
        open_item_of_message,
        dead_message,
    ],
    ids=lambda stands: str(stands.__name__),
)
def test_what_was_shared_or_stands_before_a_person_is_kept(
    region: Region, stands: Callable[[Region, str], None]
) -> None:
    case = discharged(region)
    stands(region, case)
    assert purged(region, 30 * DAY) == 0
    assert stay_of(region, case)


def test_a_stay_that_goes_on_is_kept(region: Region) -> None:
    case = discharged(region)
    with region.store.begin() as tx:
        cases.save(tx, case, discharged_at=None)
    assert purged(region, 30 * DAY) == 0


def test_a_stay_that_is_written_again_is_purged_again(region: Region) -> None:
    case = discharged(region)
    assert purged(region, 8 * DAY) == 1
    with region.store.begin() as tx:
        stays.save(tx, case, "{}", region.now)
    assert purged(region, DAY) == 1
    assert stay_of(region, case) == ""


def test_the_names_of_a_purged_case_go_after_two_years(region: Region) -> None:
    case = discharged(region)
    assert purged(region, 8 * DAY) == 1
    region.now += 721 * DAY
    assert maintenance.purge(region.store, region.network, region.now).names == ()
    region.now += 2 * DAY
    [forgotten] = maintenance.purge(region.store, region.network, region.now).names
    assert (forgotten.id, forgotten.name) == (case, NAME)
    [row] = region.cases()
    assert (row["name"], row["patient"]) == ("", "")
    assert row["discharged_at"] is not None
    with region.store.read() as tx:
        assert tx.execute(sa.select(alias.c.name)).all() == []
    assert len(region.history("name-forgotten")) == 1
    assert len(maintenance.purge(region.store, region.network, region.now)) == 0


def test_a_plan_changes_nothing(region: Region) -> None:
    case = discharged(region)
    region.now += 8 * DAY
    plan = maintenance.purgeable(region.store, region.network, region.now)
    assert [(each.id, each.messages) for each in plan.bodies] == [(case, 1)]
    assert stay_of(region, case)


def test_what_is_purged_is_not_sent_again_after_the_loss_of_a_broker(region: Region) -> None:
    region.tells("hospital", drafts.note())
    [receipt] = region.rows(delivery, event="receipt")
    with region.store.begin() as tx:
        outbox.fill(tx, receipt["id"], body=None)
    assert maintenance.broker_was_empty(region.store, ["hospital"], region.now) == 0


# What receivers got


def told(region: Region, **row: Any) -> str:
    """A case whose receiver has got a notice; return its id."""
    with region.store.begin() as tx:
        case = cases.open_case(tx, [NAME], "digest", region.now)
        values = {"need": "social-services", "basis": "assessment", "told": '{"name": "Tolvan"}'}
        values |= {"endpoint": "umea", "since": region.now, "queued": '{"name": "Tolvan"}'}
        participants.save(tx, Participant(case_id=case.id, **(values | row)))
    return case.id


def kept(region: Region, case: str) -> bool:
    """Purge; return whether the case still has what its receiver got."""
    maintenance.purge(region.store, region.network, region.now)
    with region.store.read() as tx:
        [row] = participants.of_case(tx, case)
    assert bool(row.told) == bool(row.queued)
    return bool(row.told)


def test_what_a_receiver_got_goes_when_its_right_has_ended(region: Region) -> None:
    case = told(region, until=region.now, ended="moved", right_no=2)
    queued(region, case, "umea", state=State.CONFIRMED, next_attempt_at=None)
    assert not kept(region, case)
    assert [entry["case_id"] for entry in region.history("told-forgotten")] == [case]
    assert len(maintenance.purge(region.store, region.network, region.now)) == 0


def test_it_stays_while_the_right_stands(region: Region) -> None:
    case = told(region)
    region.now += 400 * DAY
    assert kept(region, case)


def test_it_goes_when_the_window_after_the_discharge_has_passed(region: Region) -> None:
    case = told(region)
    with region.store.begin() as tx:
        cases.save(tx, case, discharged_at=region.now)
    region.now += 6 * DAY
    assert kept(region, case)
    region.now += 2 * DAY
    assert not kept(region, case)


@pytest.mark.parametrize("state", [State.WAITING, State.IN_FLIGHT, State.DEAD])
def test_it_stays_while_a_delivery_made_from_it_is_not_answered(
    region: Region, state: State
) -> None:
    case = told(region, until=region.now, ended="moved")
    queued(region, case, "umea", state=state)
    region.now += DAY
    assert kept(region, case)


def test_it_stays_while_a_late_receipt_may_come(region: Region) -> None:
    case = told(region, until=region.now, ended="moved")
    queued(region, case, "umea", state=State.NO_LONGER_DUE, next_attempt_at=None)
    [row] = region.deliveries(endpoint="umea")
    assert kept(region, case)
    region.now = row["expires_at"] + DAY
    assert not kept(region, case)
