"""The published URLs and code systems of our FHIR messages (docs/message.md): constants only.

Simulated parties import this module and nothing else of the adapter.
"""

from __future__ import annotations

from adapter.core.identifiers import HSA

__all__ = [
    "ACKNOWLEDGEMENT",
    "ACTIVITY",
    "BASE",
    "CASE_ID",
    "CONSENT",
    "DATA_ABSENT",
    "DISPOSITION",
    "ENCOUNTER_CLASS",
    "ENDED",
    "ENDPOINT",
    "ERROR",
    "EVENT",
    "HSA",
    "MESSAGE_ID",
    "MUNICIPALITY",
    "PROTECTED",
    "PROTECTION",
    "SECURITY",
    "SOURCE_ID",
    "V2_CLASS",
    "VISIT",
    "extension_url",
]

BASE = "https://careplan-adapter.example/fhir"

# Code systems.
EVENT = f"{BASE}/CodeSystem/event"
ERROR = f"{BASE}/CodeSystem/error"
ACTIVITY = f"{BASE}/CodeSystem/activity"
ENDED = f"{BASE}/CodeSystem/ended"  # why a receiver hears no more of a stay
CONSENT = f"{BASE}/CodeSystem/consent"  # a consent to planning, or a bar of secrecy
PROTECTION = f"{BASE}/CodeSystem/protection"  # one code, `none`: the protection is lifted
MUNICIPALITY = "urn:oid:1.2.752.129.2.2.1.17"  # kommunkod (SCB)
ACKNOWLEDGEMENT = "http://terminology.hl7.org/CodeSystem/v2-0008"  # HL7 table 0008: AA, AE, AR …
ENCOUNTER_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
V2_CLASS = "http://terminology.hl7.org/CodeSystem/v2-0004"  # HL7 table 0004: I, O, E …
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
SECURITY = "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel"
PROTECTED = ("skyddadFolkbokforing", "kvarskrivning", "sekretessmarkering")  # strongest first

ENDPOINT = "urn:careplan-adapter:endpoint:"  # begins the URI of each endpoint of ours

# Systems of identifiers; HSA is the one of organisations.
CASE_ID = f"{BASE}/sid/case"
MESSAGE_ID = f"{BASE}/sid/message"  # a content id: MessageHeader.id
SOURCE_ID = f"{BASE}/sid/source"  # the source's own message id, such as MSH-10
VISIT = f"{BASE}/sid/visit"


def extension_url(name: str) -> str:
    """Return the canonical URL of one of our extensions."""
    return f"{BASE}/StructureDefinition/{name}"
