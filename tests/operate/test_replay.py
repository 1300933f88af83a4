"""A person's replay: a plan to look at, what must be allowed or confirmed, and the sending."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import pytest

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Route
from adapter.core.errors import FatalError
from adapter.core.model import Event
from adapter.operate import replay
from adapter.operate.replay_plan import Plan
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import SETTINGS, Region

PERSON: dict[str, Any] = {"who": "Anna", "reason": "they mended it"}
TO_UMEA = Route(events=(Event.MESSAGE,), to=("umea",))


def plan_of(region: Region, *ids: str) -> Plan:
    """Return the plan of a replay."""
    return replay.plan(region.store, region.network, ids, region.now)


def replayed(region: Region, plan: Plan, although: Container[ErrorCode] = ()) -> list[str]:
    """Replay as Anna; return the ids that the history names."""
    replay.replay(region.store, region.network, plan, **PERSON, now=region.now, although=although)
    return [row["message_id"] for row in region.history("replayed")]


def overtaken_message(region: Region) -> str:
    """Return the id of a dead message, of whose case Umeå has got a later one since."""
    region.tells("hospital", drafts.note("1", to=()))
    [row] = region.messages(standing="dead")
    region.tells("hospital", drafts.note("2", to=(UMEA,), minutes=5))
    region.with_settings(routes=(*SETTINGS.routes, TO_UMEA))
    return str(row["id"])


def dead_deliveries(region: Region, *visits: str) -> list[str]:
    """Return the ids of deliveries that Luleå refused, one for each case."""
    for visit in visits:
        content = region.tells("hospital", drafts.note(visit=visit))
        region.receipt("lulea", content, "fatal-error")
    return [str(row["id"]) for row in region.deliveries(event="message", state="dead")]


def test_a_dead_message_that_was_overtaken_is_replayed_only_if_a_person_allows_it(
    region: Region,
) -> None:
    id_ = overtaken_message(region)
    plan = plan_of(region, id_)
    with pytest.raises(FatalError, match=f"overtaken.*{id_} by d-"):
        replayed(region, plan)
    assert region.messages(id=id_)[0]["standing"] == "dead"
    assert replayed(region, plan, although={"overtaken"}) == [id_]
    assert region.messages(id=id_)[0]["standing"] == "received"


def test_a_plan_of_many_is_replayed_only_when_a_person_has_confirmed_it(region: Region) -> None:
    region.with_settings(ask_above=1)
    ids = dead_deliveries(region, "V1", "V2")
    plan = plan_of(region, *ids)
    assert plan.needs_confirmation
    with pytest.raises(ValueError, match="no person has confirmed"):
        replayed(region, plan)
    assert {row["state"] for row in region.deliveries(event="message")} == {"dead"}
    assert len(replayed(region, plan.confirmed())) == 2
    assert not plan_of(region, ids[0]).needs_confirmation


def test_a_delivery_that_was_overtaken_since_the_plan_is_found_under_lock(region: Region) -> None:
    [id_] = dead_deliveries(region, "V1")
    plan = plan_of(region, id_)
    region.tells("hospital", drafts.note("2", visit="V1", minutes=5))
    region.turn()
    with pytest.raises(FatalError, match="overtaken"):
        replayed(region, plan)
    assert region.deliveries(id=id_)[0]["state"] == "dead"


def test_what_was_replayed_since_the_plan_is_not_replayed_twice(region: Region) -> None:
    [id_] = dead_deliveries(region, "V1")
    plan = plan_of(region, id_)
    assert len(replayed(region, plan)) == 1
    with pytest.raises(FatalError, match="illegal-transition"):
        replayed(region, plan)


def test_unknown_ids_are_named_all_at_once(region: Region) -> None:
    with pytest.raises(FatalError) as problem:
        plan_of(region, "d-nowhere", "m-nowhere")
    assert [i.detail for i in problem.value.issues] == ["d-nowhere", "m-nowhere"]
