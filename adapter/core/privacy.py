"""Which parts of a partner's text may be shown in details and logs, and in which form.

What a partner chooses may name a person, or may deceive who reads it: it is shown only in a form
that can do neither.
"""

from __future__ import annotations

import json
import re

_TERM = re.compile(r"[A-Za-z0-9/][A-Za-z0-9.:/@_()\[\]-]{0,199}")
_NUMBER = re.compile(r"\d{6}[-+]?\d{4}|\d{8}")  # may be a personal identity number or a date


_HEX = r"[0-9a-f]"
_REQUEST = re.compile(
    rf"(?i:{_HEX}{{8}}(-{_HEX}{{4}}){{3}}-{_HEX}{{12}})"  # a UUID
    r"|[0-7][0-9A-HJKMNP-TV-Z]{25}"  # a ULID
    rf"|([a-z]-)?(?=\d*[a-f]){_HEX}{{16,64}}(-\d{{1,6}})?"  # hexadecimal, as of a trace or of ours
    r"|([A-Za-z]{1,3}-)?\d{1,7}",  # a short number
    re.ASCII,
)
_PERSON = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01]|[6-9]\d)[-+]?\d{4}", re.ASCII)
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Controls, and what Unicode calls format characters or shows as nothing: direction, zero width."""


def is_request_id(text: str) -> bool:
    """Whether a caller's id of its request can name nobody, so that it may be logged."""
    return _REQUEST.fullmatch(text) is not None and not has_person(text)


def has_person(text: str) -> bool:
    """Whether twelve digits of a text, wherever they stand, may be a personal identity number."""
    return bool(_PERSON.search(text))


def visible(text: str) -> str:
    r"""Return text with each hidden character written out: `\x1b`, `\u202e`, `\U000e0041`."""
    return _HIDDEN.sub(lambda match: _written_out(ord(match[0])), text)


def visible_lines(text: str) -> str:
    """As `visible`, but line breaks stay."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(document: str) -> str:
    r"""Return a JSON document with hidden characters as JSON's own escapes: it says the same."""
    lines = document.split("\n")  # a line break inside a string is escaped already
    return "\n".join(_HIDDEN.sub(lambda m: json.dumps(m[0])[1:-1], line) for line in lines)


def _written_out(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def term(text: object) -> str:
    """Return a code or a path, of FHIR or another format; "" when the text has another form."""
    harmless = isinstance(text, str) and _TERM.fullmatch(text) and not has_number(text)
    return str(text) if harmless else ""


def has_number(text: str) -> bool:
    """Whether a text has digits that may be a personal identity number or a birth date."""
    return bool(_NUMBER.search(text))
