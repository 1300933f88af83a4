"""`status`: how every partner stands."""

from __future__ import annotations

from datetime import datetime

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, now
from adapter.cli.printing import counted, when
from adapter.cli.session import open_store
from adapter.operate.status import PartnerStatus, partner_statuses
from adapter.settings.durations import duration_text

COLUMNS = (
    *("partner", "waiting", "troubled", "dead", "refused"),
    *("oldest", "heard", "cert", "stands"),
)


def status(
    *, settings_file: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False
) -> None:
    """Show for each partner what waits, fails, is dead or was refused today, and what stops it.

    Partners with a finding come first. Exit 1 when there is one.
    """
    with open_store(settings_file, store) as session, session.store.read() as tx:
        at = now()
        partners = partner_statuses(tx, session.settings, at)
    if as_json:
        printing.data({"at": at, "partners": partners})
    else:
        _print(partners, at)
    raise typer.Exit(1 if any(each.findings for each in partners) else 0)


def _print(partners: list[PartnerStatus], at: datetime) -> None:
    printing.entries(COLUMNS, [_row(each, at) for each in partners], "stands")
    unwell = sum(bool(each.findings) for each in partners)
    printing.line()
    printing.line(f"{counted(len(partners), 'partner')}, {unwell or 'none'} with a finding")


def _row(partner: PartnerStatus, at: datetime) -> list[str]:
    days = partner.certificate_days
    return [
        partner.endpoint or "unidentified",
        str(partner.waiting).rjust(len("waiting")),
        str(partner.troubled).rjust(len("troubled")),
        str(partner.dead).rjust(len("dead")),
        str(partner.refused_today).rjust(len("refused")),
        _age(partner.oldest_waiting, at),
        _age(partner.last_heard, at),
        "-" if days is None else f"{days} d",
        _stands(partner),
    ]


def _age(since: datetime | None, at: datetime) -> str:
    if since is None:
        return "-"
    days = (at - since).days
    return f"{days} d" if days > 1 else duration_text(at - since)


def _stands(partner: PartnerStatus) -> str:
    """Say every finding in words, and until when a service window holds it."""
    closed = f"closed until {when(partner.closed_until)[:16]}" if partner.closed_until else ""
    return "; ".join([*(each.why for each in partner.findings), *filter(None, [closed])])
