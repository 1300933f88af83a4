"""The separators of a message, and the text that stands between them (HL7 v2.8 chapter 2)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

NULL = '""'  # the explicit null: it deletes a value
_LAYOUT = re.compile(r"\.(?:br|sp|fi|nf|in|ti|sk|ce)[+-]?[0-9]*")
_TRUNCATION = "#"  # HL7 v2.8 chapter 2, 2.5.5.2: the recommended one
_SPACES = frozenset("\t\n\r")  # the control characters that are spaces
_UNSHOWABLE = frozenset({"Cc", "Cs", "Cn", "Co"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Separators:
    """The separators of one message (MSH-1, MSH-2), and the charset of its bytes.

    `escape`, `subcomponent` and `truncation` are "" where MSH-2 leaves them out.
    """

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    truncation: str = ""
    charset: str = "utf-8"

    def unescape(self, code: str) -> str | None:
        """Return the text of an escape sequence; None for an unknown one."""
        plain = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "P": self.truncation or _TRUNCATION,
            "H": "",
            "N": "",
        }
        if code in plain:
            return plain[code]
        if _LAYOUT.fullmatch(code):
            return "\n"
        return self._decode_hex(code[1:]) if code[:1] == "X" else None

    def _decode_hex(self, digits: str) -> str | None:
        try:
            return bytes.fromhex(digits).decode(self.charset)
        except (ValueError, LookupError):
            return None


def split(text: str, separator: str, limit: int = -1) -> list[str]:
    """Return the parts of a text; the whole text where the message has no such separator."""
    return text.split(separator, limit) if separator else [text]


def clean(raw: str, separators: Separators) -> tuple[str, bool]:
    """Return the text, and whether some of it was lost."""
    if raw.strip() == NULL:
        return "", False
    escapes = bool(separators.escape) and separators.escape in raw
    text, unread = _unescaped(raw, separators) if escapes else (raw, False)
    if text.isprintable():
        return _tidy(text), unread or "\ufffd" in text
    kept = "".join(c for c in text if c in _SPACES or unicodedata.category(c) not in _UNSHOWABLE)
    return _tidy(kept), unread or len(kept) < len(text) or "\ufffd" in kept


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _unescaped(raw: str, separators: Separators) -> tuple[str, bool]:
    """Return the text, and whether an escape sequence could not be read."""
    unread = []

    def replaced(match: re.Match[str]) -> str:
        text = separators.unescape(match[1])
        if text is not None:
            return text
        unread.append(match[0])
        return match[0]

    mark = separators.escape
    whole = _between_bytes(mark).sub("", raw)
    return _sequences(mark).sub(replaced, whole), bool(unread)


@lru_cache(maxsize=16)
def _between_bytes(escape: str) -> re.Pattern[str]:
    """Match what stands between two hexadecimal sequences: together they may be one character."""
    mark = re.escape(escape)
    return re.compile(f"(?<={mark}X[0-9A-Fa-f]{{2}}){mark}{mark}X(?=[0-9A-Fa-f]{{2}})")


@lru_cache(maxsize=16)
def _sequences(escape: str) -> re.Pattern[str]:
    """Match an escape sequence. A lone escape character is text (real feeds send `4\\5`)."""
    mark = re.escape(escape)
    return re.compile(f"{mark}([A-Z.][^{mark}]{{0,200}}){mark}")
