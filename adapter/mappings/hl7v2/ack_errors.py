"""The problems of a receipt as ERR segments (HL7 v2.8 chapter 2; ERR-1 of v2.3 and v2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from adapter.core.catalogue import CATALOGUE, ErrorCode, is_error_code
from adapter.core.model import Bundle, Code
from adapter.fhir import bundles, codec, references
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR
from adapter.mappings.hl7v2 import ack_places
from adapter.mappings.hl7v2.ack_header import Header

_CONDITIONS = {  # our codes in HL7 table 0357
    "required": "101^Required field missing",
    "bad-identifier": "102^Data type error",
    "bad-time": "102^Data type error",
    "wrong-charset": "102^Data type error",
    "unknown-code": "103^Table value not found",
    "unknown-event": "201^Unsupported event code",
    "no-queries": "200^Unsupported message type",
    "test-message": "202^Unsupported processing id",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrEntry:
    """One issue of the receipt, as an ERR segment reports it."""

    code: ErrorCode | None  # None where the issue has no code of ours
    place: tuple[str, ...]  # segment, its number, field …; empty where it is unknown
    severity: str
    condition: str
    detail: str


def err_entries(bundle: Bundle, code: Code) -> Iterator[ErrEntry]:
    """Yield the issues of a receipt; of a refusal without any, one that says nothing more."""
    details = bundles.header(bundle).get("response", {}).get("details")
    outcome = references.resolve(bundle, details) or {}
    issues = outcome.get("issue", ())
    for issue in issues:
        yield _err_entry(issue)
    if not issues and code is not Code.OK:
        yield ErrEntry(code=None, place=(), severity="E", condition=_OTHER, detail="")


def _err_entry(issue: Resource) -> ErrEntry:
    coding = issue.get("details", {}).get("coding", ())
    code = next((c.get("code", "") for c in coding if c.get("system") == ERROR), "")
    severity = _SEVERITY.get(issue.get("severity", ""), "E")
    expression = ", ".join([*issue.get("expression", ()), *issue.get("location", ())])
    own = "" if ack_places.is_field(expression) else expression
    return ErrEntry(
        code=code if is_error_code(code) else None,
        place=ack_places.place(expression, code),
        severity=severity,
        condition=_CONDITIONS.get(code, _OTHER) if severity == "E" else _ACCEPTED,
        detail=": ".join(d for d in (own, issue.get("diagnostics", "")) if d),
    )


def msa_text(entries: list[ErrEntry], header: Header) -> str:
    """Return MSA-3, the codes of the errors; "" from v2.5, which has ERR for them.

    That a message is not used is told here too: nothing else would tell it before v2.5.
    """
    if header.minor >= 5:
        return ""
    codes = (e.code for e in entries if e.severity == "E" or e.code == "not-used")
    return header.escaped(", ".join(code for code in codes if code))


def err_segments(entries: list[ErrEntry], header: Header) -> Iterator[str]:
    """Yield an ERR for each issue from v2.5; before, one for all errors and none for warnings."""
    if header.minor >= 5:
        yield from (_err_since_2_5(entry, header) for entry in entries)
        return
    errors = [_err_1(entry, header) for entry in entries if entry.severity == "E"]
    if errors:
        yield header.segment(["ERR", header.separators.repetition.join(errors)])


def _err_1(entry: ErrEntry, header: Header) -> str:
    """Return an ELD of v2.3 and v2.4: segment, its number, field, condition."""
    separators = header.separators
    place = ack_places.before_2_5(entry.place, separators)
    condition = entry.condition.replace("^", separators.subcomponent)
    return separators.component.join([place, f"{condition}{separators.subcomponent}HL70357"])


def _err_since_2_5(entry: ErrEntry, header: Header) -> str:
    component = header.separators.component
    condition = entry.condition.replace("^", component) + f"{component}HL70357"
    own = [header.escaped(text) for text in (entry.code, _english(entry)) if text]
    fields = [
        "",
        ack_places.since_2_5(entry.place, header.separators),
        condition,
        entry.severity,
        component.join([*own, "L"]) if own else "",
        "",
        header.escaped(entry.detail),
        header.escaped(_user_message(entry, header)),
    ]
    return header.segment(["ERR", *fields])


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
