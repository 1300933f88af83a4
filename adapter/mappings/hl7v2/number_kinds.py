"""Which kind of number a CX is: what its authority (CX.4) and its type (CX.5) say.

The number is carried with its system. An authority or a type that the system repeats is read;
another one is not, and is confessed. HL7 v2.8 chapter 2A, CX and HD; table 0203.
"""

from __future__ import annotations

import re

from adapter.core.identifiers import (
    LMA,
    PERSON_SYSTEMS,
    PERSONNUMMER,
    SAMORDNINGSNUMMER,
    normalised,
)
from adapter.mappings.hl7v2.fields import Value
from adapter.mappings.hl7v2.hl7_message import Hl7Message

CIVIC = frozenset({PERSONNUMMER, SAMORDNINGSNUMMER})
SYSTEM_OF_TYPE = {  # CX.5: HL7 table 0203, and the types that Nordic feeds send
    "NI": PERSONNUMMER,
    "NN": PERSONNUMMER,
    "NNSWE": PERSONNUMMER,
    "PNR": PERSONNUMMER,
    "SNR": PERSONNUMMER,
    "LMA": LMA,
}
_ANY_PERSON_NUMBER = frozenset({"NI", "NN"})  # national, of whichever nation
_LOCAL = frozenset({"PI", "PT", "MR"})  # table 0203: numbers that a hospital gives its patients
_TAX_AGENCY = frozenset({"SKV", "SKATTEVERKET"})
_ISSUERS = {  # the authorities that a number's system already says
    PERSONNUMMER: _TAX_AGENCY,
    SAMORDNINGSNUMMER: _TAX_AGENCY,
    LMA: frozenset({"MIGRATIONSVERKET"}),
}
_NAMES = ((4, 2), (4, 1))  # of the authority: its OID or URI, and its local name
_TYPE = 5


def authority_of(value: Value) -> str:
    """Return the OID or URI in CX.4; "" where CX.4 has only a local name."""
    systems = (normalised(text) for place in _NAMES if (text := value.peek(*place)))
    return next((s for s in systems if re.match(r"urn:oid:|https?://", s)), "")


def mark_kind(value: Value, system: str, message: Hl7Message) -> None:
    """Count as read what CX.4 and CX.5 say, where the system of the number says it too."""
    for place in _NAMES:
        text = value.peek(*place)
        if text and _is_authority(text, system, message):
            value.mark(*place)
    kind = value.peek(_TYPE).upper()
    if kind and _is_type(kind, system):
        value.mark(_TYPE)


def _is_authority(text: str, system: str, message: Hl7Message) -> bool:
    if _is_same(normalised(text), system) or text.upper() in _ISSUERS.get(system, ()):
        return True
    return message.is_own(text)


def _is_type(kind: str, system: str) -> bool:
    if system not in PERSON_SYSTEMS:
        return kind in _LOCAL
    return kind in _ANY_PERSON_NUMBER or _is_same(SYSTEM_OF_TYPE.get(kind, ""), system)


def _is_same(stated: str, system: str) -> bool:
    """Whether a system is the stated one. A personnummer and a samordningsnummer are one kind."""
    return stated == system or (stated in CIVIC and system in CIVIC)
