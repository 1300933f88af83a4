"""A receipt as the acknowledgement of a message (ACK, HL7 v2.8 chapter 2: MSA, ERR).

Of the source it holds nothing but the header, and of the patient nothing. It can always be
written: where the source is no HL7 v2, it is a bare ACK.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import hl7

from adapter.core.catalogue import CATALOGUE, ErrorCode, is_error_code
from adapter.core.errors import FatalError
from adapter.core.model import Bundle, Code, Receipt
from adapter.fhir import bundles, codec
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document, Marks

_APPLICATION = {Code.OK: "AA", Code.FATAL: "AE", Code.TRANSIENT: "AR"}
_COMMIT = {Code.OK: "CA", Code.TRANSIENT: "CE", Code.FATAL: "CR"}
_CONDITIONS = {  # our codes in table 0357
    "required": "101^Required field missing",
    "bad-identifier": "102^Data type error",
    "bad-time": "102^Data type error",
    "wrong-charset": "102^Data type error",
    "unknown-code": "103^Table value not found",
    "unknown-event": "201^Unsupported event code",
    "unmapped-event": "201^Unsupported event code",
    "unknown-receiver": "204^Unknown key identifier",
    "concerns-unknown": "204^Unknown key identifier",
    "content-conflict": "205^Duplicate key identifier",
    "envelope-reused": "205^Duplicate key identifier",
    "unreadable": "100^Segment sequence error",
}
_OTHER = "207^Application internal error"
_ACCEPTED = "0^Message accepted"
_SEVERITY = {"error": "E", "fatal": "E", "warning": "W", "information": "I"}
_BARE = b"MSH|^~\\&|||||||||P|2.5"
_LONGEST = 250  # of a field that is echoed; HL7 allows 199 for MSH-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The MSH of the message that is answered, as it came."""

    document: Document

    @property
    def marks(self) -> Marks:
        """The separators: ours are theirs."""
        return self.document.marks

    def echo(self, path: str) -> str:
        """A field as it came; "" where it would break the frame or the line that it goes into."""
        raw = self.document.field(path)
        return raw if raw.isprintable() and len(raw) <= _LONGEST else ""

    @property
    def charset_field(self) -> str:
        """MSH-18's first repetition: the charset of the answer too."""
        return self.echo("MSH-18").split(self.marks.repetition)[0]

    @property
    def version(self) -> str:
        """MSH-12, where it is a version of HL7 v2."""
        said = self.echo("MSH-12")
        return said if re.match(r"2\.[0-9]", said) else "2.5"

    @property
    def minor(self) -> int:
        """5 for v2.5.1."""
        return int(self.version[2])


def write_acknowledgement(bundle: Bundle, context: Context) -> hl7.Message:
    """The ACK of `context.source`: AA, AE or AR; CA, CE or CR with the option `mode` = `commit`.

    MSA-2 is the source's MSH-10 as it came. FatalError `not-written` for a bundle without a
    response.
    """
    receipt = _receipt(bundle)
    header = _header(context)
    codes = _COMMIT if context.options.get("mode") == "commit" else _APPLICATION
    errors = list(_errors(bundle, receipt, header))
    lines = [
        _msh(bundle, header, context),
        _line(header, ["MSA", codes[receipt.code], header.echo("MSH-10"), _text(errors, header)]),
        *_segments(errors, header),
    ]
    return hl7.parse("\r".join(lines) + "\r")


def _receipt(bundle: Bundle) -> Receipt:
    try:
        return bundles.response(bundle)
    except ValueError as error:
        raise FatalError("not-written", "the receipt has no response code") from error


def _header(context: Context) -> Header:
    source = context.source.removeprefix(b"\xef\xbb\xbf").lstrip()
    line = source.split(b"\r", 1)[0].split(b"\n", 1)[0]
    charset = (context.receiver or context.sender).charset
    found = _parsed(line, charset) or _parsed(_without_text(line), charset)
    message = found or codec.parse("hl7", _BARE)
    return Header(document=Document(message=message, fallback_charset=charset))


def _parsed(line: bytes, charset: str) -> hl7.Message | None:
    try:
        return codec.parse("hl7", line, charset=charset)
    except FatalError:
        return None


def _without_text(line: bytes) -> bytes:
    """A header whose charset cannot be read: what is not ASCII is left out, and the charset."""
    fields = [f if f.isascii() else b"" for f in line.split(line[3:4] or b"|")]
    return (line[3:4] or b"|").join(fields[:17])


def _msh(bundle: Bundle, header: Header, context: Context) -> str:
    zone = ZoneInfo((context.receiver or context.sender).zone)
    fields = [
        *(header.echo(path) for path in ("MSH-5", "MSH-6", "MSH-3", "MSH-4")),
        context.recorded.astimezone(zone).strftime("%Y%m%d%H%M%S%z"),
        "",
        _type(header),
        bundles.content_id(bundle).replace("-", "")[:20],  # v2.3 allows twenty characters
        header.echo("MSH-11") or "P",
        header.version,
        *([""] * 5),
        header.charset_field,
    ]
    return _line(header, ["MSH", header.document.field("MSH-2"), *fields])


