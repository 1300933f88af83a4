"""How a measurement can fail."""

from __future__ import annotations


class NotMeasuredError(Exception):
    """The bench cannot begin; the text says what to do."""


class BrokenError(Exception):
    """Something that is measured stopped working; the text says what."""
