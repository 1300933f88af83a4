"""What a change of settings or software would tell of open cases, and to tell it by hand.

A change alone tells nobody. The next message of a case counts with the new settings; until then
the difference stands here, and a named person may send it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from adapter.core.errors import FatalError
from adapter.inbound import stay_settings
from adapter.policy.decision import Plan
from adapter.settings.network import Network
from adapter.store import Store, cases, history, stays
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one endpoint would get: an event, and the reason of an ending."""

    endpoint: str
    event: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An endpoint whose right ends without a notice: what waits for it never leaves."""

    endpoint: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What today's settings change for one case: notices, ends, and needs that nobody serves.

    `not_judged` says why the case cannot be judged, and then nothing else is known.
    """

    case_id: str
    name: str
    gains: tuple[Gain, ...]
    missing: tuple[str, ...]  # `need: reason`
    ends: tuple[End, ...] = ()
    not_judged: str = ""


def open_cases(store: Store, network: Network, now: datetime) -> list[str]:
    """Return the ids of all cases with a stay whose right may last."""
    with store.read() as tx:
        return stays.open_cases(tx, now - network.settings.sharing.window)


def differences(
    store: Store, network: Network, ids: Sequence[str], now: datetime
) -> Iterator[Difference | None]:
    """Yield for each case what would be told; None where nothing would."""
    for id_ in ids:
        with store.begin() as tx:
            yield _difference(tx, network, id_, now)


def tell(
    store: Store, network: Network, case_id: str, *, who: str, reason: str, now: datetime
) -> None:
    """Queue what a case's receivers would be told, each case in a transaction of its own.

    FatalError `unknown-id` when the message that described the stay is purged.
    """
    with store.begin() as tx:
        case = cases.lock(tx, case_id)
        stay_settings.tell(tx, network, case, now)
        history.note(tx, now, "settings-told", case=case.id, detail=reason, who=who)


def _difference(tx: Transaction, network: Network, id_: str, now: datetime) -> Difference | None:
    case = cases.lock(tx, id_)
    try:
        plan = stay_settings.difference(tx, network, case, now)
    except FatalError as error:
        return Difference(
            case_id=case.id, name=case.name, gains=(), missing=(), not_judged=error.detail
        )
    return _told(case.id, case.name, plan) if plan.notices or plan.lapses else None


def _told(case_id: str, name: str, plan: Plan) -> Difference:
    return Difference(
        case_id=case_id,
        name=name,
        gains=tuple(
            Gain(endpoint=n.endpoint, event=str(n.event), reason=n.reason) for n in plan.notices
        ),
        missing=tuple(f"{each.need}: {each.why}" for each in plan.missing),
        ends=tuple(
            End(endpoint=name, reason=why)
            for name, why in plan.lapses.items()
            if name not in {n.endpoint for n in plan.notices}
        ),
    )
