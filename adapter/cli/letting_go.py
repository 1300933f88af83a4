"""`take` and `discard`: of ids, all or none; of a cause, as a job."""

from __future__ import annotations

from functools import partial
from typing import Annotated, TypeAlias

import typer

from adapter.cli import by_cause, dry_run_of_ids, printing
from adapter.cli.by_cause import Filters, How
from adapter.cli.errors import all_or_none
from adapter.cli.options import (
    FILE,
    AsJson,
    Cause,
    DryRun,
    OfEndpoint,
    OfEvent,
    Reason,
    SettingsFile,
    Since,
    StorePlace,
    Until,
    Who,
    Yes,
    now,
)
from adapter.cli.session import Session, open_store
from adapter.core.jobs import Act
from adapter.operate import replay as operation
from adapter.operate.jobs import Order

_Ids: TypeAlias = list[str] | None


def take(  # noqa: PLR0913 - each option by name
    ids: Annotated[
        _Ids, typer.Argument(metavar="ID…", help="Ids of deliveries, messages or items.")
    ] = None,
    *,
    cause: Cause = "",
    endpoint: OfEndpoint = "",
    event: OfEvent = "",
    since: Since = "",
    until: Until = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Take deliveries, messages or items over from the endpoint's owner.

    Of several ids, all are taken or none. --cause starts a job, see `adapter jobs`.
    """
    filters = Filters(cause, endpoint, event, since, until)
    wanted = _one_way(ids, filters)
    with open_store(settings, store) as session:
        if cause:
            how = How(dry_run=dry_run, yes=yes, as_json=as_json)
            by_cause.act(session, Order(act=Act.TAKE, who=who), filters, how)
        elif dry_run:
            dry_run_of_ids.show(session, Act.TAKE, wanted, as_json=as_json)
        else:
            _take(session, wanted, who, as_json=as_json)


def _one_way(ids: _Ids, filters: Filters) -> list[str]:
    wanted = list(dict.fromkeys(ids or []))
    by_cause.check_one_way(wanted, filters)
    return wanted


def _take(session: Session, wanted: list[str], who: str, *, as_json: bool) -> None:
    with all_or_none(), session.store.begin() as tx:
        before = operation.each(tx, wanted, partial(operation.take, tx, who=who, now=now()))
    if as_json:
        rows = zip(wanted, before, strict=True)
        printing.data({"taken": [{"id": id_, "by": who, "from": old} for id_, old in rows]})
        return
    for id_, old in zip(wanted, before, strict=True):
        printing.line(f"{id_} taken by {who}" + (f", until now by {old}" if old else ""))


def discard(  # noqa: PLR0913 - each option by name
    ids: Annotated[
        _Ids,
        typer.Argument(metavar="ID…", help="Ids of dead deliveries or messages, or of open items."),
    ] = None,
    *,
    reason: Reason,
    cause: Cause = "",
    endpoint: OfEndpoint = "",
    event: OfEvent = "",
    since: Since = "",
    until: Until = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Give dead deliveries or messages up for good, or close items.

    Of several ids, all are discarded or none. --cause starts a job, see `adapter jobs`.
    """
    filters = Filters(cause, endpoint, event, since, until)
    wanted = _one_way(ids, filters)
    with open_store(settings, store) as session:
        if cause:
            how = How(dry_run=dry_run, yes=yes, as_json=as_json)
            by_cause.act(session, Order(act=Act.DISCARD, who=who, reason=reason), filters, how)
        elif dry_run:
            dry_run_of_ids.show(session, Act.DISCARD, wanted, as_json=as_json)
        else:
            _discard(session, wanted, Order(act=Act.DISCARD, who=who, reason=reason))
            _print_discarded(wanted, who, as_json=as_json)


def _discard(session: Session, wanted: list[str], order: Order) -> None:
    with all_or_none(), session.store.begin() as tx:
        act = partial(
            operation.discard, tx, session.network, who=order.who, reason=order.reason, now=now()
        )
        operation.each(tx, wanted, act)


def _print_discarded(wanted: list[str], who: str, *, as_json: bool) -> None:
    if as_json:
        printing.data({"discarded": [{"id": id_, "by": who} for id_ in wanted]})
        return
    printing.line(f"discarded by {who}: {', '.join(wanted)}")
