"""Write a receipt as the acknowledgement of a message (ACK, HL7 v2.8 chapter 2: MSA, ERR).

The ACK repeats the source's header and nothing about the patient. It can always be written: a
source that is not HL7 v2 gets a bare ACK.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import hl7

from adapter.core.acknowledgement import Reply
from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Code, Receipt
from adapter.fhir import bundles, responses
from adapter.mappings import Context
from adapter.mappings.hl7v2.ack_errors import ErrEntry, err_entries, err_segments, msa_text
from adapter.mappings.hl7v2.ack_header import Header, source_header

_ACKNOWLEDGEMENT = {Code.OK: "AA", Code.FATAL: "AE", Code.TRANSIENT: "AR"}  # HL7 table 0008
_COMMIT = {Code.OK: "CA", Code.FATAL: "CE", Code.TRANSIENT: "CE"}
_REJECTED = frozenset(  # the values of MSH-9, MSH-11 or MSH-12 cannot be taken: CR
    {"unknown-event", "unmapped-event", "no-queries", "test-message"}
)


def write_ack(bundle: Bundle, context: Context) -> hl7.Message:
    """Return the ACK of `context.source`, with the source's MSH-10 in MSA-2.

    MSA-1 is AA, AE or AR; of a commit CA, CE or CR (HL7 v2.5.1 chapter 2.9.3).
    FatalError `not-written` for a bundle without a response.
    """
    receipt = _receipt(bundle)
    header = source_header(context)
    entries = list(err_entries(bundle, receipt.code))
    acknowledgement = _acknowledgement(receipt.code, entries, context.reply)
    lines = [
        _msh(bundle, header, context),
        header.segment(["MSA", acknowledgement, header.control, msa_text(entries, header)]),
        *err_segments(entries, header),
    ]
    return hl7.parse("\r".join(lines) + "\r")


def _acknowledgement(code: Code, entries: Sequence[ErrEntry], reply: Reply) -> str:
    """Return MSA-1."""
    errors = {entry.code for entry in entries if entry.severity == "E"}
    if reply is not Reply.COMMIT:
        return "AR" if "test-message" in errors else _ACKNOWLEDGEMENT[code]
    return _COMMIT[code] if _REJECTED.isdisjoint(errors) else "CR"


def _receipt(bundle: Bundle) -> Receipt:
    try:
        return responses.response(bundle)
    except ValueError as error:
        raise FatalError("not-written", "the receipt has no response code") from error


def _msh(bundle: Bundle, header: Header, context: Context) -> str:
    zone = ZoneInfo((context.receiver or context.sender).zone)
    fields = [
        *(header.echo(path) for path in ("MSH-5", "MSH-6", "MSH-3", "MSH-4")),
        context.recorded.astimezone(zone).strftime("%Y%m%d%H%M%S%z"),
        "",
        _message_type(header),
        _control(bundle, context.reply),
        header.echo("MSH-11") or "P",
        header.version,
        "",
        "",
        *(("AL", "NE") if context.reply is Reply.DELIVERED else ("", "")),  # how it is answered
        "",
        header.charset_field,
    ]
    return header.segment(["MSH", header.document.field("MSH-2"), *fields])


def _control(bundle: Bundle, reply: Reply) -> str:
    """Return MSH-10: the two acknowledgements of one message have different ones."""
    digits = bundles.content_id(bundle).replace("-", "")
    return digits[-20:] if reply is Reply.DELIVERED else digits[:20]  # v2.3 allows twenty


def _message_type(header: Header) -> str:
    """Return MSH-9: ACK, with a trigger and a structure where the source has them."""
    trigger = header.document.text("MSH-9.2")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", trigger):
        return "ACK"
    structure = ["ACK"] if header.document.text("MSH-9.3") else []
    return header.separators.component.join(["ACK", trigger, *structure])
