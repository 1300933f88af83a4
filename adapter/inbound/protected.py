"""The protection of a person: one row for each of the person's numbers, across all cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapter.core.model import Bundle
from adapter.fhir import bundles, labels
from adapter.inbound.turn import Turn
from adapter.outbound.pseudonyms import hashes
from adapter.policy import protection
from adapter.policy.stay import Stay
from adapter.store import cases, persons
from adapter.store.cases import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """The level of protection before and after a message, and whether it asks to lift it."""

    before: str = ""
    after: str = ""
    is_lifted: bool = False

    @property
    def is_new(self) -> bool:
        """Whether the message protects the person, or protects more strongly."""
        return self.after != self.before


def learn_level(turn: Turn, bundle: Bundle, stays: Iterable[Stay]) -> Level:
    """Return the protection of the message's person; store a new or stronger one.

    Silence never weakens it. A message that lifts it changes nothing: a person must confirm.
    """
    digests = _digests(turn, bundle, stays)
    known, stated = persons.level(turn.tx, digests), labels.protection(bundle)
    after = protection.stronger(known, stated)
    if after:  # also for a number that is new
        persons.set_level(turn.tx, digests, after, turn.message.id, turn.now)
    if after != known:
        turn.log("protected", after)
    return Level(before=known, after=after, is_lifted=bool(known) and stated == protection.NONE)


def open_cases(turn: Turn, bundle: Bundle, stays: Iterable[Stay]) -> list[Case]:
    """Return the cases of the message's person in which somebody may still be told."""
    since = turn.now - turn.network.settings.sharing.window
    return cases.open_of_patients(turn.tx, _digests(turn, bundle, stays), since)


def _digests(turn: Turn, bundle: Bundle, stays: Iterable[Stay]) -> list[str]:
    known = [number for stay in stays for number in stay.every_number]
    numbers = [*bundles.patient_ids(bundle), *bundles.old_patient_ids(bundle), *known]
    return hashes(turn.tx, numbers)
