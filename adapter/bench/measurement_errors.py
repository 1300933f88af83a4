"""Errors of a measurement (those of the adapter are in `core/errors.py`)."""

from __future__ import annotations


class NotMeasuredError(Exception):
    """The bench cannot start; the text says what to do."""


class BrokenError(Exception):
    """A process ended or made no progress; the text says which."""
