"""What a person may do with what is dead: see it, take it, send it again, let it go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from adapter.core.errors import FatalError, Issue
from adapter.core.lifecycle import Ruling, State, Step
from adapter.core.model import Event
from adapter.outbound import deliveries, delivery_reports
from adapter.settings.network import Network
from adapter.store import backlog, history, inbox, outbox
from adapter.store.transaction import Row, Transaction

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a replay would do: to whom it goes, who may see it twice, what it comes after."""

    id: str
    event: str
    endpoint: str  # the receiver; for a message, its sender
    state: str  # a message's standing
    possible: bool
    seen_before: bool = False  # an earlier attempt may have arrived
    overtaken_by: tuple[str, ...] = ()
    receivers: tuple[str, ...] = ()  # of a message, as it would be processed now
    why_not: str = ""  # it would come to nothing again


def plan(tx: Transaction, network: Network, ids: Sequence[str]) -> list[Planned]:
    """What `replay` would do, without doing it. FatalError `unknown-id` names each strange id."""
    rows = {id_: _row(tx, id_) for id_ in ids}
    strange = [Issue(code="unknown-id", detail=id_) for id_, row in rows.items() if row is None]
    if strange:
        raise FatalError("unknown-id", strange[0].detail, strange)
    arrived = backlog.may_have_arrived(tx, ids)
    passed = backlog.overtaken(tx, ids, network.moves())
    return [
        replace(
            _planned(row),
            seen_before=id_ in arrived,
            overtaken_by=tuple(later for later in passed.get(id_, ()) if later not in rows),
        )
        for id_, row in rows.items()
        if row is not None
    ]


def _planned(row: Row) -> Planned:
    """What goes together goes in its order: of that, one does not overtake another."""
    state = row["standing"] if is_message(row["id"]) else row["state"]
    return Planned(
        id=row["id"],
        event=row["event"],
        endpoint=row["endpoint"],
        state=state,
        possible=state == State.DEAD,
    )


def is_message(id_: str) -> bool:
    """Whether an id is a message's; else it is a delivery's, or nobody's."""
    return id_.startswith("m-")


def lock(tx: Transaction, ids: Sequence[str]) -> None:
    """Nobody else moves these until the transaction ends."""
    inbox.lock(tx, ids)
    backlog.lock(tx, ids)


def each(tx: Transaction, ids: Iterable[str], act: Callable[[str], _T]) -> list[_T]:
    """Do the same to all of them, locked in one order by everybody; what each gave.

    FatalError names every one that cannot be done: the caller's transaction ends with none.
    """
    every = list(ids)
    lock(tx, every)
    done, issues = list[_T](), list[Issue]()
    for id_ in every:
        try:
            done.append(act(id_))
        except FatalError as error:
            issues.append(_about(id_, error))
    if issues:
        raise FatalError(issues[0].code, issues[0].detail, issues)
    return done


def _about(id_: str, error: FatalError) -> Issue:
    """A problem that says whose it is."""
    named = error.detail if error.detail.startswith(id_) else f"{id_}: {error.detail}"
    return Issue(code=error.code, detail=named)


def replay(
    tx: Transaction, network: Network, id_: str, *, who: str, reason: str, now: datetime
) -> None:
    """Send a dead delivery, or process a dead message, once more.

    FatalError `illegal-transition` when it is not dead: pressing twice does it once. Whether
    it was overtaken is for the caller to ask (`plan`).
    """
    if is_message(id_):
        _message(tx, id_)
        inbox.settle(tx, id_, Ruling.REPLAY, tries=0, code="", detail="")
    else:
        _again(tx, network, _delivery(tx, id_), now)
    _note(tx, now, "replayed", id_, who, reason)


def _again(tx: Transaction, network: Network, row: Row, now: datetime) -> None:
    endpoint = network.endpoint(row["endpoint"])
    fresh = {"failures": 0, "resends": 0, "code": "", "detail": "", "untold": False}
    lives = network.expire_after(endpoint, Event(row["event"]))
    times = {"next_attempt_at": now, "expires_at": now + lives}
    outbox.step(tx, row["id"], Step.REPLAY, now, **fresh, **times)
    if row["content_type"] == deliveries.UNWRITTEN:
        written = deliveries.again(network, row, now)
        outbox.fill(tx, row["id"], body=written.body, content_type=written.content_type)
        outbox.fill(tx, row["id"], envelope_id=written.envelope_id, losses=written.losses)


def discard(
    tx: Transaction, network: Network, id_: str, *, who: str, reason: str, now: datetime
) -> None:
    """Let a dead delivery or message go, with the reason; it stays in the history.

    A sender who was not told when it died is told now.
    """
    if is_message(id_):
        _message(tx, id_)
        inbox.settle(tx, id_, Ruling.DISCARD)
    else:
        row = _delivery(tx, id_)
        outbox.step(tx, id_, Step.DISCARD, now)
        if row["untold"]:
            _tell(tx, network, row, now)
    _note(tx, now, "discarded", id_, who, reason)


def _tell(tx: Transaction, network: Network, row: Row, now: datetime) -> None:
    if not network.endpoints:
        raise FatalError("settings", "the sender is to be told: name the settings file")
    outbox.fill(tx, row["id"], untold=False)
    delivery_reports.tell(tx, network, row, FatalError(row["code"], row["detail"]), now)


def take(tx: Transaction, id_: str, *, who: str, now: datetime) -> str:
    """Say who has it from now on, instead of the endpoint's owner; returns who had taken it."""
    if is_message(id_):
        before = _message(tx, id_)["taken_by"]
        inbox.note(tx, id_, taken_by=who)
    else:
        before = _delivery(tx, id_)["taken_by"]
        outbox.fill(tx, id_, taken_by=who)
    _note(tx, now, "taken", id_, who, f"from {before}" if before else "")
    return str(before)


def _note(tx: Transaction, now: datetime, what: str, id_: str, who: str, reason: str) -> None:
    if is_message(id_):
        row = _message(tx, id_)
        history.note(tx, now, what, case=row["case_id"], message=id_, who=who, detail=reason)
        return
    row = _delivery(tx, id_)
    history.note(
        tx,
        now,
        what,
        case=row["case_id"],
        message=row["message_id"],
        delivery=id_,
        endpoint=row["endpoint"],
        who=who,
        detail=reason,
    )


def _row(tx: Transaction, id_: str) -> Row | None:
    return inbox.get(tx, id_) if is_message(id_) else outbox.get(tx, id_)


def _message(tx: Transaction, id_: str) -> Row:
    row = inbox.get(tx, id_)
    if row is None:
        raise FatalError("unknown-id", id_)
    return row


def _delivery(tx: Transaction, id_: str) -> Row:
    row = outbox.get(tx, id_)
    if row is None:
        raise FatalError("unknown-id", id_)
    return row
