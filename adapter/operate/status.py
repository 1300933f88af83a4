"""How every partner stands now, for the command `status`, the metrics and a console.

Nothing here counts what is closed: see `store/queries/partners.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from adapter.core import service_windows
from adapter.core.certificates import certificates, not_after
from adapter.core.endpoint import Endpoint, Settings
from adapter.operate import item_findings, partner_findings
from adapter.operate.partner_findings import PartnerFinding
from adapter.store.queries import partners
from adapter.store.queries.partners import DeadCount, Stop
from adapter.store.transaction import Transaction

_ZONE = ZoneInfo("Europe/Stockholm")  # where a day begins


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerStatus:
    """How one endpoint stands. Counts are exact; times are UTC, None where there is none."""

    endpoint: str
    owner: str = ""  # "" when it is no longer in the settings
    waiting: int = 0  # deliveries that are open
    troubled: int = 0  # of these, those that failed or got no receipt in time
    dead: int = 0  # deliveries to it and messages from it
    causes: tuple[DeadCount, ...] = ()  # of these, by their codes
    refused_today: int = 0  # messages from it, since midnight in Sweden
    oldest_waiting: datetime | None = None  # when the oldest open delivery was made
    last_heard: datetime | None = None  # receipts included
    paused_at: datetime | None = None
    paused_by: str = ""
    paused_why: str = ""
    paused_until: datetime | None = None  # None: until somebody resumes it
    cut_off: bool = False
    next_probe: datetime | None = None  # of an endpoint that is cut off
    closed_until: datetime | None = None  # the end of its service window
    certificate_days: int | None = None  # 0: it has expired or cannot be read; None: it has none
    findings: tuple[PartnerFinding, ...] = ()


def partner_statuses(tx: Transaction, settings: Settings, now: datetime) -> list[PartnerStatus]:
    """Return every endpoint of the store and the settings: first those with findings, by name."""
    read = _Read(tx, settings, now)
    statuses = (_status(name, read, now) for name in sorted(read.names()))
    return sorted(statuses, key=lambda each: (not each.findings, each.endpoint))


class _Read:
    """What one look at the store says of all endpoints."""

    def __init__(self, tx: Transaction, settings: Settings, now: datetime) -> None:
        self.known = {endpoint.name: endpoint for endpoint in settings.endpoints}
        self.stops = {stop.endpoint: stop for stop in partners.stops(tx)}
        self.waiting = partners.waiting(tx)
        self.troubled = partners.failing(tx)
        self.refused = partners.refused_since(tx, midnight(now))
        self.heard = partners.last_heard(tx)
        self.dead = dict[str, list[DeadCount]]()
        for row in partners.dead(tx):
            self.dead.setdefault(row.endpoint, []).append(row)
        of_items = item_findings.findings(tx, now)
        self.findings = [*partner_findings.findings(tx, settings, now), *of_items]

    def names(self) -> set[str]:
        """Endpoints of the settings, and others that something waits, is dead or is wrong for.

        "" stands for senders that could not be identified.
        """
        busy = {*self.waiting, *self.dead, *self.refused, *(f.endpoint for f in self.findings)}
        return {*(self.known or self.stops), *busy}


def _status(name: str, read: _Read, now: datetime) -> PartnerStatus:
    waiting, stop = read.waiting.get(name), read.stops.get(name, _NO_STOP)
    causes = read.dead.get(name, [])
    known = read.known.get(name)
    return PartnerStatus(
        endpoint=name,
        owner=known.owner if known else "",
        waiting=waiting.number if waiting else 0,
        troubled=read.troubled.get(name, 0),
        dead=sum(cause.count for cause in causes),
        causes=tuple(causes),
        refused_today=read.refused.get(name, 0),
        oldest_waiting=waiting.oldest if waiting else None,
        last_heard=read.heard.get(name),
        paused_at=stop.paused_at,
        paused_by=stop.paused_by,
        paused_why=stop.paused_why,
        paused_until=stop.paused_until,
        cut_off=stop.cut_off,
        next_probe=stop.next_probe if stop.cut_off else None,
        closed_until=service_windows.closed_until(known, now) if known else None,
        certificate_days=certificate_days(known, now) if known else None,
        findings=tuple(each for each in read.findings if each.endpoint == name),
    )


_NO_STOP = Stop(
    endpoint="",
    paused_at=None,
    paused_by="",
    paused_why="",
    paused_until=None,
    failures=0,
    next_probe=None,
)


def midnight(now: datetime) -> datetime:
    """Return when the day began in Sweden."""
    return datetime.combine(now.astimezone(_ZONE).date(), time(), _ZONE)


def certificate_days(endpoint: Endpoint, now: datetime) -> int | None:
    """Return how many whole days the first of an endpoint's certificates is still valid.

    0 when it has expired or cannot be read; None when the settings name no certificate.
    """
    files = [name for name in (endpoint.ca_file, endpoint.certificate_file) if name]
    if not files:
        return None
    try:
        return max(0, (min(_ends(files)) - now).days)
    except (OSError, ValueError):
        return 0


def _ends(files: Iterable[str]) -> Iterator[datetime]:
    for name in files:
        yield from (not_after(der) for der in certificates(Path(name)))
