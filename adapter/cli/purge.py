"""`purge`: remove stays that nobody was told of, and names and notices that are kept no longer."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, now
from adapter.cli.printing import when
from adapter.cli.session import Session, open_store
from adapter.operate import jobs, maintenance
from adapter.operate.maintenance import Purge
from adapter.store.purges import Purgeable

_ALL = 1_000_000  # cases that a dry run lists
_SHOWN = 20


def purge(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be purged, and change nothing.")
    ] = False,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Purge stays that nobody was told of, `purge_unshared` after the discharge.

    The running adapter does the same by itself. Names are removed after `keep_names`, and what a
    receiver last got when its right is over. Nothing with an open delivery, and no stay that
    stands before a person, is purged. The ids of a job are removed after `keep_jobs`.
    """
    with open_store(settings, store) as session:
        if dry_run:
            done = maintenance.purgeable(session.store, session.network, now(), _ALL)
            ids = jobs.forgettable(session.store, session.settings, now())
        else:
            parts = [maintenance.purge(session.store, session.network, now())]
            while len(parts[-1]):
                parts.append(maintenance.purge(session.store, session.network, now()))
            done = Purge(
                bodies=tuple(each for part in parts for each in part.bodies),
                names=tuple(each for part in parts for each in part.names),
                told=tuple(each for part in parts for each in part.told),
            )
            ids = _forget(session)
    if as_json:
        kinds = {"bodies": done.bodies, "names": done.names, "told": done.told}
        printing.data({"dry_run": dry_run} | kinds | {"ids_of_jobs": ids})
    else:
        _print(done, "would be" if dry_run else "are")
        verb = "would be" if dry_run else "is" if ids == 1 else "are"
        printing.line(f"{printing.counted(ids, 'id')} of old jobs {verb} removed")


def _forget(session: Session) -> int:
    """Remove the ids of old jobs, a part at a time; return how many there were."""
    removed = 0
    while part := jobs.forget(session.store, session.settings, now()):
        removed += part
    return removed


def _print(done: Purge, verb: str) -> None:
    messages = sum(each.messages for each in done.bodies)
    cases = _counted(done.bodies, "case")
    printing.line(f"{printing.counted(messages, 'message')} of {cases} {verb} purged")
    _list(done.bodies)
    printing.line(f"names of {_counted(done.names, 'purged case')} {verb} removed")
    _list(done.names)
    printing.line(f"what receivers got in {_counted(done.told, 'case')} {verb} removed")
    _list(done.told)


def _counted(cases: tuple[Purgeable, ...], noun: str) -> str:
    return printing.counted(len(cases), noun)


def _list(cases: tuple[Purgeable, ...]) -> None:
    rows: list[list[Any]] = [
        [each.id, each.name, when(each.discharged_at), str(each.messages)]
        for each in cases[:_SHOWN]
    ]
    if rows:
        printing.table(["case", "name", "discharged", "messages"], rows)
    if len(cases) > _SHOWN:
        printing.line(f"and {len(cases) - _SHOWN} more")
