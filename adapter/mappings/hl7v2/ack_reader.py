"""Read an acknowledgement (ACK, HL7 v2.8 chapter 2: MSA, ERR) from a receiver as a receipt.

Its codes and places are carried. Its free text is not, because it may name the patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from adapter.core.catalogue import CATALOGUE, ErrorCode
from adapter.core.errors import FatalError
from adapter.core.model import Code
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ACKNOWLEDGEMENT, ERROR
from adapter.fhir.parts import present, receipt_response
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import recorded_at
from adapter.mappings.hl7v2.times import sender_clock

RECEIPT_CODES = {  # HL7 table 0008; some receivers answer with the C codes of the enhanced mode
    "AA": Code.OK,
    "CA": Code.OK,
    "AE": Code.FATAL,
    "CE": Code.FATAL,
    "AR": Code.TRANSIENT,
    "CR": Code.TRANSIENT,
}
_REFUSALS: dict[Code, ErrorCode] = {Code.FATAL: "refused", Code.TRANSIENT: "refused-for-now"}
_SEVERITY = {"E": "error", "F": "error", "W": "warning", "I": "information"}
_CONDITION = "http://terminology.hl7.org/CodeSystem/v2-0357"
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")  # FHIR id: every MSH-10 that we send is one
_OWN_CODE = re.compile(  # without six digits in a row, so that it cannot be a person's number
    r"[A-Za-z](?:[A-Za-z_.-]|[0-9](?![0-9]{5})){0,39}"
)
_FREE_TEXT = ("MSA-3", "ERR-7", "ERR-8", "NTE-3")


@dataclass(frozen=True, slots=True, kw_only=True)
class AckParts:
    """An ACK as parts of a receipt message; `outcome` holds at most one OperationOutcome."""

    response: Resource
    outcome: tuple[Resource, ...]
    recorded: datetime


def read_ack(document: Document, content: str, context: Context) -> AckParts:
    """Return the parts of the receipt; FatalError `bad-answer` for an unknown MSA-1 or MSA-2."""
    acknowledgement, about = document.text("MSA-1").upper(), document.text("MSA-2")
    code = RECEIPT_CODES.get(acknowledgement)
    if code is None:
        raise FatalError("bad-answer", "MSA-1 is no acknowledgement code")
    if not _ID.fullmatch(about):
        raise FatalError("bad-answer", "MSA-2 is no control id of ours")
    for path in _FREE_TEXT:
        if document.text(path):
            context.lose(path, "free text may name the patient")
    issues = [*_refusal_issue(code, acknowledgement), *_err_issues(document)]
    response, outcome = receipt_response(
        content=content, about=about, code=str(code), issues=issues
    )
    recorded = recorded_at(document, sender_clock(context))
    return AckParts(response=response, outcome=outcome, recorded=recorded)


def _refusal_issue(code: Code, acknowledgement: str) -> Iterator[Resource]:
    """Yield the issue of a refusal, with MSA-1 as a coding; nothing for an acceptance."""
    if code not in _REFUSALS:
        return
    name = _REFUSALS[code]
    entry = CATALOGUE[name]
    yield {
        "severity": "error",
        "code": entry.type,
        "details": {
            "coding": [
                {"system": ERROR, "code": name},
                {"system": ACKNOWLEDGEMENT, "code": acknowledgement},
            ],
            "text": f"{entry.sv} / {entry.en}",
        },
    }


def _err_issues(document: Document) -> Iterator[Resource]:
    """Yield an issue for each ERR: from ERR-2 to ERR-5 since v2.5, from ERR-1 before."""
    for index in range(document.count("ERR")):
        condition = document.text("ERR-3", index) or document.text("ERR-1.4", index)
        own = document.text("ERR-5", index)
        coding = [{"system": _CONDITION, "code": condition}] if _is_condition(condition) else []
        coding += [{"code": own}] if _OWN_CODE.fullmatch(own) else []
        place = _place(document, index)
        yield present(
            {
                "severity": _SEVERITY.get(document.text("ERR-4", index).upper(), "error"),
                "code": "processing",
                "details": present({"coding": coding}),
                "expression": [place] if place else [],
            }
        )


def _is_condition(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,3}", text) is not None


def _place(document: Document, index: int) -> str:
    """Return the ERL or ELD as a path such as `PID-3`; "" where it names no segment."""
    field = "ERR-2" if document.text("ERR-2", index) else "ERR-1"
    name, number = document.text(f"{field}.1", index), document.text(f"{field}.3", index)
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", name):
        return ""
    return f"{name}-{number}" if re.fullmatch(r"[0-9]{1,3}", number) else name
