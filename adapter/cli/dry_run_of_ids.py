"""The dry run of `take` and `discard` of ids: what would become of each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import typer

from adapter.cli import printing
from adapter.cli.by_cause import DONE
from adapter.cli.session import Session
from adapter.core.jobs import Act
from adapter.operate.verdicts import Asked, Verdict, verdicts


def show(session: Session, act: Act, ids: Sequence[str], *, as_json: bool) -> None:
    """Print what would become of each id; exit 1 when one would be refused, and so all."""
    with session.store.read() as tx:
        asked = Asked(act=act)
        judged = verdicts(tx, session.network, asked, ids, lambda _, later: set(later))
    if as_json:
        printing.data({"act": str(act), "planned": [_data(each) for each in judged]})
    else:
        columns = ["id", "kind", "event", "endpoint", "now", f"would be {DONE[act]}"]
        printing.table(columns, [_row(each) for each in judged])
    if any(each.issue for each in judged):
        printing.aside("Nothing would be done: the command does all of them or none.")
        raise typer.Exit(1)


def _row(verdict: Verdict) -> list[str]:
    of = verdict.subject
    also = ", and its sender is told" if _tells_sender(verdict) else ""
    would = f"no: {_why_not(verdict)}" if verdict.issue else f"yes{also}"
    return [of.id, of.kind, of.event or "-", of.endpoint or "-", of.state, would]


def _data(verdict: Verdict) -> Mapping[str, object]:
    of = verdict.subject
    return {
        "id": of.id,
        "kind": of.kind,
        "event": of.event,
        "endpoint": of.endpoint,
        "state": of.state,
        "would": verdict.issue is None,
        "why_not": _why_not(verdict),
        "tells_sender": _tells_sender(verdict),
    }


def _why_not(verdict: Verdict) -> str:
    return f"{verdict.issue.code}: {verdict.issue.detail}" if verdict.issue else ""


def _tells_sender(verdict: Verdict) -> bool:
    return verdict.tells_sender and not verdict.issue
