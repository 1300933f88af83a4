"""Find the event of a message. MSH-9.2 decides, never EVN-1, which real feeds copy wrongly.

Tables: HL7 v2.8 table 0076 (message type) and table 0003 (trigger event).
"""

from __future__ import annotations

import hl7

from adapter.core.errors import FatalError
from adapter.core.model import Event
from adapter.fhir.concept_maps import translations
from adapter.mappings.hl7v2.fields import Document

TRIGGERS = {code: Event(event) for code, event in translations("v2-event").items()}
"""The event of each trigger: profiles/ConceptMap-v2-event.json."""
_OUTPATIENT = "A04"  # read only where it carries an assessment
_NEVER_A_STAY = "A38"  # a cancelled pre-admission

_TYPE_NAMES = (
    "ACK ADR ADT BAR BPS BRP BRT BTS CCF CCI CCM CCQ CCR CCU CQU CRM CSU DBC DBU DFT DOC DPR DRC"
    " DRG DSR EAC EAN EAR EHC EQQ ERP ESR ESU INR INU IPC IPR LSR LSU MCF MDM MFD MFK MFN MFQ MFR"
    " NMD NMQ NMR OMB OMD OMG OMI OML OMN OMP OMQ OMS OPL OPR OPU ORA ORB ORD ORF ORG ORI ORL ORM"
    " ORN ORP ORR ORS ORU ORX OSM OSQ OSR OSU OUL PEX PGL PIN PMU PPG PPP PPR PPT PPV PRR PTR QBP"
    " QCK QCN QRF QRY QSB QSX QVR RAR RAS RCI RCL RDE RDO RDR RDS RDY REF RER RGR RGV ROR RPA RPI"
    " RPL RPR RQA RQC RQI RQP RQQ RRA RRD RRE RRG RRI RRO RSP RTB SCN SDN SDR SIU SLN SLR SMD SQM"
    " SQR SRM SRR SSR SSU STC STI SUR TBR TCR TCU UDM VQQ VTQ VXQ VXR VXU VXX"
)
_TYPES = frozenset(_TYPE_NAMES.split())
_QUERY_NAMES = "EQQ OSQ QBP QCN QRY QSB QSX QVR RQA RQC RQI RQP RQQ SPQ SQM VQQ VTQ VXQ"
_QUERIES = frozenset(_QUERY_NAMES.split())  # their senders wait for data, which no ACK has
_HIGHEST_TRIGGER = {  # the highest number of each letter of table 0003
    "A": 62,
    "B": 8,
    "C": 12,
    "E": 31,
    "I": 22,
    "J": 2,
    "K": 35,
    "M": 18,
    "N": 2,
    "O": 59,
    "P": 12,
    "Q": 34,
    "R": 44,
    "S": 37,
    "T": 12,
    "U": 14,
    "V": 4,
    "W": 2,
    "X": 1,
}
_TYPES_WITH_A_TRIGGERS = frozenset({"ADT", "ADR", "QRY", "ACK"})  # A01, A02 …


def recognise(message: hl7.Message) -> Event:
    """Return the event of a message; FatalError `unknown-event`, `unmapped-event`, `no-queries`."""
    document = Document(message=message)
    kind, trigger = document.text("MSH-9.1").upper(), document.text("MSH-9.2").upper()
    if kind == "ACK":
        return Event.RECEIPT
    if kind == "ADT" and trigger == _OUTPATIENT and document.has("ZSP"):
        return Event.ADMISSION_UPDATED  # a person must see an assessment without a stay
    if kind != "ADT" or trigger not in TRIGGERS:
        raise _refusal(kind, trigger)
    return _event(trigger, document)


def _event(trigger: str, document: Document) -> Event:
    """Return the event of an ADT trigger. A death outranks a withdrawn assessment.

    A message about the person with an assessment is about the stay, and is read as an A08.
    """
    event = TRIGGERS[trigger]
    if event is Event.PERSON_UPDATED:
        return _of_person(trigger, document)
    if trigger == "A08" and _names_no_visit(document):
        return Event.PERSON_UPDATED
    if trigger in ("A03", "A08") and is_dead(document):
        return Event.DECEASED
    ended = event is Event.ADMISSION_UPDATED and is_withdrawn(document)
    return Event.PROCESS_ENDED if ended else event


def _of_person(trigger: str, document: Document) -> Event:
    if trigger == _NEVER_A_STAY or not document.has("ZSP"):
        return Event.PERSON_UPDATED
    return _event("A08", document)


def _names_no_visit(document: Document) -> bool:
    """Whether an update is about the person alone: no PV1, or one of class N without number."""
    if document.has("ZSP") or document.has("PV2"):
        return False
    not_applicable = document.text("PV1-2").upper() == "N" and not document.text("PV1-19")
    return not document.has("PV1") or not_applicable


def is_dead(document: Document) -> bool:
    """Whether PID-30 is Y, or is empty while PID-29 has a time."""
    indicator = document.text("PID-30").upper()
    return indicator == "Y" or (not indicator and bool(document.text("PID-29")))


def is_withdrawn(document: Document) -> bool:
    """Whether ZSP-8 is Y, or all three needs are N and no unit is named."""
    needs = [document.text(f"ZSP-{number}").upper() for number in (2, 3, 4)]
    none = needs == ["N", "N", "N"] and not document.values("ZSP-7")
    return document.text("ZSP-8").upper() == "Y" or none


def _refusal(kind: str, trigger: str) -> FatalError:
    if kind in _QUERIES and _is_code(trigger):
        return FatalError("no-queries", f"{kind}^{trigger}")
    if _known(kind, trigger):
        return FatalError("unmapped-event", f"{kind}^{trigger}")
    return FatalError("unknown-event", "MSH-9 names no message of HL7 v2")


def _known(kind: str, trigger: str) -> bool:
    local = kind[:1] == "Z" or trigger[:1] == "Z"
    if local:  # HL7 leaves the names that begin with Z to local agreement
        return _is_code(kind) and _is_code(trigger)
    if kind not in _TYPES or not _is_trigger(trigger):
        return False
    return (trigger[0] != "A") or kind in _TYPES_WITH_A_TRIGGERS


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalnum()


def _is_trigger(text: str) -> bool:
    if not _is_code(text):
        return False
    problem_or_pathway = text[:2] == "PC" and text[2] in "123456789ABCDEFGHJKL"
    number = int(text[1:]) if text[1:].isdigit() else 0
    return problem_or_pathway or 1 <= number <= _HIGHEST_TRIGGER.get(text[0], 0)
