"""What today's settings change for a case in progress. Only a person tells it to anybody.

A change of settings, view or software alone tells nobody. It shows when a case is judged as it
stands: `reconcile` with the same Stay before and after.
"""

from __future__ import annotations

from datetime import datetime

from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Event
from adapter.fhir import builders, bundles, canonical
from adapter.inbound import stay_effects
from adapter.inbound.protected import Level
from adapter.inbound.stay_case import StayCase
from adapter.inbound.turn import Turn
from adapter.outbound.delivery_reports import original_bundle
from adapter.outbound.pseudonyms import hashes
from adapter.policy.decision import Plan
from adapter.policy.read_message import ReadMessage
from adapter.policy.stay import Patched, Stay, load
from adapter.policy.window import is_over
from adapter.settings.network import Network
from adapter.store import inbox, participants, persons, stays
from adapter.store.cases import Case
from adapter.store.transaction import Transaction

_JUDGED = frozenset({"settings"})
"""In place of changed elements: nothing of the stay changes, and it is judged all the same."""


def difference(tx: Transaction, network: Network, case: Case, now: datetime) -> Plan:
    """Return what a case's receivers would be told by today's settings. Nothing is written.

    Nothing, when its right is over or its stay is purged. FatalError `unknown-id` when the message
    that described the stay is purged, or cannot be read.
    """
    if not _stay(tx, network, case, now).is_described:
        return Plan()
    turn, message, matter = judged(tx, network, case, now)
    rows = participants.of_case(tx, case.id)
    plan = stay_effects.plan(turn, message, matter, _patched(matter), _level(turn, matter), rows)
    return plan or Plan()


def tell(tx: Transaction, network: Network, case: Case, now: datetime) -> None:
    """Queue what `difference` returns, as the word of the endpoint that described the stay."""
    turn, message, matter = judged(tx, network, case, now)
    stay_effects.apply(turn, message, matter, _patched(matter), _level(turn, matter))


def judged(
    tx: Transaction, network: Network, case: Case, now: datetime
) -> tuple[Turn, ReadMessage, StayCase]:
    """Return a case as its newest message described it, to be told by a person's act.

    FatalError `unknown-id` when the stay, or the message that described it, is purged.
    """
    stay = _stay(tx, network, case, now)
    fact = stay.facts.get("hospital")
    stored = inbox.get(tx, fact.message) if fact else None
    bundle = original_bundle(network, stored) if stored else None
    if stored is None or stored.message is None or bundle is None:
        raise FatalError(
            "unknown-id", "its messages are purged, or their sender is not in the settings"
        )
    turn = Turn(tx=tx, network=network, message=stored.message, now=now)
    content = builders.new_id(stored.id, "settings", now.isoformat())
    message = ReadMessage(bundle=_renamed(bundle, content, now), event=Event.PERSON_UPDATED)
    return turn, message, StayCase(case=case, before=stay)


def _stay(tx: Transaction, network: Network, case: Case, now: datetime) -> Stay:
    """The stay, while its right lasts; an empty one for a case without a stay."""
    stay = load(stays.get(tx, case.id))
    sharing = network.settings.sharing
    return Stay() if is_over(stay, case.discharged_at, sharing.window, now) else stay


def _renamed(bundle: Bundle, content: str, now: datetime) -> Bundle:
    """The message that described the stay, under another id, as if it were recorded now."""
    header = bundles.header(bundle)
    url = canonical.extension_url("recorded")
    extensions = [e for e in header.get("extension", ()) if e.get("url") != url]
    first = {"resource": header | {"id": content, "extension": extensions}}
    entries = [first, *bundle["entry"][1:]]
    return bundle | {"entry": entries, "timestamp": now.isoformat()}


def _patched(matter: StayCase) -> Patched:
    return Patched(stay=matter.before, changed=_JUDGED)


def _level(turn: Turn, matter: StayCase) -> Level:
    level = persons.level(turn.tx, hashes(turn.tx, matter.before.every_number))
    return Level(before=level, after=level)
