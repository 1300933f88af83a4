"""What a decision about a Stay depends on, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from adapter.core.failures import Arrived
from adapter.core.model import Event
from adapter.core.participant import Participant
from adapter.policy.deadlines import LateNotice
from adapter.policy.entitled import Missing
from adapter.policy.notice import Notice
from adapter.policy.secrecy import Barred, LeftOut
from adapter.policy.stay import Stay
from adapter.settings.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Everything that a decision about a Stay depends on."""

    network: Network
    case_id: str
    before: Stay
    after: Stay
    event: Event
    rows: Sequence[Participant] = ()
    told: Mapping[str, Arrived] = field(default_factory=dict)  # by endpoint, while its row is open
    level: str = ""  # of the patient's protection, after this message
    discharged: datetime | None = None  # as the case knows it: it outlives a purged Stay
    newly_protected: bool = False
    barred: Barred = field(default_factory=Barred)  # set by `reconcile`
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What follows from a message about a Stay."""

    rows: tuple[Participant, ...] = ()  # new or changed
    notices: tuple[Notice, ...] = ()
    lapses: Mapping[str, str] = field(default_factory=dict)  # endpoint: why its queue is not due
    missing: tuple[Missing, ...] = ()
    late: tuple[LateNotice, ...] = ()
    barred: frozenset[str] = frozenset()  # endpoints behind a bar of secrecy
    left_out: tuple[LeftOut, ...] = ()  # what a bar of secrecy keeps from whom
    is_late_word: bool = False  # it would have told somebody, but the right is over
