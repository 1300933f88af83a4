"""Write a receipt as the acknowledgement of a message (ACK, HL7 v2.8 chapter 2: MSA, ERR).

The ACK repeats the source's header and nothing about the patient. It can always be written: a
source that is not HL7 v2 gets a bare ACK.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import hl7

from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Code, Receipt
from adapter.fhir import bundles, responses
from adapter.mappings import Context
from adapter.mappings.hl7v2.ack_errors import err_entries, err_segments, msa_text
from adapter.mappings.hl7v2.ack_header import Header, source_header

_ACKNOWLEDGEMENT = {Code.OK: "AA", Code.FATAL: "AE", Code.TRANSIENT: "AR"}  # HL7 table 0008


def write_ack(bundle: Bundle, context: Context) -> hl7.Message:
    """Return the ACK of `context.source`: AA, AE or AR, with the source's MSH-10 in MSA-2.

    FatalError `not-written` for a bundle without a response.
    """
    receipt = _receipt(bundle)
    header = source_header(context)
    entries = list(err_entries(bundle, receipt.code))
    acknowledgement = _ACKNOWLEDGEMENT[receipt.code]
    lines = [
        _msh(bundle, header, context),
        header.segment(["MSA", acknowledgement, header.control, msa_text(entries, header)]),
        *err_segments(entries, header),
    ]
    return hl7.parse("\r".join(lines) + "\r")


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
        bundles.content_id(bundle).replace("-", "")[:20],  # v2.3 allows twenty characters
        header.echo("MSH-11") or "P",
        header.version,
        *([""] * 5),
        header.charset_field,
    ]
    return header.segment(["MSH", header.document.field("MSH-2"), *fields])


def _message_type(header: Header) -> str:
    """Return MSH-9: ACK, with a trigger and a structure where the source has them."""
    trigger = header.document.text("MSH-9.2")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", trigger):
        return "ACK"
    structure = ["ACK"] if header.document.text("MSH-9.3") else []
    return header.separators.component.join(["ACK", trigger, *structure])
