"""The records of the settings file, one dataclass for each stanza.

`adapter.settings` reads the file into these. docs/settings.md explains every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from adapter.core.model import DoneWhen, Event, Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A time limit: a plain duration, or a number of Swedish working days (arbetsdagar)."""

    duration: timedelta = timedelta(0)
    working_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """Another HSA-id of an organisation, valid between two days (both included)."""

    id: str
    since: date | None = None
    until: date | None = None


class Then(StrEnum):
    """What the adapter does when the far side does not take a delivery."""

    RETRY = "retry"  # a failed attempt: tried again, with back-off
    STOP = "stop"  # dead at once; the sender is informed
    OPERATOR = "operator"  # dead at once; the sender is informed only when a person discards it


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRule:
    """What a code means: an HTTP status, MSA-1, a receipt's code, or a code of the catalogue."""

    code: str
    then: Then


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """A service window: weekly between two times of day, or once between two moments."""

    since: time | datetime
    until: time | datetime  # a time of day not later than `since` is on the next day
    days: tuple[Day, ...] = ()  # on which a weekly window begins; empty: every day


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The mailbox of one organisation at one system."""

    name: str
    organization: str  # HSA-id (Norway: HER-id)
    display: str = ""
    aliases: tuple[Alias, ...] = ()
    speaks_for: tuple[str, ...] = ()  # HSA-ids that it may send as, besides its own
    municipality: str = ""  # kommunkod, four digits
    serves: tuple[Need, ...] = ()
    system: str
    transport: str
    address: str = ""  # where we send: URL, or host:port
    listen: str = ""  # where we receive: host:port
    peers: tuple[str, ...] = ("127.0.0.1", "::1")  # addresses that may connect to `listen`
    broker_user: str = ""
    return_to: str = ""  # the endpoint that gets what goes back to this one
    replaced_by: str = ""  # the endpoint that now gets what is addressed to this one
    done_when: DoneWhen = DoneWhen.ACCEPTED
    receipt_within: timedelta = timedelta(minutes=30)
    receipt_resends: int = 2
    read_within: Within = Within(working_days=1)
    expire_after: timedelta = timedelta(hours=72)
    timeout: timedelta = timedelta(seconds=20)
    max_in_flight: int = 4
    retry_first: timedelta = timedelta(seconds=5)
    retry_ceiling: timedelta = timedelta(hours=1)
    answers: tuple[AnswerRule, ...] = ()
    rate: float | None = None  # deliveries a second; None: no limit
    closed: tuple[Closed, ...] = ()
    credentials: str = ""  # "bearer" | "basic": secrets in ADAPTER_<NAME>_TOKEN, _USER, _PASSWORD
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    charset: str = ""
    zone: str = "Europe/Stockholm"
    unmapped: str = "accept"  # | "refuse"
    strict_identifiers: bool = False
    owner: str = ""

    @property
    def forward(self) -> str:
        """The endpoint that gets what is addressed to this one; "" when it gets that itself."""
        return self.replaced_by or self.return_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where events go when the message itself names no receiver."""

    events: tuple[Event, ...]
    to: tuple[str, ...]  # endpoint names, or "municipality-of-patient"
    senders: tuple[str, ...] = ()  # endpoint names; empty: any sender
    protected: bool = False  # also for patients with protected identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest incoming message: bytes of its body, levels of nesting, Bundle entries."""

    body: int = 10 * 1024 * 1024
    depth: int = 64
    entries: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole settings file, with the environment's values; read once, then frozen."""

    organization: str = "SE0000000000-ADAPTER"  # the HSA-id of the adapter itself
    store: str = "sqlite:///adapter.db"
    broker: str = ""  # amqp URL; empty without RabbitMQ
    web: str = "127.0.0.1:8080"
    ask_above: int = 100  # replaying more than this many at once asks for confirmation
    limits: Limits = Limits()
    expire_after: Mapping[Event, timedelta] = field(default_factory=dict)
    endpoints: tuple[Endpoint, ...] = ()
    routes: tuple[Route, ...] = ()
