"""The code tables of omsorg/1: FHIR R4 code to Swedish word, by profiles/ConceptMap-omsorg.json.

A table has the name of its type in the schema, which lists the same words. Skydd is of OSL 22 kap.
1 § and folkbokföringslagen 16 §; its `upphort` is of another code system: the protection is lifted.
Vardform is HL7's ActEncounterCode; Plankategori is TypeOfCarePlan (GetCarePlans 2.0, and Inera's
FHIR code system).
"""

from __future__ import annotations

from typing import Any

from adapter.core.errors import FatalError, Issue
from adapter.core.model import Event, Need
from adapter.fhir.concept_maps import translations

NAMESPACE = "https://careplan-adapter.example/omsorg/1"


def _table(type_: str) -> dict[str, str]:
    """Return the words of a type of the schema by FHIR code."""
    return translations("omsorg", f"{NAMESPACE}#{type_}")


EVENT = {Event(code): word for code, word in _table("Meddelandetyp").items()}
RESPONSE = _table("Kvittenskod")
SEVERITY = _table("Allvar")
GENDER = _table("Kon")
PROTECTION = _table("Skydd")
ENDED = _table("Orsakskod")
IDENTIFIER_USE = _table("IdBruk")
NAME_USE = _table("NamnBruk")
ADDRESS_USE = _table("AdressBruk")
ADDRESS_TYPE = _table("AdressSlag")
ENCOUNTER_STATUS = _table("Vardstatus")
ENCOUNTER_CLASS = _table("Vardform")
NEED = {Need(code): word for code, word in _table("Behov").items()}
PLAN_STATUS = _table("Planstatus")
PLAN_CATEGORY = _table("Plankategori")
ACTIVITY_STATUS = _table("Insatsstatus")
TEXT_STATUS = _table("Textstatus")
PRIORITY = _table("Prioritet")
ANSWER_STATUS = _table("Svarsstatus")
ISSUE_TYPE = _table("Feltyp")


def code_of(table: dict[Any, str], word: str) -> str:
    """Return the FHIR code of a word that the schema has already checked; "" for ""."""
    return next((str(code) for code, listed in table.items() if listed == word), "")


def word_of(table: dict[Any, str], code: str, expression: str) -> str:
    """Return the word of a FHIR code; FatalError `unknown-code`, with the expression."""
    if not code or code in table:
        return table.get(code, "")
    raise FatalError(
        "unknown-code", expression, [Issue(code="unknown-code", expression=expression)]
    )
