"""`readings`: who has read what of patients; a sample of a month, and the check of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from adapter.cli import options, printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, Who, now
from adapter.cli.printing import counted, when
from adapter.cli.session import Session, open_store
from adapter.operate import reading_log
from adapter.operate.reading_log import Month, Sample
from adapter.store.queries import readings as stored
from adapter.store.queries.summaries import HistoryEntry

_COLUMNS = ("time (Sweden)", "what", "who", "case", "message", "why")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def readings(  # noqa: PLR0913 - each option by name
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Since: 2026-11-17, 2026-11-17T09:30, 2h or 3d.")
    ] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Only what this person has read.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The longest list.")] = 50,
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="A sample of this month, to be checked.")
    ] = "",
    size: Annotated[
        int, typer.Option("--sample", min=1, max=1000, help="With --month: how many readings.")
    ] = 20,
    checked: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="With --month: you have checked the sample; say what you found."
        ),
    ] = "",
    who: Who,
    settings: SettingsFile = FILE,
    store: StorePlace = "",
    as_json: AsJson = False,
) -> None:
    """Show who has read bodies and documents, or searched by a patient's number, and why.

    With --month it shows a sample, the same for everybody, and who has checked that month;
    --checked TEXT records that you have.
    """
    if month and (since or by):
        raise typer.BadParameter("--since and --by do not go with --month")
    if checked and not (month and checked.strip()):
        raise typer.BadParameter("--checked goes with --month, and says what you found")
    with open_store(settings, store) as session:
        if month:
            _sample(session, _month(month), size, checked.strip(), who, as_json=as_json)
        else:
            _newest(session, options.parse_time(since) or _FIRST, by, limit, as_json=as_json)


def _month(text: str) -> Month:
    try:
        return reading_log.month(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no month: write 2026-11") from None


def _newest(session: Session, since: datetime, by: str, limit: int, *, as_json: bool) -> None:
    with session.store.read() as tx:
        entries = stored.newest(tx, since, now(), by, limit)
    if as_json:
        printing.data({"readings": entries})
    else:
        _print(entries, "Nobody has read anything in that time.")


def _sample(
    session: Session, of: Month, size: int, verdict: str, who: str, *, as_json: bool
) -> None:
    with session.store.begin() as tx:
        sample = reading_log.sample(tx, of, size)
        if verdict:
            reading_log.sign_off(tx, sample, who, verdict, now())
            tx.flush()
            sample = reading_log.sample(tx, of, size)
    if as_json:
        printing.data(sample)
    else:
        _print_sample(sample, who)


def _print_sample(sample: Sample, who: str) -> None:
    _print(sample.readings, f"Nobody read anything in {sample.month}.")
    printing.line()
    of = counted(sample.total, "reading")
    printing.line(f"{len(sample.readings)} of {of} in {sample.month}")
    for check in sample.checks:
        printing.paragraph(f"checked {when(check.at)} by {check.who}: {check.detail}", "")
    if not sample.checks:
        printing.line("not checked yet: --checked TEXT records that you have")
    if own := sample.own(who):
        printing.aside(f"{counted(own, 'reading')} of the sample {_are(own)} your own")


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _print(entries: list[HistoryEntry] | tuple[HistoryEntry, ...], nothing: str) -> None:
    if entries:
        printing.entries(_COLUMNS, [_row(each) for each in entries], "why")
    else:
        printing.line(nothing)


def _row(entry: HistoryEntry) -> list[str]:
    ids = [entry.case_id or "-", entry.message_id or "-"]
    return [when(entry.at), entry.what, entry.who, *ids, entry.detail]
