"""The two errors of the adapter. Each has a code of the catalogue and the issues that explain it.

A failure is transient (the same attempt may succeed later) or fatal (a person must act). Details
never hold personal data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapter.core.catalogue import CATALOGUE, Entry, ErrorCode


class Severity(StrEnum):
    """FHIR R4 IssueSeverity, without `fatal`."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One problem of a message: a code of the catalogue, and its place.

    `expression` is a FHIRPath (`MessageHeader.event`), or a path of the native format
    (`PID-3`, `/Meddelande/Patient`). `detail` never holds personal data.
    """

    code: ErrorCode
    expression: str = ""
    detail: str = ""
    severity: Severity = Severity.ERROR

    @property
    def entry(self) -> Entry:
        """The catalogue's entry for the code."""
        return CATALOGUE[self.code]


class AdapterError(Exception):
    """A failure with a code of the catalogue, and every problem that caused it.

    `said` has the far side's own codes (HTTP status, MSA-1, receipt code). `retry_after` is the
    number of seconds that it asks us to wait. `todo` is what an operator does about it, where
    the catalogue speaks to the sender of a message; "" otherwise.
    """

    def __init__(
        self,
        code: ErrorCode,
        detail: str = "",
        issues: Sequence[Issue] = (),
        *,
        said: Sequence[str] = (),
        retry_after: float | None = None,
        todo: str = "",
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.issues = tuple(issues) or (Issue(code=code, detail=detail),)
        self.said = tuple(said)
        self.retry_after = retry_after
        self.todo = todo

    @property
    def entry(self) -> Entry:
        """The catalogue's entry for the code."""
        return CATALOGUE[self.code]


class TransientError(AdapterError):
    """The same attempt may succeed later (FHIR response code `transient-error`)."""


class FatalError(AdapterError):
    """The same attempt will never succeed (FHIR response code `fatal-error`)."""
