"""What a case's endpoints may have heard of its stay: the deliveries, and whether they arrived.

An endpoint is told when a delivery arrived, or may have arrived, whatever became of it then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from adapter.core.failures import REFUSED, SURELY_NOT_ARRIVED, Arrived
from adapter.core.lifecycle import State
from adapter.core.model import Code, Event, Kind, Layer
from adapter.store.dialects import ONE, among
from adapter.store.prefetch import Prefetch
from adapter.store.tables import attempt, delivery, receipt
from adapter.store.transaction import Transaction

STAY_EVENTS = tuple(sorted(str(event) for event in Event if event.kind is Kind.ENCOUNTER))
_RECEIPTED = (State.ACCEPTED, State.CONFIRMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotice:
    """A delivery about a stay, and whether its receiver may have it."""

    id: str
    case_id: str
    endpoint: str
    event: Event
    state: State
    order_no: int
    right_no: int | None
    content_id: str
    created_at: datetime
    sent_at: datetime | None
    arrived: Arrived

    @property
    def is_due(self) -> bool:
        """Whether it has gone or will go; a lapsed one never leaves."""
        return self.state is not State.NO_LONGER_DUE

    @property
    def may_have_arrived(self) -> bool:
        """Whether its receiver has it, or may have it: it is told."""
        return self.arrived in (Arrived.YES, Arrived.MAYBE)


_IDS = Prefetch[str, tuple[str, ...]](
    table=delivery, keys=lambda row: [row["case_id"]] if row.get("case_id") else []
)
"""Ids of deliveries about a stay by case, in the case's order."""


def _own(row: Mapping[str, Any]) -> list[str]:
    return [row["id"]] if "id" in row else []


def _delivery(row: Mapping[str, Any]) -> list[str]:
    return [row["delivery_id"]]


_SENT = Prefetch[str, SentNotice](
    table=delivery, keys=_own, parameter="ids_", also={attempt: _delivery, receipt: _delivery}
)
"""Deliveries about a stay by id; not locked: `outbox.lock_open` stops claims."""


def may_have_arrived(tx: Transaction, case_id: str) -> dict[str, tuple[SentNotice, ...]]:
    """Return the deliveries about a case's stay by endpoint, in the case's order.

    Surely not arrived: no attempt, or only attempts that ended without a connection or with a
    refusal. A receipt that refuses counts for the attempt before it. Everything else may have
    arrived. Lock the case, and with `outbox.lock_open` what a claim could take meanwhile.
    """
    prefetch(tx, [case_id])
    kept = tx.kept(_SENT)
    by_endpoint: dict[str, tuple[SentNotice, ...]] = {}
    for id_ in tx.kept(_IDS)[case_id]:
        notice = kept[id_]
        by_endpoint[notice.endpoint] = (*by_endpoint.get(notice.endpoint, ()), notice)
    return by_endpoint


def prefetch(tx: Transaction, case_ids: Iterable[str]) -> None:
    """Read the deliveries about many stays in one query."""
    asked = [id_ for id_ in dict.fromkeys(case_ids) if not _is_kept(tx, id_)]
    if not asked:
        return
    rows = [_notice(row) for row in tx.execute(_OF_CASES, {"case_ids": asked}).mappings()]
    for notice in rows:
        tx.kept(_SENT)[notice.id] = notice
    for case_id in asked:
        tx.kept(_IDS)[case_id] = tuple(each.id for each in rows if each.case_id == case_id)


def _is_kept(tx: Transaction, case_id: str) -> bool:
    ids = tx.kept(_IDS).get(case_id)
    return ids is not None and all(id_ in tx.kept(_SENT) for id_ in ids)


_PLAIN = (
    *("id", "case_id", "endpoint", "order_no", "right_no", "content_id"),
    *("created_at", "sent_at"),
)


def _notice(row: sa.RowMapping) -> SentNotice:
    return SentNotice(
        **{name: row[name] for name in _PLAIN},
        event=Event(row["event"]),
        state=State(row["state"]),
        arrived=_arrived(row),
    )


def _arrived(row: sa.RowMapping) -> Arrived:
    if row["state"] in _RECEIPTED or row["taken"]:
        return Arrived.YES
    if row["unanswered"]:
        return Arrived.MAYBE
    return Arrived.REFUSED if row["refusals"] else Arrived.NO


def _unanswered() -> sa.ScalarSelect[int]:
    """Return the number of attempts that may have arrived, and that no receipt refused.

    A receipt belongs to the newest attempt before it. An attempt under way has no code yet.
    """
    following, refusal = attempt.alias("following"), receipt.alias("refusal")
    between = sa.select(ONE).where(
        following.c.delivery_id == refusal.c.delivery_id,
        following.c.number > attempt.c.number,
        following.c.started_at <= refusal.c.at,
    )
    refused = sa.select(ONE).where(
        refusal.c.delivery_id == attempt.c.delivery_id,
        refusal.c.layer == Layer.APPLICATION,
        refusal.c.code != Code.OK,
        refusal.c.at >= attempt.c.started_at,
        _nothing(between.correlate(attempt, refusal)),
    )
    unrefused = _nothing(refused.correlate(attempt))
    return _count(attempt, attempt.c.code.not_in(sorted(SURELY_NOT_ARRIVED)), unrefused)


def _nothing(rows: sa.Select[Any]) -> sa.ColumnElement[bool]:
    return rows.limit(ONE).scalar_subquery().is_(None)


def _count(table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    rows = sa.select(sa.func.count()).where(table.c.delivery_id == delivery.c.id, *conditions)
    return rows.scalar_subquery()


_ok = sa.and_(receipt.c.layer == Layer.APPLICATION, receipt.c.code == Code.OK)
_by_person = receipt.c.layer == Layer.PERSON
_refusing = sa.and_(receipt.c.layer == Layer.APPLICATION, receipt.c.code != Code.OK)
_OF_CASES = (
    sa.select(
        *(delivery.c[name] for name in ("id", "case_id", "endpoint", "event", "state")),
        *(delivery.c[name] for name in ("order_no", "right_no", "content_id", "sent_at")),
        delivery.c.created_at,
        _count(receipt, sa.or_(_ok, _by_person)).label("taken"),
        (_count(receipt, _refusing) + _count(attempt, attempt.c.code == REFUSED)).label("refusals"),
        _unanswered().label("unanswered"),
    )
    .where(among(delivery.c.case_id, "case_ids"), delivery.c.event.in_(STAY_EVENTS))
    .order_by(delivery.c.order_no, delivery.c.seq)
)
