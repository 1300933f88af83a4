"""What may be shown of what a sender wrote."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.:/#_|-]{0,199}")
_TERM = re.compile(r"[A-Za-z0-9/][A-Za-z0-9.:/@_()\[\]-]{0,199}")
_NUMBER = re.compile(r"\d{6}[-+]?\d{4}|\d{8}")  # may be a person's


def shown(text: object) -> str:
    """A name, code or system in quotes where it has the form of one; else no more than that.

    Details are read by people who may not read the message, and are logged.
    """
    if not isinstance(text, str) or not text:
        return "none"
    return f'"{text}"' if _PLAIN.fullmatch(text) and not has_number(text) else "(not shown)"


def term(text: object) -> str:
    """A code or a path, of FHIR or of another format, where it has that form; "" for all else."""
    harmless = isinstance(text, str) and _TERM.fullmatch(text) and not has_number(text)
    return str(text) if harmless else ""


def has_number(text: str) -> bool:
    """Whether a text has digits that may be a person's number or birth date."""
    return bool(_NUMBER.search(text))
