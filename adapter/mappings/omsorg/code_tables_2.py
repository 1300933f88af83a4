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
PRINCIPAL = _table("Huvudman")
CONTACT_KIND = _table("Kontaktslag")
CONTACT_STATUS = _table("Kontaktstatus")
TELECOM_SYSTEM = _table("KontaktvagSlag")
TELECOM_USE = _table("KontaktvagBruk")
INVITATION_STATUS = _table("Kallelsestatus")
PARTICIPATION = _table("Deltagande")
REQUIRED = _table("Narvarokrav")
MEETING_FORM = _table("Motesform")
BASIS_KIND = _table("Underlagsslag")
BASIS_STATUS = _table("Underlagsstatus")
BASIS_AREA = _table("Omradeskod")
BASIS_ANSWER = _table("Omradessvar")
TRACK = _table("Sparfarg")
CONSENT_STATUS = _table("Samtyckesstatus")
CONSENT_FORM = _table("Samtyckesform")
ATTACHMENT_STATUS = _table("Bilagestatus")
DOCUMENT_STATUS = _table("Dokumentstatus")
GOAL_STATUS = _table("Malstatus")
GOAL_TERM = _table("Maltid")
ACHIEVEMENT = _table("Maluppfyllelse")
ATTENDANCE = _table("Narvaro")
RISK_STATUS = _table("Riskstatus")
RECALL = _table("Aterkallelseslag")
ASKED = _table("Begaran")
ANSWER_KIND = _table("Svarsutfall")


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
ATTRIBUTES = {("Meddelande", "ersatter"): "avser"}  # by element and name
