"""The code tables of omsorg/2 besides those of omsorg/1, by profiles/ConceptMap-omsorg-2.json.

A table has the name of its type in the schema of omsorg/2.
"""

from __future__ import annotations

from adapter.core.model import Event
from adapter.fhir.concept_maps import translations
from adapter.mappings.omsorg import code_tables

NAMESPACE_2 = "https://careplan-adapter.example/omsorg/2"


def _table(type_: str) -> dict[str, str]:
    """Return the words of a type of the schema by FHIR code."""
    return translations("omsorg-2", f"{NAMESPACE_2}#{type_}")


EVENT_2 = {Event(code): word for code, word in _table("Meddelandetyp").items()}


def _renamed(type_: str, table: dict[str, str]) -> dict[str, str]:
    """Return the words of a type that omsorg/2 has other words for, by the word of omsorg/1."""
    later = _table(type_)
    return {word: later[code] for code, word in table.items() if later[code] != word}


WORDS = {  # by element and attribute
    ("Vardtillfalle", "status"): _renamed("Vardstatus", code_tables.ENCOUNTER_STATUS),
    ("Vardtillfalle", "vardform"): _renamed("Vardform", code_tables.ENCOUNTER_CLASS),
    ("Namn", "bruk"): _renamed("NamnBruk", code_tables.NAME_USE),
}
ELEMENTS = {  # by parent and name
    ("", "Kvittens"): "Systemkvittens",
    ("Meddelande", "Svar"): "Kvittering",
    ("Vardtillfalle", "Vardgivare"): "Vardenhet",
}
