"""Which parts of a sender's text may be shown in details and logs."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.:/#_|-]{0,199}")
_TERM = re.compile(r"[A-Za-z0-9/][A-Za-z0-9.:/@_()\[\]-]{0,199}")
_NUMBER = re.compile(r"\d{6}[-+]?\d{4}|\d{8}")  # may be a personal identity number or a date


def shown(text: object) -> str:
    """Return a name, code or system in quotes; "(not shown)" when the text has another form.

    People who may not read the message can read details, and details are logged.
    """
    if not isinstance(text, str) or not text:
        return "none"
    return f'"{text}"' if _PLAIN.fullmatch(text) and not has_number(text) else "(not shown)"


def term(text: object) -> str:
    """Return a code or a path, of FHIR or another format; "" when the text has another form."""
    harmless = isinstance(text, str) and _TERM.fullmatch(text) and not has_number(text)
    return str(text) if harmless else ""


def has_number(text: str) -> bool:
    """Whether a text has digits that may be a personal identity number or a birth date."""
    return bool(_NUMBER.search(text))
