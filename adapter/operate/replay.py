"""What a person may do with dead letters: replay, discard and take them.

A console and the command `replay` call the same two functions. `plan` shows what would be sent
and what a person must allow or confirm; `replay` sends it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from adapter.core.catalogue import ErrorCode, is_error_code
from adapter.core.errors import FatalError, Issue
from adapter.core.lifecycle import Ruling, State, Step
from adapter.core.model import Delivery, StoredMessage
from adapter.core.record_ids import is_item_id, is_message_id
from adapter.operate import item_acts
from adapter.operate.dry_run import try_messages
from adapter.operate.replay_plan import Plan, Planned
from adapter.outbound import deliveries, delivery_reports
from adapter.settings.network import Network
from adapter.store import Store, arrival, history, inbox, outbox
from adapter.store.transaction import Transaction

_T = TypeVar("_T")


def plan(store: Store, network: Network, ids: Sequence[str], now: datetime) -> Plan:
    """Return what `replay` would do with these dead letters. Nothing changes.

    Dead messages are processed in transactions that are rolled back. FatalError `unknown-id`
    names each unknown id. Deliveries that are replayed together do not overtake each other.
    """
    with store.read() as tx:
        rows = _rows(tx, network, ids)
    rows = try_messages(store, network, rows, now)
    return Plan(rows=tuple(rows), ask_above=network.settings.ask_above)


def replay(  # noqa: PLR0913 - each by its name
    store: Store,
    network: Network,
    plan: Plan,
    *,
    who: str,
    reason: str,
    now: datetime,
    although: Container[ErrorCode] = (),
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Replay everything in a plan, or raise what `Plan.require` raises and change nothing.

    Deliveries are checked again under lock, because they may have changed since the plan was
    made. A message keeps its dry run: it is processed after this. `done(1)` is called after each.
    """
    plan.require(although=although)
    ids = [row.id for row in plan.rows]

    def act(id_: str) -> None:
        replay_unchecked(tx, network, id_, who=who, reason=reason, now=now)
        done(1)

    with store.begin() as tx:
        _lock(tx, ids)
        replace(plan, rows=tuple(_rows(tx, network, ids))).check(although=although)
        each(tx, ids, act)


def _rows(tx: Transaction, network: Network, ids: Sequence[str]) -> list[Planned]:
    """Return the plan of each id, without the dry run of messages."""
    records = {id_: get_record(tx, id_) for id_ in ids}
    unknown = [
        Issue(code="unknown-id", detail=id_) for id_, record in records.items() if record is None
    ]
    if unknown:
        raise FatalError("unknown-id", unknown[0].detail, unknown)
    arrived = arrival.may_have_arrived(tx, ids)
    overtaken = arrival.overtaken(tx, ids, network.moves())
    return [
        replace(
            _planned(record),
            seen_before=id_ in arrived,
            overtaken_by=tuple(later for later in overtaken.get(id_, ()) if later not in records),
        )
        for id_, record in records.items()
        if record is not None
    ]


def _planned(record: StoredMessage | Delivery) -> Planned:
    state: str = record.standing if isinstance(record, StoredMessage) else record.state
    return Planned(
        id=record.id,
        event=record.event,
        endpoint=record.endpoint,
        state=state,
        possible=state == State.DEAD,
    )


def _lock(tx: Transaction, ids: Sequence[str]) -> None:
    """Lock these rows until the transaction ends."""
    inbox.lock(tx, ids)
    outbox.lock(tx, ids)


def each(tx: Transaction, ids: Iterable[str], act: Callable[[str], _T]) -> list[_T]:
    """Call `act` with each id and return the results. The rows are locked in a fixed order.

    FatalError has an issue for each id that failed. The caller's transaction then rolls back all.
    """
    all_ids = list(ids)
    _lock(tx, all_ids)
    results, issues = list[_T](), list[Issue]()
    for id_ in all_ids:
        try:
            results.append(act(id_))
        except FatalError as error:
            issues.append(_issue(id_, error))
    if issues:
        raise FatalError(issues[0].code, issues[0].detail, issues)
    return results


