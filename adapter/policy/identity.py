"""Whether a message is about the person of its case: one name belongs to one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

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
    """Compare the person of a message with the person of its case.

    Only a substitute number that becomes a personnummer changes by itself. Two personnummer may
    be a protected change of identity (fingerade personuppgifter): a person must decide.
    """
    known, stated = set(numbers(stay.numbers)), set(numbers(bundles.patient_ids(bundle)))
    old = set(numbers(bundles.old_patient_ids(bundle)))
    if not stated and not known:
        return Person.NOBODY
    ours, theirs = _persons(known), _persons(stated)
    if ours & theirs or (not (ours and theirs) and _may_be_same(known, stated)):
        return Person.SAME
    if old & known:
        is_substitute = all(_system(number) != PERSONNUMMER for number in ours)
        return Person.RENUMBERED if is_substitute and theirs else Person.CONTESTED
    return Person.OTHER


def _may_be_same(known: set[str], stated: set[str]) -> bool:
    """Whether nothing contradicts: one side has no number of a register of persons."""
    return not known or not stated or bool(known & stated) or not _comparable(known, stated)


def _comparable(known: set[str], stated: set[str]) -> bool:
    """Whether both have a number of the same system."""
    return bool({_system(i) for i in known} & {_system(i) for i in stated})


def numbers(identities: Iterable[str]) -> list[str]:
    """Return identities (`system|value`) in our form, so that two formats can be compared."""
    return [_in_our_form(each) for each in identities]


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
