"""What a far side has lost is sent again once, with the same ids and in the same order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import DoneWhen
from adapter.fhir import bundles
from adapter.operate import replay as hands
from adapter.operate import resend_lost
from adapter.operate.replay_plan import Plan, Planned
from adapter.store.lost_deliveries import Lost
from tests.kit import drafts
from tests.kit.at_once import at_once
from tests.kit.drafts import LULEA, T0, UMEA
from tests.kit.region import Region

ANN = {"who": "Ann", "reason": "restored"}


def plan_of(region: Region, lost: Lost) -> Plan:
    """Return the plan of a resend."""
    with region.store.read() as tx:
        return resend_lost.plan(tx, region.network, lost)


def planned(region: Region, lost: Lost) -> list[Planned]:
    """Return what would be sent."""
    return list(plan_of(region, lost).rows)


def sent(region: Region, lost: Lost, plan: Plan | None = None) -> int:
    """Resend as Ann; return the number of deliveries sent."""
    plan = plan_of(region, lost) if plan is None else plan
    return sum(resend_lost.resend(region.store, lost, plan, **ANN, now=region.now))


def everything(endpoint: str = "lulea", since: datetime = T0, **more: bool | str) -> Lost:
    """Select also what the far side had receipted."""
    values = {"endpoint": endpoint, "since": since, "receipted": True}
    return Lost(**values | more)


def receipted(region: Region, *texts: str) -> list[str]:
    """Send messages of one case that Luleå's system receipts; return their content ids."""
    contents = []
    for minute, text in enumerate(texts):
        contents.append(region.tells("hospital", drafts.note(text, minutes=minute)))
        region.receipt("lulea", contents[-1])
    region.inbox("lulea")
    return contents


def test_what_only_a_confirm_had_closed_goes_again_with_the_same_ids(region: Region) -> None:
    region.tells("hospital", drafts.note())
    before = region.inbox("hospital")
    assert sent(region, Lost(endpoint="hospital", since=T0)) == 1
    region.turn()
    assert region.inbox("hospital") == before
    assert sent(region, Lost(endpoint="lulea", since=T0)) == 0


def test_what_the_system_had_receipted_is_sent_again_only_on_request(region: Region) -> None:
    content = receipted(region, "1")
    assert planned(region, Lost(endpoint="lulea", since=T0)) == []
    [first] = planned(region, everything())
    assert (first.state, first.possible, first.seen_before) == ("accepted", True, True)
    assert sent(region, everything()) == 1
    region.turn()
    assert [bundles.content_id(b) for b in region.inbox("lulea")] == content
    assert region.history("replayed")[0]["who"] == "Ann"
    copy = region.deliveries(event="message")[-1]
    assert region.history("replayed")[0]["detail"] == f"as {copy['id']}: restored"


def test_a_case_goes_again_in_its_order_and_before_what_is_new(region: Region) -> None:
    first, second = receipted(region, "1", "2")
    sent(region, everything())
    third = region.tells("hospital", drafts.note("3", minutes=9))
    got = []
    for content in (first, second, third):
        got += [bundles.content_id(b) for b in region.inbox("lulea")]
        region.receipt("lulea", content)
    assert [c for c in got if c in (first, second, third)] == [first, second, third]


def test_resending_twice_sends_once_before_and_after_it_has_arrived(region: Region) -> None:
    [content] = receipted(region, "1")
    assert sent(region, everything()) == 1
    assert sent(region, everything()) == 0
    region.turn(timedelta(seconds=1))
    region.receipt("lulea", content)
    assert sent(region, everything()) == 0
    assert sent(region, everything(copies=True)) == 1


def test_one_answer_of_a_person_closes_the_copy_and_what_it_is_a_copy_of(region: Region) -> None:
    [content] = receipted(region, "1")
    sent(region, everything())
    region.turn()
    region.receipt("lulea", content)
    assert [d["state"] for d in region.deliveries(event="message")] == ["accepted", "accepted"]
    region.tells("lulea", drafts.answer(content, LULEA))
    assert [d["state"] for d in region.deliveries(event="message")] == ["confirmed", "confirmed"]


def test_only_what_was_sent_since_then_and_only_the_event_that_is_asked_for(
    region: Region,
) -> None:
    receipted(region, "1")
    region.now += timedelta(hours=1)
    receipted(region, "2")
    assert len(planned(region, everything())) == 2
    assert len(planned(region, everything(since=T0 + timedelta(minutes=30)))) == 1
    assert planned(region, everything(event="care-plan")) == []


def test_what_is_left_out_has_overtaken_what_goes(region: Region) -> None:
    region.tells("hospital", drafts.stay())
    region.receipt("lulea", bundles.content_id(region.inbox("lulea")[0]))
    later = region.tells("hospital", drafts.ready(5))
    region.receipt("lulea", later)
    [notice, ready] = planned(region, everything())
    assert (notice.overtaken_by, ready.overtaken_by) == ((), ())
    [alone] = planned(region, everything(event="admission-notice"))
    assert alone.overtaken_by == (ready.id,)


