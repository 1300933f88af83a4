"""Find the cases of a patient by the number. The search is on record; the number is nowhere."""

from __future__ import annotations

from datetime import date, datetime

from adapter.core.errors import FatalError
from adapter.core.identifiers import PERSONNUMMER, Problem, identity
from adapter.outbound import pseudonyms
from adapter.store import Store, history
from adapter.store.queries import finding

_ANY_DAY = date(2026, 1, 1)  # the century is decided where the number is hashed


def of_patient(store: Store, number: str, who: str, now: datetime) -> list[str]:
    """Return the newest cases of the person with this number, and note the search for each.

    Twelve or ten digits; a number of another system as `system|number`. ValueError for no number;
    FatalError `unknown-id` when there is no case. The text of neither has the number.
    """
    typed = _typed(number)
    with store.begin() as tx:
        ids = finding.of_patient(tx, pseudonyms.hashes(tx, [typed]))
        for id_ in ids:
            history.note(tx, now, "patient-searched", case=id_, who=who)
    if not ids:
        raise FatalError("unknown-id", "no case of that patient")
    return ids


def _typed(text: str) -> str:
    if "|" in text:
        return text.strip()
    number = identity(text, on=_ANY_DAY) or identity(text, on=_ANY_DAY, system=PERSONNUMMER)
    if number is None or Problem.FORM in number.problems:
        raise ValueError("that is no number of a person")
    return f"{number.system}|{text.strip()}"
