"""Files that are two things at once: a document for us, and a page or an archive for others."""

from __future__ import annotations

import re

_SNIFFED = 1024  # bytes in which programs look for what a file is
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|script|style|svg|iframe|object|embed|\?php)[\s>/]", re.IGNORECASE
)
_ARCHIVE_TAIL = 22 + 0xFFFF  # the last record of a ZIP, with its longest comment
_ARCHIVE = b"PK\x05\x06\x00\x00\x00\x00"  # that record, of an archive on one disk


def fault(content: bytes) -> str:
    """Return what else a PDF or an image is; "" for nothing."""
    if _MARKUP.search(content, 0, _SNIFFED):
        return "begins with HTML or SVG too"
    if content.rfind(_ARCHIVE, max(0, len(content) - _ARCHIVE_TAIL)) >= 0:
        return "is a ZIP archive too"
    return ""
