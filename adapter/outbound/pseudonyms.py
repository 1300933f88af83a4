"""Keyed hashes of a person's numbers: the only form in which they stand outside bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.policy import identity
from adapter.store import cases, endpoints
from adapter.store.transaction import Transaction


def hashes(tx: Transaction, identities: Iterable[str]) -> list[str]:
    """Return the keyed hash of each identity (`system|value`), without repetitions."""
    numbers = list(dict.fromkeys(identity.numbers(identities)))
    key = endpoints.key(tx, endpoints.PATIENT) if numbers else b""
    return [cases.pseudonym(key, number) for number in numbers]


def pseudonyms(tx: Transaction, bundle: Bundle) -> list[str]:
    """Return the keyed hash of each present number of a message's patient."""
    return hashes(tx, bundles.patient_ids(bundle))


def every_pseudonym(tx: Transaction, bundle: Bundle) -> list[str]:
    """Return the keyed hash of each number of a message's patient, old ones too."""
    return hashes(tx, [*bundles.patient_ids(bundle), *bundles.old_patient_ids(bundle)])


def signature(tx: Transaction) -> Callable[[str], str]:
    """Return the function that makes the keyed digest of a text that outlives its message."""
    key = endpoints.key(tx, endpoints.PATIENT)
    return lambda text: cases.pseudonym(key, text)[:16]
