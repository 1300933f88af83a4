"""The title of an attachment. Its receiver may save the file under it."""

from __future__ import annotations

from unicodedata import category

_LONGEST = 255  # bytes of a file's name, in the usual file systems
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp"})  # controls, direction, zero width, line ends


def fault(title: str) -> str:
    """Return why a title is no plain name of a file; "" where it is."""
    if title.strip(". ") == "" or not {"/", "\\"}.isdisjoint(title):
        return "no plain name of a file: it is a path"
    if any(category(character) in _HIDDEN for character in title):
        return "no plain name of a file: it has hidden characters"
    if len(title.encode()) > _LONGEST:
        return f"longer than {_LONGEST} bytes"
    return ""
