"""What `health` says of partners: dead letters, pauses, circuits, refusals, silence.

No door shuts for any of these: the adapter goes on taking messages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from zoneinfo import ZoneInfo

from adapter.core import working_days
from adapter.core.endpoint import Endpoint, Settings
from adapter.core.lifecycle import State
from adapter.store.queries import partners
from adapter.store.queries.partners import DeadCount, Stop
from adapter.store.transaction import Transaction

NAMES = ("dead", "paused", "cut-off", "only-refuses", "silent")
"""The findings of a partner; what each means is in `health.FINDINGS`."""
_ZONE = ZoneInfo("Europe/Stockholm")  # for texts that operators read
_NEWEST, _ENOUGH = 20, 3  # deliveries that are looked at; refusals among them that are no accident
_REFUSALS = frozenset({"refused", "refused-for-now", "access-denied", "bad-answer"})
_TAKEN = frozenset({State.ACCEPTED, State.CONFIRMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerFinding:
    """What is wrong around one endpoint: its name in `health.FINDINGS`, and the reason."""

    name: str
    endpoint: str  # "": senders that could not be identified
    why: str

    @property
    def text(self) -> str:
        """The reason, beginning with the endpoint."""
        return f"{self.endpoint or 'unidentified'}: {self.why}"


def findings(tx: Transaction, settings: Settings, now: datetime) -> Iterator[PartnerFinding]:
    """Yield each finding."""
    dead = partners.dead(tx)
    yield from _dead(dead)
    for stop in _stops(tx, settings):
        yield from _stopped(stop)
    buried = {each.endpoint for each in dead if each.kind == "delivery"}
    yield from _refusing(tx, buried.union(partners.unwell(tx)))
    for endpoint in settings.endpoints:
        yield from _silence(tx, endpoint, now)


def _dead(counts: Sequence[DeadCount]) -> Iterator[PartnerFinding]:
    by_owner = attrgetter("endpoint", "kind")
    for (name, kind), group in groupby(sorted(counts, key=by_owner), key=by_owner):
        causes = list(group)
        number = sum(cause.count for cause in causes)
        noun = kind if number == 1 else {"message": "messages", "delivery": "deliveries"}[kind]
        oldest = _time(min(cause.oldest for cause in causes))
        codes = _words([cause.code for cause in causes])
        why = f"{number} dead {noun} ({codes}), the oldest from {oldest}"
        yield PartnerFinding(name="dead", endpoint=name, why=why)


def _stops(tx: Transaction, settings: Settings) -> list[Stop]:
    """Return the stops of endpoints in the settings; of all, where the settings name none."""
    known = {endpoint.name for endpoint in settings.endpoints}
    return [stop for stop in partners.stops(tx) if not known or stop.endpoint in known]


def _stopped(stop: Stop) -> Iterator[PartnerFinding]:
    if stop.paused_at:
        until = f" until {_time(stop.paused_until)}" if stop.paused_until else ""
        why = f"paused by {stop.paused_by} since {_time(stop.paused_at)}{until}: {stop.paused_why}"
        yield PartnerFinding(name="paused", endpoint=stop.endpoint, why=why)
    if stop.cut_off and stop.next_probe:
        why = f"does not answer, {stop.failures} failures in a row"
        why += f"; the next probe is at {_time(stop.next_probe)}"
        yield PartnerFinding(name="cut-off", endpoint=stop.endpoint, why=why)


def _refusing(tx: Transaction, names: Collection[str]) -> Iterator[PartnerFinding]:
    newest = partners.newest_outcomes(tx, names, _NEWEST) if names else {}
    for name, outcomes in sorted(newest.items()):
        if codes := refusals(outcomes):
            why = f"refuses everything, the newest {len(codes)} deliveries: {_words(codes)}"
            yield PartnerFinding(name="only-refuses", endpoint=name, why=why)


def refusals(newest: Sequence[tuple[str, str]]) -> list[str]:
    """Return the codes with which an endpoint refused its newest deliveries (state and code).

    Empty when it took one of them, or refused fewer than three.
    """
    codes = [code for state, code in newest if code in _REFUSALS]
    took = any(state in _TAKEN for state, _ in newest)
    return [] if took or len(codes) < _ENOUGH else codes


def _silence(tx: Transaction, endpoint: Endpoint, now: datetime) -> Iterator[PartnerFinding]:
    if endpoint.expect_every is None:
        return
    due_after = partial(working_days.due, within=endpoint.expect_every, zone=endpoint.zone)
    last = partners.last_spoke(tx, endpoint.name, lambda at: due_after(at) <= now)
    if last is None:
        yield PartnerFinding(name="silent", endpoint=endpoint.name, why="it has never spoken")
    elif due_after(last) <= now:
        why = f"silent since {_time(last)}; it should have spoken by {_time(due_after(last))}"
        yield PartnerFinding(name="silent", endpoint=endpoint.name, why=why)


def _words(codes: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(codes))


def _time(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}"
