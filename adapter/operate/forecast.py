"""The dry run of a job: what would really happen, counted page by page. Nothing changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from adapter.operate.verdicts import Asked, Verdict, tried, verdicts
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.jobs import Refusal
from adapter.store.queries import chosen
from adapter.store.queries.chosen import Place, Wanted
from adapter.store.transaction import Transaction

PAGE = 200
MOST_TRIED = 1000  # messages: to try one takes as long as to process it


@dataclass(slots=True)
class Group:
    """What would become of the ids of one kind, endpoint and event."""

    kind: str
    endpoint: str
    event: str
    would: int = 0
    refused: int = 0
    seen_twice: int = 0  # of those that would be sent


@dataclass(slots=True)
class Forecast:
    """What would become of everything that is chosen."""

    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    receivers: Counter[str] = field(default_factory=Counter)  # of the messages that were tried
    nobody: Counter[str] = field(default_factory=Counter)  # why messages would reach nobody
    tried: int = 0
    tells_senders: int = 0  # deliveries whose senders would get a delivery report now

    @property
    def would(self) -> int:
        """How many would be done."""
        return sum(group.would for group in self.groups.values())

    @property
    def refused(self) -> int:
        """How many would be refused."""
        return sum(group.refused for group in self.groups.values())

    def add(self, verdict: Verdict) -> None:
        """Count one more."""
        subject = verdict.subject
        key = (subject.kind, subject.endpoint, subject.event)
        group = self.groups.setdefault(key, Group(*key))
        if verdict.issue:
            group.refused += 1
            self._refuse(verdict.issue.code, subject.id, verdict.issue.detail)
            return
        group.would += 1
        group.seen_twice += verdict.seen_before
        self.tells_senders += verdict.tells_sender
        self.receivers.update(verdict.receivers)
        if verdict.why_not:
            self.nobody[verdict.why_not] += 1

    def _refuse(self, code: str, id_: str, why: str) -> None:
        first = self.refusals.get(code) or Refusal(code=code, count=0, example=id_, why=why)
        self.refusals[code] = Refusal(
            code=code, count=first.count + 1, example=first.example, why=first.why
        )


def forecast(
    store: Store,
    network: Network,
    asked: Asked,
    wanted: Wanted,
    now: datetime,
) -> Forecast:
    """Return what would become of everything that is chosen; at most 1,000 messages are tried."""
    result = Forecast()

    def together(tx: Transaction, ids: Collection[str]) -> set[str]:
        return chosen.are_chosen(tx, wanted, ids)

    for ids in _pages(store, wanted):
        with store.read() as tx:
            judged = verdicts(tx, network, asked, ids, together)
        if result.tried < MOST_TRIED:
            judged = tried(store, network, asked, judged, now)
            result.tried += sum(each.subject.kind == "message" for each in judged)
        for each in judged:
            result.add(each)
    return result


def _pages(store: Store, wanted: Wanted) -> Iterator[list[str]]:
    """Yield all ids that are chosen, each page from a look of its own."""
    place: Place | None = Place()
    while place:
        with store.read() as tx:
            ids, place = chosen.page(tx, wanted, place, PAGE)
        if ids:
            yield ids
