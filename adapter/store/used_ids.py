"""Which ids have been used, whoever the receiver: by which endpoints, and for what.

The sets that a transaction keeps beside the two duplicate tables (`duplicates.py`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeAlias

from adapter.store.concerned import folded
from adapter.store.prefetch import Prefetch
from adapter.store.tables import content, envelope
from adapter.store.transaction import Transaction

_Kind: TypeAlias = Prefetch[Any, frozenset[str]]
Use: TypeAlias = tuple[_Kind, Any, str]
"""One member of one kept set: which kind, under which key."""

CONTENT_USED: _Kind = Prefetch(table=content, keys=lambda row: [folded(row["content_id"])])
ENVELOPE_USED: _Kind = Prefetch(table=envelope, keys=lambda row: [folded(row["envelope_id"])])
"""The endpoints that have used an id, in any spelling."""
MESSAGES: _Kind = Prefetch(table=content, keys=lambda row: [(row["sender"], row["content_id"])])
"""The messages to which a sender has given a content id."""
INSIDE: _Kind = Prefetch(table=envelope, keys=lambda row: [(row["sender"], row["envelope_id"])])
"""The content ids that a sender has put into an envelope."""


def of_content(sender: str, content_id: str, message_id: str) -> list[Use]:
    """Return what a row of the content table adds."""
    return [
        (CONTENT_USED, folded(content_id), sender),
        (MESSAGES, (sender, content_id), message_id),
    ]


def of_envelope(sender: str, envelope_id: str, content_id: str) -> list[Use]:
    """Return what a row of the envelope table adds."""
    return [
        (ENVELOPE_USED, folded(envelope_id), sender),
        (INSIDE, (sender, envelope_id), content_id),
    ]


class Read:
    """The sets as they are read: each that was asked for is there, if only empty."""

    def __init__(self) -> None:
        self._sets: dict[_Kind, dict[Any, set[str]]] = defaultdict(dict)

    def ask(self, uses: list[Use]) -> None:
        """Ask for the sets of these uses."""
        for kind, key, _ in uses:
            self._sets[kind].setdefault(key, set())

    def add(self, uses: list[Use]) -> None:
        """Add what a row says."""
        for kind, key, member in uses:
            self._sets[kind].setdefault(key, set()).add(member)

    def keep(self, tx: Transaction) -> None:
        """Let the transaction keep the sets."""
        for kind, sets in self._sets.items():
            for key, members in sets.items():
                tx.kept(kind)[key] = frozenset(members)


def are_kept(tx: Transaction, uses: list[Use]) -> bool:
    """Whether the transaction keeps every set of these uses."""
    return all(key in tx.kept(kind) for kind, key, _ in uses)


def kept(tx: Transaction, uses: list[Use]) -> list[tuple[Use, frozenset[str]]]:
    """Return the sets of these uses that the transaction keeps now."""
    sets = ((use, tx.kept(use[0]).get(use[1])) for use in uses)
    return [(use, members) for use, members in sets if members is not None]


def extend(tx: Transaction, before: list[tuple[Use, frozenset[str]]]) -> None:
    """Keep the sets again, each with its use."""
    for (kind, key, member), members in before:
        tx.kept(kind)[key] = members | {member}
