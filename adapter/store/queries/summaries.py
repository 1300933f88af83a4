"""Summaries: what operators see of the rows of each table, without bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from adapter.store.transaction import Transaction

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSummary:
    """A case (vårdtillfälle, ärende). `name` is <HSA-id>/<visit number>, never a person's."""

    id: str
    name: str
    opened_at: datetime
    closed_at: datetime | None
    shared_at: datetime | None
    flagged: bool
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSummary:
    """A message that arrived. `losses` and `issues` are JSON texts."""

    seq: int
    id: str
    endpoint: str
    received_at: datetime
    event: str
    claimed_event: str
    content_id: str
    envelope_id: str
    case_id: str | None
    standing: str
    tries: int
    code: str
    detail: str
    note: str
    losses: str
    issues: str
    receipt_code: str
    shared: bool
    taken_by: str
    replaced_by: str
    replaces: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """A message to an endpoint."""

    seq: int
    id: str
    message_id: str
    endpoint: str
    event: str
    case_id: str | None
    state: str
    content_id: str
    envelope_id: str
    content_type: str
    losses: str
    forwarded: bool
    done_when: str
    attempt: int
    failures: int
    resends: int
    created_at: datetime
    expires_at: datetime
    next_attempt_at: datetime | None
    receipt_due_at: datetime | None
    answer_due_at: datetime | None
    reminded_at: datetime | None
    sent_at: datetime | None
    closed_at: datetime | None
    code: str
    detail: str
    taken_by: str
    untold: bool
    copy_of: str
    replaced_by: str
    replaces: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptSummary:
    """An attempt. `why`: first, retry, resend or lease; `code` is "" for success."""

    delivery_id: str
    number: int
    why: str
    started_at: datetime
    finished_at: datetime | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSummary:
    """A receipt for a delivery. `message_id` carried it; None: the response to the attempt did."""

    delivery_id: str
    message_id: str | None
    layer: str
    code: str
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """An entry of the history. `who` is a person, "" the adapter."""

    at: datetime
    case_id: str | None
    message_id: str | None
    delivery_id: str | None
    endpoint: str
    what: str
    detail: str
    who: str


def columns(kind: type[Any], table: sa.Table) -> list[sa.Column[Any]]:
    """Return the columns of a table for which a summary has a field."""
    return [table.c[field.name] for field in fields(kind)]


def fetch(tx: Transaction, kind: type[_T], query: sa.Select[Any]) -> list[_T]:
    """Return summaries of one kind; the query selects exactly `columns(kind, table)`."""
    return [kind(**row) for row in tx.execute(query).mappings()]


def chunks(ids: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    """Split ids into parts that are short enough for an IN of either database."""
    return [ids[i : i + size] for i in range(0, len(ids), size)]
