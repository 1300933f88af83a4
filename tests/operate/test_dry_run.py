"""The dry run of a replay says what would become of a dead message, and leaves no trace."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.endpoint import Route
from adapter.core.model import Event
from adapter.operate import replay
from adapter.operate.replay_plan import Planned
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import SETTINGS, Region

TO_BOTH = Route(events=(Event.MESSAGE,), to=("lulea", "umea"))


def dead(region: Region) -> str:
    """Return the id of a dead message: a note without a receiver and without a route."""
    region.tells("hospital", drafts.note("1", to=()))
    [row] = region.messages()
    assert (row["standing"], row["code"]) == ("dead", "no-route")
    return str(row["id"])


def foreseen(region: Region, id_: str) -> Planned:
    """Return what a dry run says of a message."""
    [planned] = replay.plan(region.store, region.network, [id_], region.now).rows
    return planned


def everything(region: Region) -> list[object]:
    """Return everything that the store holds."""
    return [region.messages(), region.deliveries(), region.cases(), region.history("dead")]


def test_a_dry_run_names_the_receivers_and_leaves_no_trace(region: Region) -> None:
    id_ = dead(region)
    region.with_settings(routes=(*SETTINGS.routes, TO_BOTH))
    before = everything(region)
    assert sorted(foreseen(region, id_).receivers) == ["lulea", "umea"]
    assert everything(region) == before


def test_a_dry_run_says_why_no_receiver_would_get_the_message(region: Region) -> None:
    planned = foreseen(region, dead(region))
    assert planned.receivers == ()
    assert planned.why_not.startswith("no-route")


def test_a_dry_run_says_that_the_sender_is_not_in_the_settings(region: Region) -> None:
    id_ = dead(region)
    others = tuple(e for e in SETTINGS.endpoints if e.name != "hospital")
    region.with_settings(endpoints=others)
    assert foreseen(region, id_).why_not == "its sender is not in the settings"


def test_a_dry_run_names_later_messages_of_the_case_that_were_sent(region: Region) -> None:
    id_ = dead(region)
    region.tells("hospital", drafts.note("2", to=(UMEA,), minutes=5))
    region.with_settings(routes=(*SETTINGS.routes, replace(TO_BOTH, to=("umea",))))
    [later] = region.deliveries(event="message")
    assert foreseen(region, id_).overtaken_by == (later["id"],)
    region.with_settings(routes=(*SETTINGS.routes, replace(TO_BOTH, to=("lulea",))))
    assert foreseen(region, id_).overtaken_by == ()


def test_a_dry_run_does_not_change_the_plan_of_what_is_not_dead(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,)))
    [row] = region.messages()
    assert not foreseen(region, row["id"]).possible
