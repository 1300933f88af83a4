"""Whether a message is about the person of its case: one name belongs to one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import lru_cache

from adapter.core.identifiers import PERSON_SYSTEMS, PERSONNUMMER, identity
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.policy.stay import Stay


class Person(StrEnum):
    """What a message says about the person of its case."""

    SAME = "same"
    RENUMBERED = "renumbered"  # a substitute number became a personnummer
    CONTESTED = "contested"  # its source says that one personnummer became another
    OTHER = "other"
    NOBODY = "nobody"  # no identity at all


def judge(stay: Stay, bundle: Bundle) -> Person:
    """Compare the person of a message with the person of its case; an empty Stay has no person.

    Only a substitute number that becomes a personnummer changes by itself. Two personnummer may
    be a protected change of identity (fingerade personuppgifter): a person must decide. So must
    one where nothing shows that the person is the same.
    """
    known, stated = set(numbers(stay.numbers)), set(numbers(bundles.patient_ids(bundle)))
    if not stated:
        return Person.NOBODY
    if len(_personnummer(stated)) > 1:
        return Person.CONTESTED
    ours, theirs = _persons(known), _persons(stated)
    if not known or (ours & theirs and not _have_two_personnummer(ours, theirs)):
        return Person.SAME
    if set(numbers(bundles.old_patient_ids(bundle))) & known:
        is_substitute = not _personnummer(ours)
        return Person.RENUMBERED if is_substitute and theirs else Person.CONTESTED
    if ours and theirs:
        return Person.OTHER
    return Person.SAME if known & stated else _unlike(known, stated)


def _unlike(known: set[str], stated: set[str]) -> Person:
    """Another number of the same system is another person; else nothing can be compared."""
    comparable = {_system(i) for i in known} & {_system(i) for i in stated}
    return Person.OTHER if comparable else Person.CONTESTED


def _have_two_personnummer(ours: set[str], theirs: set[str]) -> bool:
    """Whether each side has a personnummer, and none is the same: another number links nothing."""
    a, b = _personnummer(ours), _personnummer(theirs)
    return bool(a and b) and not a & b


def _personnummer(identities: Iterable[str]) -> set[str]:
    return {i for i in identities if _system(i) == PERSONNUMMER}


def numbers(identities: Iterable[str]) -> list[str]:
    """Return identities (`system|value`) in our form, so that two formats can be compared.

    The numbers of registers of persons come first: a case is looked up by the first.
    """
    ours = [_in_our_form(each) for each in identities]
    return sorted(ours, key=lambda each: _system(each) not in PERSON_SYSTEMS)


@lru_cache(maxsize=1024)  # a message asks for the numbers of its patient several times
def _in_our_form(each: str) -> str:
    system, _, value = each.partition("|")
    number = identity(value, on=_CENTURY, system=system)
    return f"{number.system}|{number.value}" if number and number.value else each


_CENTURY = date(2026, 1, 1)
"""Decides the century of ten digits, always in the same way: a digest must not change."""


def _persons(identities: Iterable[str]) -> set[str]:
    return {i for i in identities if _system(i) in PERSON_SYSTEMS}


def _system(each: str) -> str:
    return each.partition("|")[0]
