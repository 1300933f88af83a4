"""Attachments of a FHIR message: are they of an allowed type, and what their type says?

R4 (4.0.1), datatypes.html#Attachment; binary.html. Nothing is decompressed, rendered or fetched.
The work grows with the size of the message, and not with what a file would unpack to.
"""

from __future__ import annotations

from binascii import Error, a2b_base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.core.endpoint import AttachmentLimits, AttachmentType
from adapter.fhir.attachments import disguises, jpeg, pdf, plain_text, png, titles
from adapter.fhir.attachments.binaries import Binaries, Facts, facts
from adapter.fhir.r4_references import Names

Fault = tuple[ErrorCode, str, str]
"""Code, path and detail of an issue. The detail quotes nothing of the attachment."""
_CONTENTS: dict[AttachmentType, Callable[[bytes], str]] = {
    AttachmentType.PDF: pdf.fault,
    AttachmentType.TEXT: plain_text.fault,
    AttachmentType.PNG: png.fault,
    AttachmentType.JPEG: jpeg.fault,
}
_UTF_8 = frozenset({"charset=utf-8", 'charset="utf-8"', "charset=us-ascii", 'charset="us-ascii"'})
_NOWHERE = ("", frozenset[str]())
_SPACES = " \t\n\r\f\v"  # base64 may have them between its letters


class Check:
    """Checks the attachments of one message, and counts their bytes."""

    def __init__(self, limits: AttachmentLimits) -> None:
        self._limits = limits
        self._bytes = 0
        self._binaries = Binaries(limits.largest)

    def know(self, bundle: Mapping[str, Any]) -> None:
        """Take note of the Binary entries of a Bundle, before its attachments are looked at."""
        self._binaries.know(bundle)

    def faults(self, attachment: Mapping[str, Any], path: str, names: Names) -> Iterator[Fault]:
        """Yield what is wrong with an Attachment or a Binary whose structure is right.

        Without data it may point to a Binary among the entries of the Bundle, which have `names`.
        """
        title, data = attachment.get("title"), attachment.get("data")
        if title is not None:
            yield from _title_faults(title, attachment.get("contentType"), f"{path}.title")
        if data is not None:
            yield from self._content(attachment, data, path)
        elif names.get(attachment.get("url", ""), _NOWHERE)[0] != "Binary":
            yield "bad-attachment", path, "has no data: send the bytes; no address is fetched"
        else:
            yield from self._linked(attachment, path)

    def _linked(self, attachment: Mapping[str, Any], path: str) -> Iterator[Fault]:
        """Yield where an Attachment says another thing than the Binary that it points to."""
        binary = self._binaries.get(attachment["url"]) or {}
        declared, kind = attachment.get("contentType"), _type(binary.get("contentType"))
        if declared is not None and kind and _type(declared) is not kind:
            yield "bad-attachment", f"{path}.contentType", "is not that of the Binary"
        known = self._binaries.facts(binary) if {"size", "hash"} & attachment.keys() else None
        if known is not None:
            yield from _declared_faults(attachment, known, path)

    def _content(self, attachment: Mapping[str, Any], data: str, path: str) -> Iterator[Fault]:
        kind = _type(attachment.get("contentType"))
        if kind not in self._limits.types:
            allowed = ", ".join(self._limits.types) or "none"
            yield "bad-attachment", f"{path}.contentType", f"allowed: {allowed}"
        size = _size(data)
        self._bytes += size
        if size > self._limits.largest or self._bytes > self._limits.together:
            yield "too-large", f"{path}.data", self._over(size)
            return
        content = a2b_base64(data)
        yield from _declared_faults(attachment, facts(content), path)
        if kind in self._limits.types and (wrong := _fault(kind, content)):
            yield "bad-attachment", f"{path}.data", wrong

    def _over(self, size: int) -> str:
        largest, together = self._limits.largest, self._limits.together
        if size > largest:
            return f"{size} bytes; the limit of an attachment is {largest}"
        return f"{self._bytes} bytes with those before; the limit of all together is {together}"


def _type(declared: Any) -> AttachmentType | None:
    """Return the type that is declared; None for one that we do not know.

    A text may have a charset, which must be UTF-8 or a part of it. No other parameter is read.
    """
    name, *parameters = (part.strip() for part in str(declared).casefold().split(";"))
    kind = next((known for known in AttachmentType if known == name), None)
    allowed = _UTF_8 if kind is AttachmentType.TEXT else frozenset[str]()
    return kind if allowed.issuperset(parameters) else None


def _size(data: str) -> int:
    """Return how many bytes are in base64, without reading it."""
    letters = len(data) - sum(map(data.count, _SPACES))
    return letters // 4 * 3 - data.count("=")


def _fault(kind: AttachmentType, content: bytes) -> str:
    """Return what is wrong with the bytes of an attachment; "" for nothing."""
    return _CONTENTS[kind](content) or ("" if kind == "text/plain" else disguises.fault(content))


def _title_faults(title: str, declared: Any, path: str) -> Iterator[Fault]:
    kind = _type(declared)
    wrong = titles.fault(title) or (titles.ending_fault(title, kind) if kind else "")
    if wrong:
        yield "bad-attachment", path, wrong


def _declared_faults(attachment: Mapping[str, Any], known: Facts, path: str) -> Iterator[Fault]:
    """Yield where size and hash do not fit the bytes. R4: the hash is SHA-1, in base64."""
    if attachment.get("size", known.size) != known.size:
        yield "bad-attachment", f"{path}.size", f"the data has {known.size} bytes"
    declared = attachment.get("hash")
    if declared is not None and not _is_hash(declared, known.digest):
        yield "bad-attachment", f"{path}.hash", "is not the SHA-1 of the data, in base64"


def _is_hash(declared: str, digest: bytes) -> bool:
    try:
        return a2b_base64(declared) == digest
    except (Error, ValueError):
        return False
