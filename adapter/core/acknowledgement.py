"""Which acknowledgements a sender asks for (HL7 v2.5.1 chapter 2.9.3, table 0155)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from adapter.core.model import Code


class When(StrEnum):
    """HL7 table 0155: under which outcome an acknowledgement is sent."""

    ALWAYS = "AL"
    NEVER = "NE"
    ON_ERROR = "ER"
    ON_SUCCESS = "SU"

    def includes(self, code: Code) -> bool:
        """Whether an acknowledgement with this code is asked for."""
        if self in (When.ALWAYS, When.NEVER):
            return self is When.ALWAYS
        return (self is When.ON_SUCCESS) == (code is Code.OK)


class Reply(StrEnum):
    """Which acknowledgement a receipt is written as."""

    ONLY = "only"  # the application's, in the same exchange: AA, AE, AR
    COMMIT = "commit"  # that the message is stored: CA, CE, CR
    DELIVERED = "delivered"  # the application's, as a delivery of its own: AA, AE, AR


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a message asks for in the enhanced mode; `unknown` are places with an unknown code."""

    accept: When = When.NEVER  # the commit
    application: When = When.NEVER
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """How a message is answered: in the same exchange, and later by a delivery.

    `commit` is the code of the answer in the same exchange: a fault that the application
    acknowledgement tells does not hinder the commit.
    """

    at_once: Reply | None
    commit: Code
    is_delivered: bool = False

    @property
    def is_silent(self) -> bool:
        """Whether the sender hears nothing at all."""
        return self.at_once is None and not self.is_delivered
