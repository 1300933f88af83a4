"""What a person reads of stored messages: a message as FHIR, and the newest plan of a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Event, StoredMessage
from adapter.fhir import bundles
from adapter.policy.read_message import UnreadableMessage, read_message
from adapter.settings.network import Network
from adapter.store import inbox
from adapter.store.transaction import Transaction

_IN_FORCE = "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersion:
    """A version of a plan: the message that brought it, and its FHIR form."""

    message_id: str
    seq: int
    bundle: Bundle

    @property
    def plan(self) -> bundles.Resource:
        """The CarePlan."""
        return bundles.focus(self.bundle) or {}

    @property
    def name(self) -> str:
        """The plan's own id, the same for each version of it."""
        identifiers: list[bundles.Resource] = self.plan.get("identifier", [])
        return " ".join(f"{i.get('system', '')}|{i.get('value', '')}" for i in identifiers)

    @property
    def order(self) -> tuple[int, float, int]:
        """Where it stands among versions: by its number, when it was recorded, when it came."""
        number = bundles.extension_value(self.plan, "version")
        at = bundles.recorded(self.bundle)
        return int(number or 0), at.timestamp() if at else 0.0, self.seq


def stored_bundle(tx: Transaction, network: Network, id_: str) -> Bundle:
    """Return a stored message as FHIR; FatalError where its bytes are purged or have errors."""
    record = inbox.get(tx, id_)
    if record is None:
        raise FatalError("unknown-id", "no such message")
    return _read(network, record)


def _read(network: Network, record: StoredMessage) -> Bundle:
    message = record.message
    if message is None:
        raise FatalError("unknown-id", f"the bytes of {record.id} are purged")
    if not record.endpoint:
        raise FatalError("unidentified-sender", "the format of its bytes is unknown")
    result = read_message(network, network.endpoint(record.endpoint), message)
    if isinstance(result, UnreadableMessage):
        raise result.error
    return result.bundle


def plan_versions(tx: Transaction, network: Network, case_id: str) -> list[PlanVersion]:
    """Return the newest plan in force of a case with its earlier versions, oldest first.

    FatalError `unknown-id` without any. A plan is in force when its newest version is active; a
    version that was recalled does not count. Of several plans it is the one recorded last.
    """
    every = _plans(tx, network, case_id)
    newest = {plan.name: plan for plan in every}  # the last of each name
    in_force = [plan for plan in newest.values() if plan.plan.get("status") == _IN_FORCE]
    if not in_force:
        raise FatalError("unknown-id", _no_plan(newest.values()))
    chosen = max(in_force, key=lambda plan: plan.order[1:])
    return [plan for plan in every if plan.name == chosen.name]


def _plans(tx: Transaction, network: Network, case_id: str) -> list[PlanVersion]:
    """Return each version of each plan of a case that its sender has not recalled, in order."""
    records = inbox.of_case(tx, case_id, [Event.CARE_PLAN])
    recalled = _recalled(tx, network, case_id)
    versions = [
        PlanVersion(message_id=record.id, seq=record.seq, bundle=_read(network, record))
        for record in records
        if record.body is not None and record.content_id not in recalled
    ]
    return sorted(versions, key=lambda version: version.order)


def _recalled(tx: Transaction, network: Network, case_id: str) -> set[str]:
    """Return the content ids that a recall of the case names."""
    recalls = inbox.of_case(tx, case_id, [Event.RECALL])
    focuses = [bundles.focus(_read(network, record)) or {} for record in recalls if record.body]
    named = (about.get("identifier", {}) for focus in focuses for about in focus.get("about", ()))
    return {str(identifier.get("value", "")).removeprefix("urn:uuid:") for identifier in named}


def _no_plan(newest: Iterable[PlanVersion]) -> str:
    others = [f"{plan.message_id} is {plan.plan.get('status')}" for plan in newest]
    return "the case has no plan in force" + (f": {', '.join(others)}" if others else "")
