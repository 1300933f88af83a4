"""The title of an attachment. Its receiver may save the file under it, on any system.

It is read as a receiver may read it, too: with characters of compatibility as their plain ones,
such as the full-width solidus as `/` (Unicode NFKC).
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

from adapter.core.endpoint import AttachmentType

_LONGEST = 255  # bytes of a file's name, in the usual file systems
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # controls, direction, line ends
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters without ink
_DEVICE = re.compile(r"\s*(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9])\s*(?:\..*)?", re.I)
"""The names that Windows has for devices, whatever their ending ("Naming Files, Paths")."""
_ENDING = re.compile(r"\.([^.\s]+)\Z")
_ENDINGS = {
    AttachmentType.PDF: frozenset({"pdf"}),
    AttachmentType.TEXT: frozenset({"txt", "text"}),
    AttachmentType.PNG: frozenset({"png"}),
    AttachmentType.JPEG: frozenset({"jpg", "jpeg", "jpe", "jfif"}),
}


def fault(title: str) -> str:
    """Return why a title is no plain name of a file; "" where it is."""
    read = normalize("NFKC", title)
    if title.strip(". ") == "" or not {"/", "\\", ":"}.isdisjoint(title + read):
        return "no plain name of a file: it is a path"
    if any(category(c) in _HIDDEN or c in _BLANK for c in title):
        return "no plain name of a file: it has hidden characters"
    if _DEVICE.fullmatch(title) or _DEVICE.fullmatch(read):
        return "no plain name of a file: Windows has a device of that name"
    if title != title.strip() or title[0] == "." or title[-1] == ".":
        return "no plain name of a file: it begins with a dot or a space, or ends with one"
    return f"longer than {_LONGEST} bytes" if len(title.encode()) > _LONGEST else ""


def ending_fault(title: str, kind: AttachmentType) -> str:
    """Return that the ending of a title says another type; "" where it does not, or has none.

    A part after a dot is an ending only where it has a letter: `Plan 2026.11` has none.
    """
    ending = _ENDING.search(normalize("NFKC", title).casefold())
    if ending is None or not any(map(str.isalpha, ending[1])) or ending[1] in _ENDINGS[kind]:
        return ""
    allowed = ", ".join(f".{each}" for each in sorted(_ENDINGS[kind]))
    return f"its ending is not that of {kind}: {allowed}"
