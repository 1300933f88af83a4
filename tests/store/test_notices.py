"""Whether a notice of a stay arrived, may have arrived, or surely did not: by its attempts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.failures import Arrived
from adapter.core.lifecycle import Step
from adapter.core.model import Delivery, DoneWhen, Event
from adapter.operate import replay
from adapter.operate.maintenance import copy_of
from adapter.store import notices, outbox
from adapter.transports import Outcome, Response
from tests.kit.query_plans import statements
from tests.kit.queued_notices import claimed, ended, entitled, opened, queued, sent
from tests.kit.region import Region

HOUR = timedelta(hours=1)


def arrived(region: Region, notice: Delivery) -> str:
    """Whether a notice arrived, as far as the store knows."""
    with region.store.read() as tx:
        by_endpoint = notices.may_have_arrived(tx, notice.case_id or "")
    [row] = [row for row in by_endpoint[notice.endpoint] if row.id == notice.id]
    assert row.may_have_arrived is (row.arrived in (Arrived.YES, Arrived.MAYBE))
    return row.arrived


def waiting(region: Region) -> Delivery:
    """A notice that waits for Luleå, which has a right to it."""
    case = opened(region)
    entitled(region, case)
    return queued(region, case)


def test_without_an_attempt_it_surely_did_not(region: Region) -> None:
    assert arrived(region, waiting(region)) == "no"


def test_an_attempt_that_begins_may_arrive(region: Region) -> None:
    notice = waiting(region)
    assert claimed(region)
    assert arrived(region, notice) == "maybe"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (TransientError("busy"), "no"),
        (TransientError("unroutable"), "no"),
        (TransientError("refused-for-now"), "no"),
        (FatalError("access-denied"), "no"),
        (FatalError("refused"), "refused"),
        (TransientError("timed-out"), "maybe"),
        (TransientError("no-connection"), "no"),
        (TransientError("unreachable"), "maybe"),
        (FatalError("bad-answer"), "maybe"),
        (TransientError("adapter-fault"), "maybe"),
        (Response(), "maybe"),
    ],
    ids=lambda value: getattr(value, "code", "") or str(value),
)
def test_one_attempt_says_what_its_outcome_says(
    region: Region, outcome: Outcome, expected: str
) -> None:
    notice = waiting(region)
    sent(region, outcome)
    assert arrived(region, notice) == expected


def test_a_failure_that_left_it_open_is_not_mended_by_one_that_did_not(region: Region) -> None:
    notice = waiting(region)
    for error in (TransientError("timed-out"), TransientError("busy")):
        sent(region, error)
        region.now += HOUR
    assert arrived(region, notice) == "maybe"


@pytest.mark.parametrize("code", ["fatal-error", "transient-error"])
def test_a_receipt_that_refuses_says_that_it_is_not_stored(region: Region, code: str) -> None:
    notice = waiting(region)
    sent(region, Response())
    region.receipt("lulea", notice.content_id, code)
    assert arrived(region, notice) == "refused"


@pytest.mark.parametrize("first", [TransientError("timed-out"), Response()])
def test_a_receipt_that_refuses_counts_for_the_attempt_before_it(
    region: Region, first: AdapterError | Response
) -> None:
    notice = waiting(region)
    sent(region, first)
    region.now += HOUR
    sent(region, Response())
    region.now += HOUR / 10
    region.receipt("lulea", notice.content_id, "fatal-error")
    assert arrived(region, notice) == "maybe"


def test_an_attempt_after_the_receipt_that_refused_may_have_arrived(region: Region) -> None:
    notice = waiting(region)
    sent(region, Response())
    region.now += HOUR / 10
    region.receipt("lulea", notice.content_id, "fatal-error")
    region.now += HOUR
    with region.store.begin() as tx:
        replay.replay_unchecked(tx, region.network, notice.id, who="Ann", reason="", now=region.now)
    sent(region, Response())
    assert arrived(region, notice) == "maybe"


def test_what_was_receipted_arrived(region: Region) -> None:
    notice = waiting(region)
    sent(region, Response())
    region.receipt("lulea", notice.content_id)
    assert arrived(region, notice) == "yes"


def test_what_only_its_transport_confirms_arrived_where_nothing_more_is_awaited(
    region: Region,
) -> None:
    case = opened(region)
    entitled(region, case)
    notice = queued(region, case, done_when=DoneWhen.DELIVERED)
    [claim] = claimed(region)
    with region.store.begin() as tx:
        outbox.step(tx, claim.id, Step.CONFIRM, region.now)
    assert arrived(region, notice) == "yes"


def late_receipt(region: Region, notice: Delivery) -> None:
    """A receipt that comes after the delivery lapsed."""
    region.receipt("lulea", notice.content_id)


def nothing(_region: Region, _notice: Delivery) -> None:
    """No receipt at all."""


@pytest.mark.parametrize(("then", "expected"), [(late_receipt, "yes"), (nothing, "maybe")])
def test_what_lapsed_after_it_was_sent_may_have_arrived(
    region: Region, then: Callable[[Region, Delivery], None], expected: str
) -> None:
    notice = waiting(region)
    sent(region, Response())
    ended(region, notice.case_id or "")
    region.now += HOUR
    assert claimed(region) == []
    then(region, notice)
    assert arrived(region, notice) == expected


def test_what_lapsed_before_it_was_sent_surely_did_not(region: Region) -> None:
    notice = waiting(region)
    ended(region, notice.case_id or "")
    assert claimed(region) == []
    assert arrived(region, notice) == "no"


def test_only_messages_about_the_stay_count_by_endpoint_in_the_order_of_the_case(
    region: Region,
) -> None:
    case = opened(region)
    second, first = queued(region, case, order_no=3), queued(region, case, order_no=1)
    other = queued(region, case, "umea", order_no=2)
    queued(region, case, event=Event.MESSAGE, order_no=4)
    queued(region, opened(region, "SE1/2"))
    with region.store.read() as tx:
        by_endpoint = notices.may_have_arrived(tx, case)
    ids = {name: [row.id for row in rows] for name, rows in by_endpoint.items()}
    assert ids == {"lulea": [first.id, second.id], "umea": [other.id]}


def test_any_number_of_cases_costs_one_query(region: Region) -> None:
    cases = [opened(region, f"SE1/{number}") for number in range(20)]
    for case in cases[:3]:
        queued(region, case)
    with statements(region.store) as asked, region.store.begin() as tx:
        notices.prefetch(tx, cases)
        assert [len(notices.may_have_arrived(tx, case)) for case in cases[:4]] == [1, 1, 1, 0]
    assert len(asked) == 1


def test_what_changes_in_the_transaction_is_read_again(region: Region) -> None:
    notice = waiting(region)
    case = notice.case_id or ""
    with region.store.begin() as tx:
        assert notices.may_have_arrived(tx, case)["lulea"][0].state == "waiting"
        outbox.step(tx, notice.id, Step.LAPSE, region.now)
        assert notices.may_have_arrived(tx, case)["lulea"][0].state == "no-longer-due"
        outbox.put(tx, [copy_of(notice, region.now)])
        assert len(notices.may_have_arrived(tx, case)["lulea"]) == 2