def _type(header: Header) -> str:
    """ACK, with the trigger where the source has one, and the structure likewise."""
    trigger = header.document.text("MSH-9.2")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", trigger):
        return "ACK"
    structure = ["ACK"] if header.document.text("MSH-9.3") else []
    return header.marks.component.join(["ACK", trigger, *structure])


def _line(header: Header, fields: list[str]) -> str:
    mark = header.marks.field
    return mark.join(fields).rstrip(mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """One issue of the receipt: our code, where, how grave, and the detail."""

    code: ErrorCode | None  # None: what is wrong has no code of ours
    place: tuple[str, ...]  # segment, its number, field; empty where it is no path of HL7 v2
    severity: str
    condition: str
    detail: str


def _errors(bundle: Bundle, receipt: Receipt, header: Header) -> Iterator[Error]:
    details = bundles.header(bundle).get("response", {}).get("details")
    outcome = bundles.resolve(bundle, details) or {}
    issues = outcome.get("issue", ())
    for issue in issues:
        yield _error(issue)
    if not issues and receipt.code is not Code.OK:
        yield Error(code=None, place=(), severity="E", condition=_OTHER, detail="")


def _error(issue: Resource) -> Error:
    coding = issue.get("details", {}).get("coding", ())
    code = next((c.get("code", "") for c in coding if c.get("system") == ERROR), "")
    severity = _SEVERITY.get(issue.get("severity", ""), "E")
    where = ", ".join(issue.get("expression", ()))
    place = re.fullmatch(r"([A-Z][A-Z0-9]{2})(?:-([0-9]+))?(?:\.[0-9]+)*", where)
    said = [where if not place else "", issue.get("diagnostics", "")]
    return Error(
        code=code if is_error_code(code) else None,
        place=tuple(p for p in (place[1], "1", place[2]) if p) if place else (),
        severity=severity,
        condition=_CONDITIONS.get(code, _OTHER) if severity == "E" else _ACCEPTED,
        detail=": ".join(s for s in said if s),
    )


def _text(errors: list[Error], header: Header) -> str:
    """MSA-3, which ended with v2.7: the codes of what was wrong."""
    if header.minor >= 5:
        return ""
    return _escaped(", ".join(e.code for e in errors if e.code and e.severity == "E"), header)


def _segments(errors: list[Error], header: Header) -> Iterator[str]:
    """From v2.5 an ERR for each issue; before, one for all errors (a warning has no place)."""
    if header.minor >= 5:
        yield from (_err(error, header) for error in errors)
        return
    marks, grave = header.marks, [e for e in errors if e.severity == "E"]
    found = [_component(error, header) for error in grave]
    if found:
        yield _line(header, ["ERR", marks.repetition.join(found)])


def _component(error: Error, header: Header) -> str:
    """ELD of v2.3 and v2.4: segment, its number, field, condition."""
    marks = header.marks
    place = [*error.place, "", "", ""][:3]
    code = error.condition.replace("^", marks.subcomponent) + f"{marks.subcomponent}HL70357"
    return marks.component.join([*place, code])


def _err(error: Error, header: Header) -> str:
    component = header.marks.component
    condition = error.condition.replace("^", component) + f"{component}HL70357"
    own = [_escaped(t, header) for t in (error.code, _english(error)) if t]
    fields = [
        "",
        component.join(error.place),
        condition,
        error.severity,
        component.join([*own, "L"]) if own else "",
        "",
        _escaped(error.detail, header),
        _escaped(_spoken(error, header), header),
    ]
    return _line(header, ["ERR", *fields])


def _english(error: Error) -> str:
    return CATALOGUE[error.code].en if error.code else ""


def _spoken(error: Error, header: Header) -> str:
    """For people: Swedish and English, where the declared charset has the letters."""
    if not error.code:
        return ""
    both = f"{CATALOGUE[error.code].sv} / {CATALOGUE[error.code].en}"
    try:
        both.encode(codec.charset_named(header.charset_field) or "ascii")
    except UnicodeEncodeError:
        return CATALOGUE[error.code].en
    return both


def _escaped(text: str, header: Header) -> str:
    marks = header.marks
    codes = {
        marks.escape: "E",
        marks.field: "F",
        marks.component: "S",
        marks.subcomponent: "T",
        marks.repetition: "R",
    }
    shown = "".join(c if c.isprintable() else " " for c in text)
    return "".join(f"{marks.escape}{codes[c]}{marks.escape}" if c in codes else c for c in shown)
