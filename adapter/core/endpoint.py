"""The records of the settings file, one dataclass for each stanza.

`adapter.settings` reads the file into these. docs/settings.md explains every key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from adapter.core.model import DoneWhen, Event, Need
from adapter.core.protection import Protection


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


class ActCode(StrEnum):
    """Encounter.class: code system v3-ActCode. Only IMP, ACUTE and NONAC are inpatient stays."""

    IMP = "IMP"
    ACUTE = "ACUTE"
    NONAC = "NONAC"
    AMB = "AMB"
    EMER = "EMER"
    PRENC = "PRENC"
    OBSENC = "OBSENC"
    SS = "SS"
    HH = "HH"
    FLD = "FLD"
    VR = "VR"


class Disposition(StrEnum):
    """Where a discharge leads: FHIR R4 code system discharge-disposition."""

    OTHER_HOSPITAL = "other-hcf"
    DEAD = "exp"
    HOME = "home"


class Gender(StrEnum):
    """Patient.gender: FHIR R4 code system administrative-gender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class UntypedAddress(StrEnum):
    """What an address without a type means in a sender's messages."""

    REGISTERED = "registered"  # folkbokföring
    OTHER = "other"


_BEGUN_BY_UNITS = (Event.CARE_PLAN, Event.MESSAGE, Event.PLANNING_BASIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The mailbox of one organisation at one system.

    The defaults of the keys `owns_stays` and `begins` depend on other keys: use the properties.
    """

    name: str
    organization: str  # HSA-id (Norway: HER-id)
    display: str = ""
    aliases: tuple[Alias, ...] = ()
    speaks_for: tuple[str, ...] = ()  # HSA-ids that it may send as, besides its own
    tells_for: tuple[str, ...] = ()  # HSA-ids of owners whose stays it may report
    municipality: str = ""  # kommunkod, four digits
    serves: tuple[Need, ...] = ()
    carries_for: tuple[str, ...] = ()  # kommunkod or HSA-id; not empty: it is a planning service
    mailbox_for: tuple[str, ...] = ()  # HSA-ids of units that read their messages in it
    owns_stays_key: bool | None = None  # None: by role
    begins_key: tuple[Event, ...] | None = None  # None: by role
    contact: str = ""  # one telephone number or mail address for all wards of a hospital
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
    expect_every: Within | None = None  # how often it speaks; None: nobody waits for its word
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
    classes: Mapping[str, ActCode] = field(default_factory=dict, hash=False)  # by its own code
    dispositions: Mapping[str, Disposition] = field(default_factory=dict, hash=False)  # likewise
    genders: Mapping[str, Gender] = field(default_factory=dict, hash=False)  # likewise
    untyped_address: UntypedAddress = UntypedAddress.REGISTERED
    unmapped: str = "accept"  # | "refuse"
    strict_identifiers: bool = False
    test: bool = False  # whether its messages may be marked as a test (HL7 v2: MSH-11)
    owner: str = ""

    @property
    def forward(self) -> str:
        """The endpoint that gets what is addressed to this one; "" when it gets that itself."""
        return self.replaced_by or self.return_to

    @property
    def owns_stays(self) -> bool:
        """Whether stays may be its own: by default if it neither serves nor carries for others."""
        if self.owns_stays_key is None:
            return not self.serves and not self.carries_for
        return self.owns_stays_key

    @property
    def begins(self) -> tuple[Event, ...]:
        """The events with which it may open a case without a stay.

        By default a hospital begins messages; all others begin care plans and planning basis too.
        """
        if self.begins_key is None:
            hospital = self.owns_stays and not self.serves
            return (Event.MESSAGE,) if hospital else _BEGUN_BY_UNITS
        return self.begins_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where events go when the message itself names no receiver."""

    events: tuple[Event, ...]
    to: tuple[str, ...]  # endpoint names, or "municipality-of-patient"
    senders: tuple[str, ...] = ()  # endpoint names; empty: any sender
    protected: bool = False  # also for patients with protected identity


class AttachmentType(StrEnum):
    """A media type that an attachment may have."""

    PDF = "application/pdf"
    TEXT = "text/plain"
    PNG = "image/png"
    JPEG = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentLimits:
    """What may be attached to a message: bytes of one file, and of all of its files together."""

    largest: int = 10 * 1024 * 1024
    together: int = 20 * 1024 * 1024
    types: tuple[AttachmentType, ...] = tuple(AttachmentType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest incoming message: bytes of its body, levels of nesting, Bundle entries.

    `memory` is for all of them together.
    """

    attachments: AttachmentLimits = AttachmentLimits()

    body: int = 10 * 1024 * 1024
    depth: int = 64
    entries: int = 500
    memory: int = 512 * 1024 * 1024  # bytes, for all messages under way of one process


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many connections a process holds, so that no partner keeps the others out."""

    total: int = 500  # over HTTP
    per_address: int = 100  # of one IP address, over HTTP
    per_token: int = 64  # requests of one endpoint under way
    mllp: int = 64  # of one MLLP endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What the routine of the region adds to the law, and how long stays are kept."""

    wards: bool = False  # whether receivers get ward, its telephone and HSA-id: of all wards
    window: timedelta = timedelta(days=7)  # how long a right lasts after discharge or death
    purge_unshared: timedelta = timedelta(days=7)  # stays without an assessment
    keep_names: timedelta = timedelta(days=730)  # case names, after their bodies are purged
    postal_codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole settings file, with the environment's values; read once, then frozen."""

    organization: str = "SE0000000000-ADAPTER"  # the HSA-id of the adapter itself
    store: str = "sqlite:///adapter.db"
    broker: str = ""  # amqp URL; empty without RabbitMQ
    broker_management: str = ""  # http URL of its management API; only `check` uses it
    web: str = "127.0.0.1:8080"
    health: str = ""  # host:port of health and metrics alone; empty: only at `web`
    ask_above: int = 100  # replaying more than this many at once asks for confirmation
    keep_jobs: timedelta = timedelta(days=90)  # the ids of a job, after it was done or stopped
    stop_within: timedelta = timedelta(seconds=30)  # then a stop leaves what is not finished
    limits: Limits = Limits()
    connections: ConnectionLimits = ConnectionLimits()
    expire_after: Mapping[Event, timedelta] = field(default_factory=dict)
    sharing: Sharing = Sharing()
    protection: tuple[Protection, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    routes: tuple[Route, ...] = ()
