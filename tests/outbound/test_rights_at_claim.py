"""A delivery is compared with its receiver's right when it is claimed, and may end there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapter.core.errors import FatalError, TransientError
from adapter.operate import edit, maintenance, replay
from adapter.outbound import send
from adapter.store import endpoints, outbox, participants, rights
from adapter.store.rights import Right
from adapter.transports import Response
from tests.kit import drafts
from tests.kit.far_side import Says
from tests.kit.queued_notices import claimed, ended, entitled, opened, queued, sent
from tests.kit.region import Region

ANN: dict[str, Any] = {"who": "Ann", "reason": "test"}


def state(region: Region, id_: str) -> str:
    """The state of a delivery."""
    [row] = region.deliveries(id=id_)
    return str(row["state"])


def test_what_was_queued_under_the_right_that_stands_is_sent(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    assert [d.id for d in claimed(region)] == [notice.id]


def test_what_carries_no_number_is_sent_whatever_the_right_is(region: Region) -> None:
    notice = queued(region, opened(region), right_no=None)
    assert [d.id for d in claimed(region)] == [notice.id]


def test_what_lost_its_right_never_leaves_and_the_history_says_why(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    ended(region, case)
    assert claimed(region) == []
    assert state(region, notice.id) == "no-longer-due"
    assert region.attempts(notice.id) == []
    [row] = region.deliveries(id=notice.id)
    assert (row["attempt"], row["code"], row["next_attempt_at"]) == (0, "", None)
    assert row["closed_at"] == region.now
    [entry] = region.history("no-longer-due")
    assert (entry["delivery_id"], entry["detail"]) == (notice.id, "the receiver's right has ended")


def test_a_receiver_without_any_row_has_no_right(region: Region) -> None:
    case = opened(region)
    entitled(region, case, "umea")
    notice = queued(region, case)
    assert claimed(region) == []
    assert state(region, notice.id) == "no-longer-due"


def test_a_right_that_changed_is_judged_and_nothing_is_sent_meanwhile(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    entitled(region, case, need="primary-care")
    assert claimed(region) == []
    assert state(region, notice.id) == "no-longer-due"


def test_the_number_is_the_sum_of_all_needs_the_ended_ones_too(region: Region) -> None:
    case = opened(region)
    entitled(region, case, need="social-services")
    ended(region, case, need="primary-care")
    notice = queued(region, case, right_no=3)
    assert [d.id for d in claimed(region)] == [notice.id]


def test_a_right_stands_until_the_end_of_its_window(region: Region) -> None:
    case = opened(region)
    entitled(region, case, until=region.now + timedelta(days=7))
    first, second = queued(region, case), queued(region, case, "umea")
    entitled(region, case, "umea", until=region.now)
    assert [d.id for d in claimed(region)] == [first.id]
    assert claimed(region, "umea") == []
    assert state(region, second.id) == "no-longer-due"


def test_what_comes_after_it_in_the_case_is_claimed_at_once(region: Region) -> None:
    case = opened(region)
    ended(region, case)
    queued(region, case)
    ending = queued(region, case, order_no=2, right_no=None)
    assert [d.id for d in claimed(region)] == [ending.id]


def test_a_retry_is_compared_as_a_first_attempt_is(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    sent(region, TransientError("busy"))
    ended(region, case)
    assert claimed(region, now=region.now + timedelta(minutes=1)) == []
    assert state(region, notice.id) == "no-longer-due"
    assert [a["number"] for a in region.attempts(notice.id)] == [1]


def test_a_resend_is_compared_too(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    sent(region, Response())
    ended(region, case)
    assert claimed(region, now=region.now + timedelta(hours=1)) == []
    assert state(region, notice.id) == "no-longer-due"


def test_what_is_in_flight_when_the_right_ends_is_written_down_as_it_went(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    batch = claimed(region)
    ended(region, case)
    far_side: Any = Says(outcome=Response())
    region.written(send.hand_over(far_side, batch, lambda: region.now))
    region.receipt("lulea", notice.content_id)
    assert state(region, notice.id) == "accepted"


def test_a_probe_that_is_no_longer_due_leaves_the_next_one_its_turn(region: Region) -> None:
    first, second = opened(region, "SE1/1"), opened(region, "SE1/2")
    ended(region, first)
    entitled(region, second)
    queued(region, first)
    notice = queued(region, second)
    with region.store.begin() as tx:
        for _ in range(endpoints.CIRCUIT_OPENS_AFTER):
            endpoints.failed(tx, "lulea", region.now)
    assert [d.id for d in claimed(region)] == [notice.id]


@pytest.mark.parametrize("inherited", [True, False])
@pytest.mark.parametrize("tried", [True, False])
def test_a_right_stands_when_a_successor_replaces_its_endpoint(
    region: Region, tried: bool, inherited: bool
) -> None:
    """What may have arrived stays at the old mailbox; the rest moves, before its rows or after."""
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    if tried:
        sent(region, TransientError("timed-out"))
    [old] = [e for e in region.network.settings.endpoints if e.name == "lulea"]
    others = [e for e in region.network.settings.endpoints if e.name != "lulea"]
    old, new = replace(old, replaced_by="new"), replace(old, name="new")
    region.with_settings(endpoints=(old, new, *others))
    region.register(["new"])
    if inherited:
        with region.store.begin() as tx:
            participants.inherit(tx, case, "lulea", "new")
    maintenance.move_replaced(region.store, region.network, region.now)
    region.now += timedelta(minutes=1)
    assert [d.id for d in claimed(region, "lulea" if tried else "new")] == [notice.id]


def dead(region: Region, case: str) -> str:
    """Let Luleå refuse a notice for good, and return the dead delivery."""
    notice = queued(region, case)
    sent(region, FatalError("refused"))
    assert state(region, notice.id) == "dead"
    return notice.id


@pytest.mark.parametrize("right", ["stands", "ended"])
def test_a_replay_is_compared_when_it_is_claimed(region: Region, right: str) -> None:
    case = opened(region)
    entitled(region, case)
    id_ = dead(region, case)
    if right == "ended":
        ended(region, case)
    with region.store.begin() as tx:
        replay.replay_unchecked(tx, region.network, id_, **ANN, now=region.now)
    assert [d.id for d in claimed(region)] == ([id_] if right == "stands" else [])


def test_a_copy_carries_the_number_of_its_original(region: Region) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    with region.store.begin() as tx:
        outbox.put(tx, [maintenance.copy_of(notice, region.now)])
    assert {row["right_no"] for row in region.deliveries()} == {1}


def test_an_edited_delivery_carries_the_number_of_its_original(region: Region) -> None:
    content = region.tells("hospital", drafts.note("Hjej"))
    region.receipt("lulea", content, "fatal-error")
    [row] = region.deliveries(content_id=content)
    with region.store.begin() as tx:
        outbox.fill(tx, row["id"], right_no=7)
    body = bytes(row["body"]).replace(b"Hjej", b"Hej")
    with region.store.begin() as tx:
        edited = edit.edit(tx, region.network, row["id"], body, **ANN, now=region.now)
    assert [r["right_no"] for r in region.deliveries(id=edited.id)] == [7]
    [sent] = claimed(region)  # a message says the same to whoever takes part
    assert (sent.id, sent.right_no) == (edited.id, 1)


def test_a_receipt_that_comes_after_it_lapsed_is_stored_and_changes_nothing(
    region: Region,
) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case)
    sent(region, Response())
    ended(region, case)
    region.now += timedelta(hours=1)
    assert claimed(region) == []
    region.receipt("lulea", notice.content_id)
    assert state(region, notice.id) == "no-longer-due"
    assert region.layers(notice.id) == [("transport", "ok"), ("application", "ok")]


@pytest.mark.timeout(30)
def test_what_would_be_made_anew_without_end_waits_for_a_later_claim(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    region.down |= {"lulea"}
    region.tells("hospital", drafts.stay())
    region.now += timedelta(hours=1)
    with monkeypatch.context() as fault:
        fault.setattr(rights, "compare", lambda _, ids, *__: dict.fromkeys(ids, Right.CHANGED))
        assert claimed(region) == []
        assert claimed(region) == []
    states = [row["state"] for row in region.deliveries(endpoint="lulea")]
    assert sorted(states) == ["no-longer-due", "waiting"]
    region.now += timedelta(minutes=1)
    assert len(claimed(region)) == 1
