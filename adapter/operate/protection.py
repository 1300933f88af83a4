"""Show and lift the protection of a case's person. A named person lifts it, never a machine.

A person is found by the case: nobody types a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from adapter.core.errors import FatalError
from adapter.inbound import stay_lifting
from adapter.policy import identity
from adapter.policy.stay import Stay, load
from adapter.settings.network import Network
from adapter.store import cases, endpoints, history, items, persons, stays
from adapter.store.cases import Case
from adapter.store.persons import Protection
from adapter.store.queries.dead import DeadLetter, dead_letters
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """The protection of a case's person: its level, since when, and what is held for it."""

    level: str  # "" for none
    since: datetime | None
    set_by: str  # the message that said so
    lifted_at: datetime | None
    lifted_by: str
    held: tuple[DeadLetter, ...]  # deliveries of the case


def digests(tx: Transaction, case_id: str) -> list[str]:
    """Return the keyed hashes under which a case's person is known, old numbers too."""
    numbers = identity.numbers(_numbers(load(stays.get(tx, case_id))))
    key = endpoints.key(tx, endpoints.PATIENT) if numbers else b""
    known = [cases.patient_of(tx, case_id), *(cases.pseudonym(key, each) for each in numbers)]
    return [digest for digest in dict.fromkeys(known) if digest]


def _numbers(stay: Stay) -> list[str]:
    old = stay.value("old") or ()
    return [*stay.numbers, *(f"{i.get('system', '')}|{i['value']}" for i in old if i.get("value"))]


def protected(tx: Transaction, case_id: str) -> Protected:
    """Return the protection of a case's person as it is now."""
    known = digests(tx, case_id)
    rows = sorted(persons.of_digests(tx, known), key=lambda row: (bool(row.level), row.set_at))
    newest = rows[-1] if rows else None
    return Protected(
        level=persons.level(tx, known),
        since=newest.set_at if newest else None,
        set_by=newest.set_by if newest else "",
        lifted_at=_lifted_at(newest),
        lifted_by=newest.lifted_by if newest else "",
        held=tuple(_held(tx, [case_id])),
    )


def _lifted_at(row: Protection | None) -> datetime | None:
    return row.lifted_at if row else None


def lift(
    tx: Transaction, network: Network, case_id: str, *, who: str, reason: str, now: datetime
) -> tuple[DeadLetter, ...]:
    """Lift the protection of a case's person, in every case. Return what is still held.

    Receivers that have the label are told that it has ended, while their right lasts. Held
    deliveries stay held: a person releases or discards each. FatalError `illegal-transition` when
    no protection holds, so that it is lifted once.
    """
    known = digests(tx, case_id)
    affected = _locked(tx, case_id, known)
    if not persons.lift(tx, known, who, now):
        raise FatalError("illegal-transition", "the patient of this case has no protection")
    for case in affected:
        cases.save(tx, case.id, protected=False)
        items.close(tx, case.id, "protection-lifted", "", f"lifted by {who}", now)
        history.note(tx, now, "lifted", case=case.id, detail=reason, who=who)
        with suppress(FatalError):  # nobody can be told of a stay that is purged
            stay_lifting.tell_lifted(tx, network, cases.lock(tx, case.id), now)
    return tuple(_held(tx, [case.id for case in affected]))


def _locked(tx: Transaction, case_id: str, known: Sequence[str]) -> list[Case]:
    """The case and the open cases of the same person, locked."""
    others = [case for case in cases.open_of_patients(tx, known) if case.id != case_id]
    return [cases.lock(tx, case_id), *others]


def _held(tx: Transaction, ids: Iterable[str]) -> list[DeadLetter]:
    causes = [c for c in dead_letters(tx) if c.code == "protected-identity"]
    wanted = set(ids)
    return [each for cause in causes for each in cause.letters if each.case_id in wanted]
