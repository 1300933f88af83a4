"""The receivers of a story: what each attempt meets is written in the story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from adapter.core.endpoint import Endpoint
from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Outcome, Response
from adapter.transports.http import status
from stories import fhir_bytes, hearing, omsorg_bytes
from stories.observation import Arrival
from stories.people import Number
from stories.truth import Spell, Weather
from stories.world import LULEA, LULEA_NEW, PARTIES, Party

_SLOW = timedelta(seconds=15)
_LATE = timedelta(minutes=12)
_HOUR = timedelta(hours=1)
_TIMED_OUT = (Weather.LOST, Weather.ARRIVED, Weather.SLOW_LOST, Weather.SLOW_ARRIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A receipt that comes as a message of its own."""

    at: datetime
    party: str
    body: bytes


class Receivers:
    """A transport for every endpoint at once."""

    def __init__(
        self,
        spells: Sequence[Spell],
        now: datetime,
        *,
        bus: frozenset[str],
        rejects: Sequence[str] = (),
    ) -> None:
        self._spells, self._bus, self._rejects = spells, bus, list(rejects)
        self.now = now
        self.arrivals: list[Arrival] = []
        self.late: list[Late] = []

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Let each attempt meet its weather."""
        return [self._send_one(envelope) for envelope in envelopes]

    def weather(self, party: str) -> Weather:
        """Return what an attempt meets now."""
        of_one = (s for s in self._spells if s.party == party and s.since <= self.now < s.until)
        return next((spell.weather for spell in of_one), Weather.UP)

    def slowness(self, party: str) -> timedelta:
        """Return how long the attempt takes."""
        slow = self.weather(party) in (Weather.SLOW_LOST, Weather.SLOW_ARRIVED)
        return _SLOW if slow else timedelta(0)

    def _send_one(self, envelope: Envelope) -> Outcome:
        party = PARTIES[envelope.endpoint]
        weather = self.weather(LULEA.name if party is LULEA_NEW else party.name)
        self.arrivals.append(
            Arrival(party=party.name, at=self.now, body=envelope.body, weather=weather)
        )
        self._reject(party, envelope.body)
        return self._outcome(party, weather, envelope)

    def _reject(self, party: Party, body: bytes) -> None:
        """Let a person reject the first notice, an hour later, where the story says so."""
        if party.name in self._rejects and self.weather(party.name) is Weather.UP:
            answer = rejection(party, body, self.now + _HOUR)
            if answer:
                self._rejects.remove(party.name)
                self.late.append(Late(at=self.now + _HOUR, party=party.name, body=answer))

    def _outcome(self, party: Party, weather: Weather, envelope: Envelope) -> Outcome:
        if weather is Weather.REFUSED:
            return status._translated(httpx.ConnectError("connection refused"))
        if weather in _TIMED_OUT:
            return TransientError("timed-out", "ReadTimeout")
        if weather is Weather.LIED:
            self._send_later(party, envelope.body)
        if weather in (Weather.BUSY, Weather.LIED):
            return status.of_status(503, "", Response(), self.now)
        return self._response(party, weather, envelope)

    def _response(self, party: Party, weather: Weather, envelope: Envelope) -> Outcome:
        code = "fatal-error" if weather is Weather.FATAL else "ok"
        receipt = written_receipt(party, envelope.body, code, self.now)
        if receipt is None:
            return Response()
        if weather is Weather.LATE or party.name in self._bus:
            at = self.now + (_LATE if weather is Weather.LATE else timedelta(seconds=1))
            self.late.append(Late(at=at, party=party.name, body=receipt))
            return Response()
        media = omsorg_bytes.CONTENT_TYPE if party.form == "omsorg" else fhir_bytes.CONTENT_TYPE
        return Response(body=receipt, content_type=media)

    def _send_later(self, party: Party, body: bytes) -> None:
        receipt = written_receipt(party, body, "ok", self.now)
        if receipt is not None:
            self.late.append(Late(at=self.now + _LATE, party=party.name, body=receipt))


def written_receipt(party: Party, body: bytes, code: str, now: datetime) -> bytes | None:
    """Return the party's receipt for a message; None for a receipt, which gets none."""
    heard = hearing.read(body, party.form)
    if heard.event == "receipt":
        return None
    content = fhir_bytes.content_id("receipt", heard.content, now)
    if party.form == "omsorg":
        word = {"ok": "ok", "fatal-error": "fel"}[code]
        return omsorg_bytes.receipt(heard.content, word, content, now, party.organization)
    return fhir_bytes.write(
        fhir_bytes.Draft(
            content=content,
            event="receipt",
            sender=party,
            made=now,
            about=heard.content,
            code=code,
        )
    )


def rejection(party: Party, body: bytes, now: datetime) -> bytes | None:
    """Return a person's rejection of an admission notice; None for any other message."""
    heard = hearing.read(body, party.form)
    if heard.event != "admission-notice" or not heard.numbers:
        return None
    content = fhir_bytes.content_id("rejection", heard.content)
    number = Number(kind="pnr", value=next(iter(heard.numbers)))
    if party.form == "omsorg":
        answer = omsorg_bytes.answer(heard.content, "avvisad", now, "bor i en annan kommun")
        return omsorg_bytes.write(
            omsorg_bytes.Draft(
                content=content,
                type="svar",
                sender=party.organization,
                made=now,
                number=number,
                case=heard.cases[0],
                body=answer,
            )
        )
    return fhir_bytes.write(
        fhir_bytes.Draft(
            content=content,
            event="answer",
            sender=party,
            made=now,
            cases=heard.cases[:1],
            number=number,
            text="bor i en annan kommun",
            about=heard.content,
            code="rejected",
        )
    )


def on_the_bus(endpoints: Sequence[Endpoint]) -> frozenset[str]:
    """Return the endpoints that are reached over RabbitMQ."""
    return frozenset(e.name for e in endpoints if e.transport == "rabbitmq")
