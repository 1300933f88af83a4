"""Write a receipt as the acknowledgement of a message (ACK, HL7 v2.8 chapter 2: MSA, ERR).

The ACK repeats the source's header and nothing about the patient. It can always be written: a
source that is not HL7 v2 gets a bare ACK.
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
from adapter.fhir import bundles, codec, responses
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document, Separators

_ACKNOWLEDGEMENT = {Code.OK: "AA", Code.FATAL: "AE", Code.TRANSIENT: "AR"}  # HL7 table 0008
_CONDITIONS = {  # our codes in HL7 table 0357
    "required": "101^Required field missing",
    "bad-identifier": "102^Data type error",
    "bad-time": "102^Data type error",
    "wrong-charset": "102^Data type error",
    "unknown-code": "103^Table value not found",
    "unknown-event": "201^Unsupported event code",
    "unmapped-event": "201^Unsupported event code",
    "unknown-receiver": "204^Unknown key identifier",
    "concerns-unknown": "204^Unknown key identifier",
    "not-entitled": "204^Unknown key identifier",
    "ambiguous-case": "204^Unknown key identifier",
    "content-conflict": "205^Duplicate key identifier",
    "envelope-reused": "205^Duplicate key identifier",
    "other-patient": "205^Duplicate key identifier",
    "unreadable": "100^Segment sequence error",
}
_OTHER = "207^Application internal error"
_ACCEPTED = "0^Message accepted"
_SEVERITY = {"error": "E", "fatal": "E", "warning": "W", "information": "I"}
_BARE = b"MSH|^~\\&|||||||||P|2.5"
_LONGEST = 250  # characters of a field that is echoed; HL7 allows 199 for MSH-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The MSH of the message that is answered."""

    document: Document

    @property
    def separators(self) -> Separators:
        """The separators; the ACK uses the same."""
        return self.document.separators

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
        stated = self.echo("MSH-12")
        return stated if re.match(r"2\.[0-9]", stated) else "2.5"

    @property
    def minor(self) -> int:
        """The second number of the version: 5 for v2.5.1."""
        return int(self.version[2])


def write_ack(bundle: Bundle, context: Context) -> hl7.Message:
    """Return the ACK of `context.source`: AA, AE or AR, with the source's MSH-10 in MSA-2.

    FatalError `not-written` for a bundle without a response.
    """
    receipt = _receipt(bundle)
    header = _source_header(context)
    entries = list(_err_entries(bundle, receipt, header))
    msa = [
        "MSA",
        _ACKNOWLEDGEMENT[receipt.code],
        header.echo("MSH-10"),
        _msa_text(entries, header),
    ]
    lines = [
        _msh(bundle, header, context),
        _segment(header, msa),
        *_err_segments(entries, header),
    ]
    return hl7.parse("\r".join(lines) + "\r")


def _receipt(bundle: Bundle) -> Receipt:
    try:
        return responses.response(bundle)
    except ValueError as error:
        raise FatalError("not-written", "the receipt has no response code") from error


def _source_header(context: Context) -> Header:
    """Return the first line of the source as a header; a bare one where it is not HL7 v2."""
    source = context.source.removeprefix(b"\xef\xbb\xbf").lstrip()
    line = source.split(b"\r", 1)[0].split(b"\n", 1)[0]
    charset = (context.receiver or context.sender).charset
    parsed = _parsed(line, charset) or _parsed(_ascii_fields(line), charset)
    message = parsed or codec.parse("hl7", _BARE)
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
    return _segment(header, ["MSH", header.document.field("MSH-2"), *fields])


def _message_type(header: Header) -> str:
    """Return MSH-9: ACK, with a trigger and a structure where the source has them."""
    trigger = header.document.text("MSH-9.2")
    if not re.fullmatch(r"[A-Za-z0-9]{1,5}", trigger):
        return "ACK"
    structure = ["ACK"] if header.document.text("MSH-9.3") else []
    return header.separators.component.join(["ACK", trigger, *structure])


def _segment(header: Header, fields: list[str]) -> str:
    separator = header.separators.field
    return separator.join(fields).rstrip(separator)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrEntry:
    """One issue of the receipt, as an ERR segment reports it."""

    code: ErrorCode | None  # None where the issue has no code of ours
    place: tuple[str, ...]  # segment, its number, field; empty where it is no path of HL7 v2
    severity: str
    condition: str
    detail: str