def test_when_two_people_resend_at_once_it_is_sent_once(region: Region) -> None:
    contents = receipted(region, *"1234")
    plan = plan_of(region, everything())
    counts = at_once(*[partial(sent, region, everything(), plan)] * 2)
    assert sum(counts) == len(contents)
    assert len(region.deliveries(event="message")) == 2 * len(contents)


def test_a_replay_that_was_stopped_goes_on_where_it_was(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend_lost, "_PART", 1)
    receipted(region, "1", "2", "3")
    plan = plan_of(region, everything())
    stopped = resend_lost.resend(region.store, everything(), plan, **ANN, now=region.now)
    assert next(iter(stopped)) == 1
    stopped.close()
    assert sent(region, everything()) == 2
    assert len(region.deliveries(event="message")) == 6


def test_a_receiver_that_is_done_when_delivered_is_told_again_in_order(region: Region) -> None:
    every = region.network.settings.endpoints
    umea = [replace(e, done_when=DoneWhen.DELIVERED) if e.name == "umea" else e for e in every]
    region.with_settings(endpoints=tuple(umea))
    for minute in range(3):
        region.tells("hospital", drafts.note(str(minute), to=(UMEA,), minutes=minute))
    before = region.inbox("umea")
    assert sent(region, Lost(endpoint="umea", since=T0)) == 3
    region.turn()
    assert region.inbox("umea") == before


# Dead ones, by their ids


def dead(region: Region, *visits: str) -> list[str]:
    """Deliveries that Luleå's system refused."""
    for visit in visits:
        content = region.tells("hospital", drafts.note(visit=visit))
        region.receipt("lulea", content, "fatal-error")
    region.inbox("lulea")
    return [row["id"] for row in region.deliveries(event="message", state="dead")]


def pressed(region: Region, ids: list[str]) -> str:
    """Replay of all of them, in one transaction."""
    with region.store.begin() as tx:
        again = partial(hands.replay_unchecked, tx, region.network, **ANN, now=region.now)
        hands.each(tx, ids, again)
    return "replayed"


def test_of_two_who_replay_the_same_at_once_one_does_and_neither_waits_for_ever(
    region: Region,
) -> None:
    ids = dead(region, "V1", "V2", "V3")
    results = at_once(partial(pressed, region, ids), partial(pressed, region, ids[::-1]))
    assert sorted(map(str, results)) == ["illegal-transition", "replayed"]
    region.turn()
    assert len(region.inbox("lulea")) == 3
    assert len(region.history("replayed")) == 3


def test_of_a_replay_and_a_discard_at_once_only_one_succeeds(region: Region) -> None:
    ids = dead(region, "V1", "V2")

    def let_go() -> str:
        with region.store.begin() as tx:
            hands.each(
                tx, ids[::-1], partial(hands.discard, tx, region.network, **ANN, now=region.now)
            )
        return "discarded"

    results = at_once(partial(pressed, region, ids), let_go)
    assert "illegal-transition" in results
    assert {row["state"] for row in region.deliveries(event="message")} in (
        {"waiting"},
        {"discarded"},
    )


def test_an_error_names_every_id_that_failed_and_nothing_is_done(region: Region) -> None:
    first, second = dead(region, "V1", "V2")
    with region.store.begin() as tx:
        hands.discard(tx, region.network, second, **ANN, now=region.now)
    with pytest.raises(FatalError) as problem:
        pressed(region, [first, second, "d-nowhere", "m-nowhere"])
    assert [(i.code, i.detail.split(":")[0]) for i in problem.value.issues] == [
        ("illegal-transition", second),
        ("unknown-id", "d-nowhere"),
        ("unknown-id", "m-nowhere"),
    ]
    assert region.deliveries(id=first)[0]["state"] == "dead"


def test_what_goes_together_does_not_overtake_itself(region: Region) -> None:
    contents = [region.tells("hospital", drafts.note(str(n), minutes=n)) for n in range(2)]
    for content in contents:
        region.receipt("lulea", content, "fatal-error")
    ids = [row["id"] for row in region.deliveries(event="message")]
    both = hands.plan(region.store, region.network, ids, region.now)
    first = hands.plan(region.store, region.network, ids[:1], region.now)
    assert [p.overtaken_by for p in both.rows] == [(), ()]
    assert [p.overtaken_by for p in first.rows] == [(ids[1],)]


def test_two_messages_with_no_outcome_may_be_seen_twice_and_a_refused_one_not(
    region: Region,
) -> None:
    [refused] = dead(region, "V1")
    region.hangs_up = {"lulea"}
    region.tells("hospital", drafts.note(visit="V2"))
    region.turn(region.network.endpoint("lulea").expire_after)
    lost = region.deliveries(event="message", state="dead")[-1]["id"]
    plan = hands.plan(region.store, region.network, [refused, lost], region.now)
    assert [p.seen_before for p in plan.rows] == [False, True]