def _issue(id_: str, error: FatalError) -> Issue:
    """Return the error as an issue whose detail begins with the id."""
    detail = error.detail if error.detail.startswith(id_) else f"{id_}: {error.detail}"
    return Issue(code=error.code, detail=detail)


def replay_unchecked(
    tx: Transaction, network: Network, id_: str, *, who: str, reason: str, now: datetime
) -> None:
    """Send a dead delivery again, or process a dead message again, even if it was overtaken.

    FatalError `illegal-transition` when it is not dead, so a double click replays it once.
    """
    record = _record(tx, id_)
    if isinstance(record, StoredMessage):
        inbox.settle(tx, id_, Ruling.REPLAY, tries=0, code="", detail="")
    else:
        _send_again(tx, network, record, now)
    _note(tx, now, "replayed", record, who, reason)


def _send_again(tx: Transaction, network: Network, dead: Delivery, now: datetime) -> None:
    endpoint = network.endpoint(dead.endpoint)
    time_to_live = network.expire_after(endpoint, dead.event)
    outbox.step(
        tx,
        dead.id,
        Step.REPLAY,
        now,
        next_attempt_at=now,
        expires_at=now + time_to_live,
        failures=0,
        resends=0,
        code="",
        detail="",
        untold=False,
    )
    if dead.content_type == deliveries.UNWRITTEN:
        unwritten = outbox.get(tx, dead.id) or dead  # with its bytes
        rendered = deliveries.render_again(network, unwritten, now)
        outbox.fill(tx, dead.id, body=rendered.body, content_type=rendered.content_type)
        outbox.fill(tx, dead.id, envelope_id=rendered.envelope_id, losses=rendered.losses)


def discard(
    tx: Transaction, network: Network, id_: str, *, who: str, reason: str, now: datetime
) -> None:
    """Close a dead delivery or message, or an item, with the reason. It stays in the history.

    Its sender gets a delivery report now, if the sender got none when it became dead.
    """
    if is_item_id(id_):
        item_acts.close(tx, id_, who=who, reason=reason, now=now)
        return
    record = _record(tx, id_)
    if isinstance(record, StoredMessage):
        inbox.settle(tx, id_, Ruling.DISCARD)
    else:
        outbox.step(tx, id_, Step.DISCARD, now)
        if record.untold:
            _tell_sender(tx, network, record, now)
    _note(tx, now, "discarded", record, who, reason)


def _tell_sender(tx: Transaction, network: Network, dead: Delivery, now: datetime) -> None:
    if not network.endpoints:
        raise FatalError(
            "settings", "the sender must get a delivery report: name the settings file"
        )
    outbox.fill(tx, dead.id, untold=False)
    code = dead.code if is_error_code(dead.code) else "adapter-fault"
    delivery_reports.report(tx, network, dead, FatalError(code, dead.detail), now)


def take(tx: Transaction, id_: str, *, who: str, now: datetime) -> str:
    """Make `who` responsible for it instead of the endpoint's owner. Return the one before."""
    if is_item_id(id_):
        return item_acts.take(tx, id_, who=who, now=now)
    record = _record(tx, id_)
    if isinstance(record, StoredMessage):
        inbox.note(tx, id_, taken_by=who)
    else:
        outbox.fill(tx, id_, taken_by=who)
    _note(tx, now, "taken", record, who, f"from {record.taken_by}" if record.taken_by else "")
    return record.taken_by


def _note(
    tx: Transaction,
    now: datetime,
    what: str,
    record: StoredMessage | Delivery,
    who: str,
    reason: str,
) -> None:
    if isinstance(record, StoredMessage):
        history.note(tx, now, what, case=record.case_id, message=record.id, who=who, detail=reason)
    else:
        history.of_delivery(tx, now, what, record, reason, who=who)


def get_record(tx: Transaction, id_: str) -> StoredMessage | Delivery | None:
    """Return the message or the delivery of an id; None for an unknown id."""
    return inbox.get(tx, id_) if is_message_id(id_) else outbox.get(tx, id_)


def _record(tx: Transaction, id_: str) -> StoredMessage | Delivery:
    """Return a locked record; a delivery without its bytes."""
    record = tx.kept(outbox.DELIVERIES).get(id_) or get_record(tx, id_)
    if record is None:
        raise FatalError("unknown-id", id_)
    return record
