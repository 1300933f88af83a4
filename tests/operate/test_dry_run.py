"""What a dead message would come to, were it processed now; and nothing is left of the looking."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.endpoint import Route
from adapter.core.model import Event
from adapter.operate import dry_run, replay
from adapter.operate.replay import Planned
from tests.kit import drafts
from tests.kit.drafts import UMEA
from tests.kit.region import SETTINGS, Region

TO_BOTH = Route(events=(Event.MESSAGE,), to=("lulea", "umea"))


def dead(region: Region) -> str:
    """A note that named nobody, and for which there is no route; the message's id."""
    region.tells("hospital", drafts.note("1", to=()))
    [row] = region.messages()
    assert (row["standing"], row["code"]) == ("dead", "no-route")
    return str(row["id"])


def foreseen(region: Region, id_: str) -> Planned:
    """What a dry run says of it."""
    with region.store.read() as tx:
        plan = replay.plan(tx, region.network, [id_])
    [planned] = dry_run.try_messages(region.store, region.network, plan, region.now)
    return planned


def everything(region: Region) -> list[object]:
    """What the store holds of it."""
    return [region.messages(), region.deliveries(), region.cases(), region.history("dead")]


def test_it_says_who_would_get_it_and_leaves_no_trace(region: Region) -> None:
    id_ = dead(region)
    region.with_settings(routes=(*SETTINGS.routes, TO_BOTH))
    before = everything(region)
    assert sorted(foreseen(region, id_).receivers) == ["lulea", "umea"]
    assert everything(region) == before


def test_it_says_what_would_keep_it_from_everybody_again(region: Region) -> None:
    found = foreseen(region, dead(region))
    assert found.receivers == ()
    assert found.why_not.startswith("no-route")


def test_it_says_that_its_sender_is_gone(region: Region) -> None:
    id_ = dead(region)
    others = tuple(e for e in SETTINGS.endpoints if e.name != "hospital")
    region.with_settings(endpoints=others)
    assert foreseen(region, id_).why_not == "its sender is not in the settings"


def test_it_says_what_of_its_case_has_gone_there_meanwhile(region: Region) -> None:
    id_ = dead(region)
    region.tells("hospital", drafts.note("2", to=(UMEA,), minutes=5))
    region.with_settings(routes=(*SETTINGS.routes, replace(TO_BOTH, to=("umea",))))
    [later] = region.deliveries(event="message")
    assert foreseen(region, id_).overtaken_by == (later["id"],)
    region.with_settings(routes=(*SETTINGS.routes, replace(TO_BOTH, to=("lulea",))))
    assert foreseen(region, id_).overtaken_by == ()


def test_what_is_not_dead_is_left_as_it_is(region: Region) -> None:
    region.tells("hospital", drafts.note(to=(UMEA,)))
    [row] = region.messages()
    assert not foreseen(region, row["id"]).possible
