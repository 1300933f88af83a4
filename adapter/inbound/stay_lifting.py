"""Tell those who have the label of a protection that it has ended: a person has lifted it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from adapter.core.failures import Arrived
from adapter.core.model import Event
from adapter.core.participant import Participant
from adapter.inbound import stay_effects
from adapter.inbound.stay_arrivals import arrived, sent_since
from adapter.inbound.stay_settings import judged
from adapter.policy import secrecy
from adapter.policy.notice import LIFTED, Notice
from adapter.policy.rights import last_told
from adapter.policy.views import Projection
from adapter.settings.network import Network
from adapter.store import cases, participants
from adapter.store.cases import Case
from adapter.store.transaction import Transaction


def tell_lifted(tx: Transaction, network: Network, case: Case, now: datetime) -> None:
    """Queue the end of the label for each receiver that was told, with what it last got.

    FatalError `unknown-id` when the message that described the stay is purged.
    """
    turn, message, matter = judged(tx, network, case, now)
    rows = [row for row in participants.of_case(tx, case.id) if row.until is None]
    labelled = [
        name for name, sent in sent_since(turn, case, rows).items() if arrived(sent) != Arrived.NO
    ]
    barred = secrecy.barred(network, matter.before, rows, now.date())
    notices = [
        Notice(
            endpoint=name,
            event=Event.ADMISSION_UPDATED,
            projection=_known(own, barred) | {"protection": LIFTED},
            right_no=participants.right_no(tx, case.id, network.mailbox(name)),
            is_label=True,
        )
        for name in labelled
        if (own := [row for row in rows if row.endpoint == name])
    ]
    stay_effects.queue(turn, message, matter, notices, {})
    cases.save(tx, case.id, orders=case.orders + len(notices))


def _known(own: Sequence[Participant], barred: Collection[str]) -> Projection:
    """What a receiver last got, without what a bar of secrecy has hidden from it since."""
    known = last_told(own) or {}
    return secrecy.without(known) if own[0].endpoint in barred else known