def _err_entries(bundle: Bundle, receipt: Receipt, header: Header) -> Iterator[ErrEntry]:
    details = bundles.header(bundle).get("response", {}).get("details")
    outcome = bundles.resolve(bundle, details) or {}
    issues = outcome.get("issue", ())
    for issue in issues:
        yield _err_entry(issue)
    if not issues and receipt.code is not Code.OK:
        yield ErrEntry(code=None, place=(), severity="E", condition=_OTHER, detail="")


def _err_entry(issue: Resource) -> ErrEntry:
    coding = issue.get("details", {}).get("coding", ())
    code = next((c.get("code", "") for c in coding if c.get("system") == ERROR), "")
    severity = _SEVERITY.get(issue.get("severity", ""), "E")
    expression = ", ".join(issue.get("expression", ()))
    place = re.fullmatch(r"([A-Z][A-Z0-9]{2})(?:-([0-9]+))?(?:\.[0-9]+)*", expression)
    details = [expression if not place else "", issue.get("diagnostics", "")]
    return ErrEntry(
        code=code if is_error_code(code) else None,
        place=tuple(p for p in (place[1], "1", place[2]) if p) if place else (),
        severity=severity,
        condition=_CONDITIONS.get(code, _OTHER) if severity == "E" else _ACCEPTED,
        detail=": ".join(d for d in details if d),
    )


def _msa_text(entries: list[ErrEntry], header: Header) -> str:
    """Return MSA-3, the codes of the errors; "" from v2.5, which has ERR for them."""
    if header.minor >= 5:
        return ""
    return _escaped(", ".join(e.code for e in entries if e.code and e.severity == "E"), header)


def _err_segments(entries: list[ErrEntry], header: Header) -> Iterator[str]:
    """Yield an ERR for each issue from v2.5; before, one for all errors and none for warnings."""
    if header.minor >= 5:
        yield from (_err_since_2_5(entry, header) for entry in entries)
        return
    errors = [_err_1(entry, header) for entry in entries if entry.severity == "E"]
    if errors:
        yield _segment(header, ["ERR", header.separators.repetition.join(errors)])


def _err_1(entry: ErrEntry, header: Header) -> str:
    """Return an ELD of v2.3 and v2.4: segment, its number, field, condition."""
    separators = header.separators
    place = [*entry.place, "", "", ""][:3]
    condition = entry.condition.replace("^", separators.subcomponent)
    return separators.component.join([*place, f"{condition}{separators.subcomponent}HL70357"])


def _err_since_2_5(entry: ErrEntry, header: Header) -> str:
    component = header.separators.component
    condition = entry.condition.replace("^", component) + f"{component}HL70357"
    own = [_escaped(text, header) for text in (entry.code, _english(entry)) if text]
    fields = [
        "",
        component.join(entry.place),
        condition,
        entry.severity,
        component.join([*own, "L"]) if own else "",
        "",
        _escaped(entry.detail, header),
        _escaped(_user_message(entry, header), header),
    ]
    return _segment(header, ["ERR", *fields])


def _english(entry: ErrEntry) -> str:
    return CATALOGUE[entry.code].en if entry.code else ""


def _user_message(entry: ErrEntry, header: Header) -> str:
    """Return ERR-8: Swedish and English; English alone where the charset lacks the letters."""
    if not entry.code:
        return ""
    both = f"{CATALOGUE[entry.code].sv} / {CATALOGUE[entry.code].en}"
    try:
        both.encode(codec.charset_named(header.charset_field) or "ascii")
    except UnicodeEncodeError:
        return CATALOGUE[entry.code].en
    return both


def _escaped(text: str, header: Header) -> str:
    separators = header.separators
    mark = separators.escape
    codes = {
        mark: "E",
        separators.field: "F",
        separators.component: "S",
        separators.subcomponent: "T",
        separators.repetition: "R",
    }
    shown = "".join(c if c.isprintable() else " " for c in text)
    return "".join(f"{mark}{codes[c]}{mark}" if c in codes else c for c in shown)
