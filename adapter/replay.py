"""What a person may do with what is dead: see it, take it, send it again, let it go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter import deliveries, reports
from adapter.errors import FatalError
from adapter.lifecycle import Ruling, Standing, State, Step
from adapter.model import Event
from adapter.routing import Network
from adapter.store import backlog, history, inbox, outbox
from adapter.store.transaction import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a replay would do: to whom it goes, who may see it twice, what it comes after."""

    id: str
    event: str
    endpoint: str  # the receiver; for a message, its sender
    possible: bool
    seen_before: bool  # an earlier attempt may have arrived
    overtaken_by: tuple[str, ...] = ()


def plan(tx: Transaction, ids: Sequence[str]) -> list[Planned]:
    """What `replay` would do, without doing it. FatalError `unknown-id` for a strange id."""
    return [_planned(tx, id_) for id_ in ids]


def _planned(tx: Transaction, id_: str) -> Planned:
    if id_.startswith("m-"):
        return _planned_message(_message(tx, id_))
    row = _delivery(tx, id_)
    return Planned(
        id=id_,
        event=row["event"],
        endpoint=row["endpoint"],
        possible=row["state"] == State.DEAD,
        seen_before=row["attempt"] > 0 and row["code"] != "refused",
        overtaken_by=tuple(backlog.overtaken_by(tx, row)),
    )


def _planned_message(row: Row) -> Planned:
    return Planned(
        id=row["id"],
        event=row["event"],
        endpoint=row["endpoint"],
        possible=row["standing"] == Standing.DEAD,
        seen_before=False,
    )


def replay(
    tx: Transaction, network: Network, id_: str, *, who: str, reason: str, now: datetime
) -> None:
    """Send a dead delivery, or process a dead message, once more.

    FatalError `illegal-transition` when it is not dead: pressing twice does it once. Whether
    it was overtaken is for the caller to ask (`plan`).
    """
    if id_.startswith("m-"):
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
    if id_.startswith("m-"):
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
    reports.tell(tx, network, row, FatalError(row["code"], row["detail"]), now)


def take(tx: Transaction, id_: str, *, who: str, now: datetime) -> None:
    """Say who has it from now on, instead of the endpoint's owner."""
    if id_.startswith("m-"):
        _message(tx, id_)
        inbox.note(tx, id_, taken_by=who)
    else:
        _delivery(tx, id_)
        outbox.fill(tx, id_, taken_by=who)
    _note(tx, now, "taken", id_, who, "")


def _note(tx: Transaction, now: datetime, what: str, id_: str, who: str, reason: str) -> None:
    if id_.startswith("m-"):
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
