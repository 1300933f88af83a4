"""An acknowledgement (ACK, HL7 v2.8 chapter 2: MSA, ERR) that we get, as a receipt.

Free text in it may name the patient, and is not carried: codes and places are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.core.errors import FatalError
from adapter.core.model import Code
from adapter.fhir.builders import new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ACKNOWLEDGEMENT, ERROR
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import recorded
from adapter.mappings.hl7v2.times import clock

CODES = {  # table 0008; the C codes of the enhanced mode say the same of the first step
    "AA": Code.OK,
    "CA": Code.OK,
    "AE": Code.FATAL,
    "CE": Code.FATAL,
    "AR": Code.TRANSIENT,
    "CR": Code.TRANSIENT,
}
_MEANS: dict[Code, ErrorCode] = {Code.FATAL: "refused", Code.TRANSIENT: "refused-for-now"}
_SEVERITY = {"E": "error", "F": "error", "W": "warning", "I": "information"}
_CONDITION = "http://terminology.hl7.org/CodeSystem/v2-0357"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")  # FHIR id: every MSH-10 that we send is one
_OWN_CODE = re.compile(r"[A-Za-z](?:[A-Za-z_.-]|[0-9](?![0-9]{5})){0,39}")  # no number of a person
_FREE_TEXT = ("MSA-3", "ERR-7", "ERR-8", "NTE-3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An ACK as the parts of a receipt; `outcome` is the OperationOutcome, where there is one."""

    response: Resource
    outcome: tuple[Resource, ...]
    recorded: datetime


def read_answer(document: Document, content: str, context: Context) -> Answer:
    """What an ACK says; FatalError `bad-answer` where it does not say to what, or what."""
    said, about = document.text("MSA-1").upper(), document.text("MSA-2")
    code = CODES.get(said)
    if code is None:
        raise FatalError("bad-answer", "MSA-1 is no acknowledgement code")
    if not _ID.fullmatch(about):
        raise FatalError("bad-answer", "MSA-2 is no control id of ours")
    for path in _FREE_TEXT:
        if document.text(path):
            context.lose(path, "free text may name the patient")
    response: Resource = {"identifier": about, "code": str(code)}
    issues = [*_verdict(code, said), *_errors(document)]
    if not issues:
        return Answer(response=response, outcome=(), recorded=_recorded(document, context))
    outcome: Resource = {
        "resourceType": "OperationOutcome",
        "id": new_id(content, "outcome"),
        "issue": issues,
    }
    return Answer(
        response=response | {"details": reference(outcome["id"])},
        outcome=(outcome,),
        recorded=_recorded(document, context),
    )


def _recorded(document: Document, context: Context) -> datetime:
    return recorded(document, clock(context))


def _verdict(code: Code, said: str) -> Iterator[Resource]:
    if code in _MEANS:
        name = _MEANS[code]
        entry = CATALOGUE[name]
        yield {
            "severity": "error",
            "code": entry.type,
            "details": {
                "coding": [
                    {"system": ERROR, "code": name},
                    {"system": ACKNOWLEDGEMENT, "code": said},
                ],
                "text": f"{entry.sv} / {entry.en}",
            },
        }


def _errors(document: Document) -> Iterator[Resource]:
    """The ERR segments: ERR-2, 3, 4 and 5 from v2.5; ERR-1 before."""
    for index in range(document.count("ERR")):
        condition = document.text("ERR-3", index) or document.text("ERR-1.4", index)
        own = document.text("ERR-5", index)
        coding = [{"system": _CONDITION, "code": condition}] if _is_condition(condition) else []
        coding += [{"code": own}] if _OWN_CODE.fullmatch(own) else []
        severity = _SEVERITY.get(document.text("ERR-4", index).upper(), "error")
        issue: Resource = {"severity": severity, "code": "processing"}
        issue |= {"details": {"coding": coding}} if coding else {}
        where = _place(document, index)
        yield issue | ({"expression": [where]} if where else {})


def _is_condition(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", text) is not None


def _place(document: Document, index: int) -> str:
    """ERL or ELD as a path: `PID-3`."""
    field = "ERR-2" if document.text("ERR-2", index) else "ERR-1"
    name, number = document.text(f"{field}.1", index), document.text(f"{field}.3", index)
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", name):
        return ""
    return f"{name}-{number}" if re.fullmatch(r"[0-9]{1,3}", number) else name
