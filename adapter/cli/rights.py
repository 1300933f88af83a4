"""`rights`: what new settings change for open cases, and send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, now
from adapter.cli.session import Session, open_store
from adapter.core.errors import FatalError
from adapter.operate import settings_change as operation
from adapter.operate.settings_change import Difference
from adapter.store import cases


def rights(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE…", help="Ids or names of cases; without any, all open cases."),
    ] = None,
    *,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to the receivers of the named cases.")
    ] = False,
    who: Annotated[
        str, typer.Option("--who", metavar="NAME", help="Your name. Sending requires it.")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why it is sent now.")
    ] = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Show whom today's settings would tell of the open cases, and what.

    A change of settings alone tells nobody. It counts at the next message of each case. Use this
    after you connect a municipality, or change what receivers see. --send tells it now, for the
    cases that you name.
    """
    if send:
        _require(names, who, reason)
    with open_store(settings, store) as session:
        ids = _ids(session, names)
        differing = _differences(session, ids)
        judged = [each for each in differing if not each.not_judged]
        if send:
            for each in judged:
                operation.tell(
                    session.store,
                    session.network,
                    each.case_id,
                    who=who,
                    reason=reason,
                    now=now(),
                )
    if as_json:
        printing.data({"sent": send, "cases": differing})
    else:
        _print(differing, "was sent" if send else "would be sent")
        printing.line(_sent(judged) if send else _differ(judged, len(ids)))


def _require(names: Sequence[str] | None, who: str, reason: str) -> None:
    if not names:
        raise typer.BadParameter("name the cases: --send tells only those that you name")
    if not who.strip():
        raise typer.BadParameter("give your name with --who: a named person sends it")
    if not reason.strip():
        raise typer.BadParameter("say with --reason why it is sent now")


def _ids(session: Session, names: Sequence[str] | None) -> list[str]:
    if not names:
        return operation.open_cases(session.store, session.network, now())
    with session.store.read() as tx:
        known = {name: cases.by_any_id(tx, name) for name in names}
    unknown = [name for name, id_ in known.items() if id_ is None]
    if unknown:
        raise FatalError("unknown-id", f"no such case: {', '.join(unknown)}")
    return list(dict.fromkeys(id_ for id_ in known.values() if id_))


def _differences(session: Session, ids: Sequence[str]) -> list[Difference]:
    differing = list[Difference]()
    with printing.progress(len(ids)) as done:
        for each in operation.differences(session.store, session.network, ids, now()):
            differing += [each] if each else []
            done(1)
    return differing


def _print(differing: Sequence[Difference], verb: str) -> None:
    rows: list[list[Any]] = [
        [each.case_id, each.name, gain.endpoint, f"{gain.event} {gain.reason}".strip()]
        for each in differing
        for gain in each.gains
    ]
    rows += [
        [each.case_id, each.name, end.endpoint, f"nothing: what waits ends ({end.reason})"]
        for each in differing
        for end in each.ends
    ]
    if rows:
        printing.table(["case", "name", "receiver", verb], rows)
    for each in differing:
        for missing in each.missing:
            printing.line(f"{each.case_id}: nobody to tell for {missing}")
        if each.not_judged:
            printing.line(f"{each.case_id}: cannot be judged: {each.not_judged}")


def _differ(differing: Sequence[Difference], judged: int) -> str:
    verb = "differs" if judged == 1 else "differ"
    return f"{len(differing)} of {printing.counted(judged, 'case')} {verb} from the settings"


def _sent(differing: Sequence[Difference]) -> str:
    cases_sent = [each.case_id for each in differing if each.gains]
    receivers = {gain.endpoint for each in differing for gain in each.gains}
    ended = {end.endpoint for each in differing for end in each.ends}
    if not differing:
        return "Nothing to send: the settings change nothing for these cases."
    sent = f"Sent to {printing.counted(len(receivers), 'receiver')} of"
    ends = f"What waited for {printing.counted(len(ended), 'receiver')} was ended."
    texts = [f"{sent} {printing.counted(len(cases_sent), 'case')}."] if cases_sent else []
    return " ".join([*texts, *([ends] if ended else [])])
