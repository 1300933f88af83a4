"""The header of the message that an acknowledgement answers (MSH, HL7 v2.8 chapter 2)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from string import ascii_letters, digits

import hl7

from adapter.core.acknowledgement import When, Wish
from adapter.core.errors import FatalError
from adapter.fhir import codec
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.separators import Separators

_BARE = b"MSH|^~\\&|||||||||P|2.5"
_USUAL = b"^~\\&"
_NO_END = b"\x0b"  # in place of a line feed, which is text here and would end the only segment
_LETTERS = frozenset((ascii_letters + digits).encode())
_LONGEST = 250  # characters of a field that is echoed; HL7 allows 199 for MSH-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The MSH of the message that is answered."""

    document: Document

    @property
    def separators(self) -> Separators:
        """The separators; the ACK uses the same."""
        return self.document.separators

    @property
    def control(self) -> str:
        """MSH-10 as it was sent, however long: by it the sender finds its message (MSA-2)."""
        raw = self.document.field("MSH-10")
        return "" if any(map(_may_break, raw)) else raw

    def echo(self, path: str) -> str:
        """Return a field as it was sent; "" where it would break the MLLP frame or its segment."""
        raw = self.document.field(path)
        return raw if raw.isprintable() and len(raw) <= _LONGEST else ""

    @property
    def charset_field(self) -> str:
        """The first repetition of MSH-18: the charset of the ACK too."""
        return self.echo("MSH-18").split(self.separators.repetition)[0]

    @property
    def version(self) -> str:
        """MSH-12 where it is a version of HL7 v2, else 2.5."""
        stated = self.echo("MSH-12").strip()
        return stated if re.match(r"2\.[0-9]", stated) else "2.5"

    @property
    def minor(self) -> int:
        """The second number of the version: 5 for v2.5.1."""
        return int(self.version[2])

    def segment(self, fields: list[str]) -> str:
        """Return a segment with the source's field separator, without empty fields at its end."""
        return self.separators.field.join(fields).rstrip(self.separators.field)

    def escaped(self, text: str) -> str:
        """Return a text with the separators escaped; what cannot be shown becomes a space.

        Where the source has no escape character, a separator becomes a space.
        """
        marks = self.separators
        codes = {
            marks.escape: "E",
            marks.field: "F",
            marks.component: "S",
            marks.subcomponent: "T",
            marks.repetition: "R",
        }
        shown = "".join(c if c.isprintable() else " " for c in text)
        shown = shown.encode(marks.charset, "replace").decode(marks.charset)
        escaped = {c: f"{marks.escape}{code}{marks.escape}" for c, code in codes.items()}
        return "".join(
            (escaped.get(c, c) if marks.escape or c not in codes else " ") for c in shown
        )


def _may_break(character: str) -> bool:
    """Whether a character may end a frame or a segment somewhere: a control character but tab."""
    return unicodedata.category(character) == "Cc" and character != "\t"


def wish(context: Context) -> Wish | None:
    """Return what MSH-15 and MSH-16 ask for; None in the original mode, where both are empty.

    Of two, an empty one is NE (HL7 v2.5.1 chapter 2.9.3); so is an unknown code beside a known
    one, and without a known one the mode is the original.
    """
    document = source_header(context).document
    stated = {path: document.text(path).upper() for path in ("MSH-15", "MSH-16")}
    known = {path: When(code) for path, code in stated.items() if code in set(When)}
    unknown = tuple(path for path, code in stated.items() if code and path not in known)
    if not known:
        return None
    return Wish(
        accept=known.get("MSH-15", When.NEVER),
        application=known.get("MSH-16", When.NEVER),
        unknown=unknown,
    )


def source_header(context: Context) -> Header:
    """Return the first segment of the source as a header; a bare one where it is not HL7 v2.

    Where MSH-2 does not name the separators, the usual ones take its place: a sender finds its
    message by MSH-10, which MSH-1 alone delimits.
    """
    source = context.source.removeprefix(b"\xef\xbb\xbf").lstrip()
    line = codec.first_segment(source).replace(b"\n", _NO_END)
    charset = (context.receiver or context.sender).charset
    usual = _with_usual_marks(line)
    tries = (line, _ascii_fields(line), usual, _ascii_fields(usual), _BARE)
    message = next(parsed for each in tries if (parsed := _parsed(each, charset)))
    return Header(document=Document(message=message, fallback_charset=charset))


def _parsed(line: bytes, charset: str) -> hl7.Message | None:
    try:
        return codec.parse("hl7", line, charset=charset)
    except FatalError:
        return None


def _ascii_fields(line: bytes) -> bytes:
    """Return the header without its charset (MSH-18) and without fields that are not ASCII."""
    fields = [f if f.isascii() else b"" for f in line.split(line[3:4] or b"|")]
    return (line[3:4] or b"|").join(fields[:17])


def _with_usual_marks(line: bytes) -> bytes:
    """Return the header with the usual separators in MSH-2, where that has nothing but marks.

    Anything else there shows that MSH-1 does not delimit the fields.
    """
    fields = line.split(line[3:4] or b"|")
    if any(byte in _LETTERS for byte in b"".join(fields[1:2])):
        return line
    return (line[3:4] or b"|").join([*fields[:1], _USUAL, *fields[2:]])
