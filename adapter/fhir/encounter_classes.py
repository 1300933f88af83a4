"""What class of care the Encounter of a message states (R4, Encounter.class)."""

from __future__ import annotations

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.canonical import V2_CLASS
from adapter.fhir.codings import is_assumed
from adapter.fhir.concept_maps import translations
from adapter.fhir.parts import unknown

UNKNOWN = "unknown"
_NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_NOT_STATED = frozenset({"N", "U"})  # of table 0004: not applicable, unknown


def stated_class(bundle: Bundle) -> str:
    """Return the ActCode that is stated, such as IMP; "" where none is.

    UNKNOWN is a class of another system, or one that its mapping could not read: it may be no
    inpatient care. A code of HL7 table 0004 is translated by profiles/ConceptMap-v2-class.json.
    """
    coding = bundles.class_coding(bundle)
    system, code = coding.get("system"), str(coding.get("code", ""))
    if is_assumed(coding):
        return UNKNOWN if coding.get("extension") == unknown()["extension"] else ""
    if system == _NULL_FLAVOR or not (code or coding.get("display")):
        return ""
    if system != V2_CLASS:
        return bundles.encounter_class(bundle) or UNKNOWN
    return "" if code in _NOT_STATED else translations("v2-class").get(code, UNKNOWN)
