"""A county in one process: a hospital that sends HL7 v2, municipalities, care centres, planning."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapter.core.endpoint import Endpoint, Settings
from adapter.core.model import Bundle, Need
from adapter.fhir import bundles, canonical
from adapter.fhir.builders import Party
from adapter.store.tables import item
from tests.kit import drafts
from tests.kit.drafts import HOSPITAL, LULEA, PLANNING
from tests.kit.region import Region, endpoint

SOCIAL, CARE, PRIMARY = "Y|N|N", "N|Y|N", "N|N|Y"
SOCIAL_AND_CARE = "Y|Y|N"
ZONE = ZoneInfo("Europe/Stockholm")
ADMITTED = datetime(2026, 3, 10, 8, 15, tzinfo=ZONE)
CENTRES = tuple(f"vc-{number}" for number in range(1, 8))
PITEA, PITEA_CARE = "pitea", "pitea-care"
OTHERS = ("lulea", PITEA, PITEA_CARE, "pitea-vc", "planning", *CENTRES)
"""Everybody who may be told of the hospital's stays."""


def _party(name: str, organization: str) -> Party:
    return Party(endpoint=name, organization=organization)


def centre(number: int) -> str:
    """Return the HSA-id of a care centre of Luleå."""
    return f"SE2321000016-VC{number}"


def _centre(number: int) -> Endpoint:
    party = _party(f"vc-{number}", centre(number))
    return endpoint(party, municipality="2580", serves=(Need.PRIMARY_CARE,))


