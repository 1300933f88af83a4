"""Information at discharge (SFS 2017:612 3 kap. 2 §): who may read it, and if it is late. Pure.

It goes as its sender wrote it, so it goes only to roles that may read clinical text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import Endpoint
from adapter.core.model import Bundle, Need
from adapter.core.participant import Participant
from adapter.fhir import bundles
from adapter.policy import secrecy
from adapter.policy.outside import of_stay
from adapter.policy.stay import Stay
from adapter.settings.network import Network

_SWEDEN = ZoneInfo("Europe/Stockholm")


def kept_from(
    network: Network, stay: Stay, rows: Sequence[Participant], endpoint: Endpoint, day: date
) -> ErrorCode | None:
    """Return why an endpoint may not get it in a stay with these participants; None: it may.

    `not-for-role` or `secrecy-bar`.
    """
    if not stay.is_described:
        return None
    mailboxes = network.same_organization(endpoint)
    if not may_read(rows, mailboxes):
        return "not-for-role"
    open_ = [row for row in rows if row.until is None]
    barred = secrecy.barred(network, stay, open_, day)
    return None if barred.isdisjoint(mailboxes) else "secrecy-bar"


def may_read(rows: Iterable[Participant], mailboxes: Collection[str]) -> bool:
    """Whether a participant of a stay may read clinical text: not for social services alone.

    A unit that is only invited to planning has no right to it.
    """
    open_ = (row for row in of_stay(rows) if row.endpoint in mailboxes and row.until is None)
    return bool({row.need for row in open_} - {str(Need.SOCIAL_SERVICES)})


def is_late(bundle: Bundle) -> bool:
    """Whether it was recorded on another Swedish day than that of the discharge."""
    discharged = bundles.extension_value(bundles.focus(bundle), "discharged")
    left, recorded = bundles.instant(discharged), bundles.recorded(bundle)
    if left is None or recorded is None:
        return False
    return recorded.astimezone(_SWEDEN).date() > left.astimezone(_SWEDEN).date()
