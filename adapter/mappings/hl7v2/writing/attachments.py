"""A DocumentReference with its data to OBX with ED (HL7 v2.5.1 chapter 2A): base64."""

from __future__ import annotations

import re

from adapter.core.errors import FatalError
from adapter.mappings.hl7v2.writing.document import Part
from adapter.mappings.hl7v2.writing.er7 import coded, components
from adapter.mappings.hl7v2.writing.outgoing_message import Node

_TYPES = re.compile(r"(application|text|image)/(pdf|plain|png|jpeg)")
_STATUS = {"preliminary": "P", "final": "F", "amended": "C"}  # HL7 table 0085


def attachment(document: Node) -> Part:
    """Return a DocumentReference as ED under its title.

    FatalError `not-written` for an attachment without data, or of a type that has no form.
    """
    document.mark("subject")
    document.take_implied("status", "current")
    content = next(iter(document.parts("content")), document)
    file = content.part("attachment")
    kind = _TYPES.fullmatch(_bare_type(file))
    data = file.take("data")
    if kind is None or not data:
        raise FatalError("not-written", f"{file.expression} has no data, or an unknown type")
    title = document.take("description") or document.part("type").take("text")
    title = title or file.take("title")
    file.take_implied("title", title)
    document.part("type").take_implied("text", title)
    for key in ("size", "hash"):  # the receiver can reckon them from the data
        file.mark(key)
    value = components("", kind[1], kind[2], "Base64", "".join(data.split()))
    return Part(
        kind="ED",
        what=coded("attachment", title or "Bilaga"),
        value=value,
        at=document.take_time("date"),
        status=document.take_coded("docStatus", _STATUS),
    )


def _bare_type(file: Node) -> str:
    """Take the type of a file without its parameters, such as the charset: those are a loss."""
    bare, _, parameters = file.take("contentType").partition(";")
    if parameters:
        file.outgoing.rounded.add(f"{file.expression}.contentType")
    return bare.strip()