SETTINGS = Settings(
    endpoints=(
        endpoint(HOSPITAL, contact="010-555 00 00"),
        replace(
            endpoint(HOSPITAL), name="feed", system="hl7v2", broker_user="", return_to="hospital"
        ),
        endpoint(PLANNING, carries_for=("2580", "2581")),
        endpoint(
            LULEA, municipality="2580", serves=(Need.SOCIAL_SERVICES, Need.MUNICIPAL_HEALTH_CARE)
        ),
        endpoint(
            _party(PITEA, "SE2120000004-SOC"), municipality="2581", serves=(Need.SOCIAL_SERVICES,)
        ),
        endpoint(
            _party(PITEA_CARE, "SE2120000004-HSV"),
            municipality="2581",
            serves=(Need.MUNICIPAL_HEALTH_CARE,),
        ),
        endpoint(
            _party("pitea-vc", "SE2321000016-PITEA"),
            municipality="2581",
            serves=(Need.PRIMARY_CARE,),
        ),
        *(_centre(number) for number in range(1, 8)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as the hospital's register has her."""

    number: str = "195009072553"
    family: str = "Ek"
    born: str = "19500907"
    kommun: str = "2580"
    street: str = "Storgatan 1"
    address: str | None = None  # PID-11 as it is sent, in place of street and kommun
    dead: str = ""  # PID-29 and PID-30

    def pid(self) -> str:
        """Return the PID segment."""
        home = f"{self.street}^^LULEÅ^^97231^SE^H^^{self.kommun}"
        address = home if self.address is None else self.address
        start = f"PID|1||{self.number}^^^^NNSWE||{self.family}^Anna||{self.born}|F|||{address}"
        return start + "|" * 18 + self.dead if self.dead else start


EVA = Person()
BO = Person(number="196109732393", born="19610913", family="Bosson", street="Boplan 2")


@dataclass(kw_only=True)
class Visit:
    """A visit, as the hospital's system repeats it in every message."""

    number: str = "Y2"
    person: Person = EVA
    admitted: datetime = ADMITTED
    class_: str = "I"
    ward: str = "MED3"
    planned: str | None = "20260320"  # PV2-9; None: no PV2 segment
    listed: str = ""  # PD1-4 in the form that it is sent
    protected: str = ""  # PD1-12
    fields: dict[int, str] = field(default_factory=dict)  # other fields of PV1


def _line(name: str, fields: Mapping[int, str]) -> str:
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def stamp(at: datetime) -> str:
    """Return a time as HL7 v2 writes it, with its offset."""
    return at.astimezone(ZONE).strftime("%Y%m%d%H%M%S%z")


class County(Region):
    """The county. `adt` is what the hospital's system sends; every message takes a minute."""

    def __init__(self, url: str, settings: Settings = SETTINGS) -> None:
        super().__init__(url, settings)
        self.now = ADMITTED + timedelta(hours=1)
        self._control = itertools.count(1)

    def adt(self, trigger: str, visit: Visit, *segments: str, at: datetime | None = None) -> str:
        """Send a message about a visit over MLLP, and run `turn`; return the acknowledgement."""
        body = self.bytes_of(trigger, visit, segments, at)
        return self.sent(body)

    def sent(self, body: bytes) -> str:
        """Send bytes of the hospital over MLLP, and run `turn`; return the acknowledgement."""
        reply = self.handed_over(body)
        self.now += timedelta(minutes=1)
        return reply

    def handed_over(self, body: bytes) -> str:
        """Send bytes as `sent` does, without letting time pass."""
        reply = self.accept("feed", body).body.decode()
        self.turn()
        return reply

    def bytes_of(
        self, trigger: str, visit: Visit, segments: Sequence[str] = (), at: datetime | None = None
    ) -> bytes:
        """Return the bytes of a message; a given segment replaces the usual one of its name."""
        recorded = stamp(at or self.now)
        header = f"MSH|^~\\&|COSMIC|SJUKHUS|ADAPTER|HUB|{recorded}||ADT^{trigger}|"
        usual = [
            f"{header}C{next(self._control)}|P|2.5||||||UNICODE UTF-8",
            f"EVN||{recorded}||||{recorded}",
            visit.person.pid(),
            *_pd1(visit),
            _pv1(visit),
            *([f"PV2|||||||||{visit.planned}"] if visit.planned is not None else []),
        ]
        lines = {line[:3]: line for line in (*usual, *segments)}
        return ("\r".join(line for line in lines.values() if "|" in line) + "\r").encode()

    def assessed(self, needs: str = SOCIAL, *, units: str = "", at: datetime | None = None) -> str:
        """Return the segment with the physician's assessment."""
        return f"ZSP|1|{needs}|{stamp(at or self.now)}||{units}"

    def takes(self, *names: str) -> dict[str, list[Bundle]]:
        """Let parties receipt what they get, until nothing more comes; return what they got."""
        mail: dict[str, list[Bundle]] = {name: [] for name in names or OTHERS}
        while sum(self._take(name, mail[name]) for name in mail):
            self.turn()
        return {name: bundles_ for name, bundles_ in mail.items() if bundles_}

    def _take(self, name: str, mail: list[Bundle]) -> int:
        arrived = [b for b in self.inbox(name) if bundles.event_code(b)[1] != "receipt"]
        for bundle in arrived:
            mail.append(bundle)
            self.answer(name, bundles.content_id(bundle))
        return len(arrived)

    def answer(self, name: str, content: str, code: str = "ok") -> None:
        """Let a party's system receipt a message."""
        party = self.network.endpoint(name)
        sender = Party(organization=party.organization, endpoint=name)
        self.tells(name, drafts.receipt(content, sender, code))

    def hears(self, *names: str) -> dict[str, list[str]]:
        """Let parties take what they get; return the events by party."""
        return {name: [event(b) for b in mail] for name, mail in self.takes(*names).items()}

    def stands(self) -> list[str]:
        """Return what stands before persons: the codes of open items, and of held deliveries."""
        items = [row["what"] for row in self.rows(item) if row["closed_at"] is None]
        held = [row["code"] for row in self.deliveries() if row["state"] == "dead"]
        return sorted([*items, *held])

    def items(self, what: str) -> list[Any]:
        """Return the open items of a kind."""
        return [row for row in self.rows(item, what=what) if row["closed_at"] is None]


def _pd1(visit: Visit) -> list[str]:
    fields = {4: visit.listed, 12: visit.protected}
    return [_line("PD1", fields)] if any(fields.values()) else []


def _pv1(visit: Visit) -> str:
    usual = {
        1: "1",
        2: visit.class_,
        3: visit.ward,
        19: visit.number,
        44: stamp(visit.admitted),
    }
    return _line("PV1", usual | visit.fields)


def event(bundle: Bundle) -> str:
    """Return the event of a message, with the reason of an ending."""
    reason = bundles.ended_reason(bundle)
    return bundles.event_code(bundle)[1] + (f" {reason}" if reason else "")


def text(mail: Any) -> str:
    """Return messages as one text, to look for what must not stand in them."""
    return json.dumps(mail, ensure_ascii=False)


def levels(bundle: Bundle) -> list[str]:
    """Return the labels of protection of a message's patient."""
    security = (bundles.patient(bundle) or {}).get("meta", {}).get("security", ())
    return [label["code"] for label in security if label["system"] == canonical.SECURITY]


def code(acknowledgement: str) -> str:
    """Return MSA-1 of an acknowledgement."""
    [msa] = [line for line in acknowledgement.split("\r") if line.startswith("MSA")]
    return msa.split("|")[1]


def warnings(acknowledgement: str) -> list[str]:
    """Return the codes of the warnings of an acknowledgement (ERR-5)."""
    errors = [line.split("|") for line in acknowledgement.split("\r") if line.startswith("ERR")]
    return [fields[5].split("^")[0] for fields in errors if fields[4] == "W"]
