"""Find the cases of a patient by the number. The search is on record; the number is nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from adapter.core.errors import FatalError
from adapter.core.identifiers import PERSONNUMMER, Problem, identity
from adapter.outbound import pseudonyms
from adapter.store import Store, history, persons
from adapter.store.queries import finding
from adapter.store.transaction import Transaction

_NOT_SHOWN = "not shown: a protected identity, and no reason"
_ANY_DAY = date(2026, 1, 1)  # the century is decided where the number is hashed


class ProtectedError(Exception):
    """The cases of a person with a protected identity are shown only for a reason."""


def of_patient(store: Store, number: str, who: str, reason: str, now: datetime) -> list[str]:
    """Return the newest cases of the person with this number, and note the search for each.

    Twelve or ten digits; a number of another system as `system|number`. ValueError for no number;
    FatalError `unknown-id` when there is no case; ProtectedError for a protected person when there
    is no reason: that these cases are one person's is known to nobody who need not know it. The
    text of none has the number.
    """
    typed = _typed(number)
    with store.begin() as tx:
        digests = pseudonyms.hashes(tx, [typed])
        ids = finding.of_patient(tx, digests)
        is_hidden = not reason and _is_protected(tx, digests, ids)
        for id_ in ids:
            detail = _NOT_SHOWN if is_hidden else reason
            history.note(tx, now, "patient-searched", case=id_, who=who, detail=detail)
    if not ids:
        raise FatalError("unknown-id", "no case of that patient")
    if is_hidden:
        raise ProtectedError
    return ids


def _is_protected(tx: Transaction, digests: Sequence[str], ids: Sequence[str]) -> bool:
    """Whether the person is protected under this number, or any of these cases is marked."""
    return bool(persons.level(tx, digests)) or any(h.protected for h in finding.heads(tx, ids))


def _typed(text: str) -> str:
    if "|" in text:
        return text.strip()
    number = identity(text, on=_ANY_DAY) or identity(text, on=_ANY_DAY, system=PERSONNUMMER)
    if number is None or Problem.FORM in number.problems:
        raise ValueError("that is no number of a person")
    return f"{number.system}|{text.strip()}"
