"""application/pdf: a whole PDF that is open to read and does nothing (ISO 32000-1).

Names are looked for in the bytes. What stands in a compressed stream is not seen: nothing is
decompressed here. The key of an encrypted PDF never stands in one (7.5.5, 7.5.8.2).
"""

from __future__ import annotations

import re

_BEGINNING = re.compile(rb"%PDF-[12]\.[0-9]")
_END = re.compile(rb"startxref\s+[0-9]+\s+%%EOF[\s\x00]*\Z")
_TAIL = 1024  # bytes in which the end is looked for, as programs do (annex H.3)
_FORBIDDEN = {
    "Encrypt": "is encrypted",
    "JavaScript": "has JavaScript",
    "Launch": "starts a program (Launch)",
    "EmbeddedFile": "has files inside (EmbeddedFile)",
    "EmbeddedFiles": "has files inside (EmbeddedFiles)",
    "RichMedia": "has moving content (RichMedia)",
    "GoToE": "opens a file inside (GoToE)",
    "ImportData": "reads files (ImportData)",
    "SubmitForm": "sends data away (SubmitForm)",
}
"""Names, and what a PDF with them is or does. All are so long that chance does not make them."""


def _letter(letter: str) -> str:
    """Match a letter of a name, which may also be written as its number (7.3.5)."""
    digits = "".join(f"[{d}{d.upper()}]" if d.isalpha() else d for d in f"{ord(letter):02x}")
    return f"(?:{letter}|#{digits})"


_NAME = re.compile(
    "/(?:{})(?![^\\x00\\t\\n\\f\\r ()<>\\[\\]{{}}/%])".format(
        "|".join(f"({''.join(map(_letter, name))})" for name in _FORBIDDEN)
    ).encode()
)


def fault(content: bytes) -> str:
    """Return why bytes are no PDF that may be passed on; "" where they are."""
    if not _BEGINNING.match(content):
        return "does not begin as a PDF"
    if not _END.search(content, max(0, len(content) - _TAIL)):
        return "does not end as a PDF, with %%EOF"
    name = _NAME.search(content)
    return f"the PDF {_reason(name)}" if name else ""


def _reason(name: re.Match[bytes]) -> str:
    return list(_FORBIDDEN.values())[(name.lastindex or 1) - 1]
