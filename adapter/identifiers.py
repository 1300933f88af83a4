"""Swedish identifiers: their systems, forms and check digits. Tolerant in, strict out."""

from __future__ import annotations

HSA = "urn:oid:1.2.752.29.4.19"
_HSA_SYSTEMS = frozenset(
    {HSA, "urn:oid:1.2.752.129.2.1.4.1", "1.2.752.129.2.1.4.1", "1.2.752.29.4.19"}
)


def is_hsa(system: str) -> bool:
    """Whether a system is one of the two that name HSA-ids (domain: Inera and HL7 Sweden)."""
    return system.strip() in _HSA_SYSTEMS


def hsa_id(text: str) -> str:
    """An HSA-id in our form: no white space, upper case (HSA-ids are compared without case)."""
    return "".join(text.split()).upper()
