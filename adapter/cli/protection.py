"""`protection`: show the protection of a case's patient, and lift it."""

from __future__ import annotations

from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, ProtectionAct, SettingsFile, StorePlace, now
from adapter.cli.printing import when
from adapter.cli.session import open_store
from adapter.core.errors import FatalError
from adapter.operate import protection as operation
from adapter.operate.protection import Protected
from adapter.store import cases
from adapter.store.queries.dead import DeadLetter
from adapter.store.transaction import Transaction


def protection(
    act: Annotated[ProtectionAct, typer.Argument(metavar="show|lift", help="Show it, or lift it.")],
    id_: Annotated[str, typer.Argument(metavar="CASE", help="The case's id, or one of its names.")],
    *,
    who: Annotated[
        str, typer.Option("--who", metavar="NAME", help="Your name. Lifting requires it.")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Who has confirmed that it has ended.")
    ] = "",
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Show or lift the protection (skyddade personuppgifter) of a case's patient.

    It holds in every case of the patient. Silence never ends it: a named person lifts it, when the
    hospital or the population register says that it has ended. Those who have its label are told
    at once. What is held stays held.
    """
    with open_store(settings, store) as session:
        if act is ProtectionAct.SHOW:
            with session.store.read() as tx:
                shown = operation.protected(tx, _case(tx, id_))
            _show(shown, as_json=as_json)
            return
        _require(who, reason)
        with session.store.begin() as tx:
            held = operation.lift(
                tx, session.network, _case(tx, id_), who=who, reason=reason, now=now()
            )
    if as_json:
        printing.data({"lifted": {"by": who, "held": [each.id for each in held]}})
        return
    printing.line(f"lifted by {who}")
    _print_held(held)


def _case(tx: Transaction, text: str) -> str:
    case_id = cases.by_any_id(tx, text)
    if case_id is None:
        raise FatalError("unknown-id", "no such case")
    return case_id


def _require(who: str, reason: str) -> None:
    if not who.strip():
        raise typer.BadParameter("give your name with --who: a named person lifts a protection")
    if not reason.strip():
        raise typer.BadParameter("say with --reason who has confirmed that it has ended")


def _show(shown: Protected, *, as_json: bool) -> None:
    if as_json:
        printing.data({"protection": shown})
        return
    if shown.level:
        printing.line(f"{shown.level} since {when(shown.since)}, by message {shown.set_by}")
    elif shown.lifted_at:
        printing.line(f"None: lifted {when(shown.lifted_at)} by {shown.lifted_by}.")
    else:
        printing.line("None.")
    _print_held(shown.held)


def _print_held(held: tuple[DeadLetter, ...]) -> None:
    if held:
        printing.line("Held until a person replays or discards them:")
    for each in held:
        printing.line(f"  {each.id} {each.event} to {each.endpoint}")
