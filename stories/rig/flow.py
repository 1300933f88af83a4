"""Run one story through the adapter's own steps, in this process, at the story's times."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from adapter import mappings, settings
from adapter.core.model import Envelope
from adapter.fhir import event_names, profiles, r4_types
from adapter.inbound import batches, receive
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.operate import maintenance
from adapter.outbound import claim as claiming
from adapter.outbound import send
from adapter.settings.network import Network
from adapter.store import bulk_write, due_deliveries
from adapter.web import receiving
from stories import fhir_reader, hearing, hl7, region
from stories.observation import Answer, Observation
from stories.region import Choices
from stories.rig import operations
from stories.rig.clock import next_time
from stories.rig.fresh_store import FreshStore
from stories.rig.receivers import Receivers, on_the_bus
from stories.rig.standing import Standings
from stories.truth import Operation, Story, Word
from stories.world import PARTIES

_MOST_STEPS = 400  # of one story between two words: more is an adapter that runs in circles


@cache
def network(choices: Choices) -> Network:
    """Return the network of these settings."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "adapter.toml"
        file.write_text(region.toml(choices), encoding="utf-8")
        return Network(settings=settings.load(file, {}), systems=mappings.load())


class Rig:
    """Runs stories, one after the other, each on an empty store."""

    def __init__(self) -> None:
        everybody = network(Choices(successor=True)).settings
        self._fresh = FreshStore(everybody)

    def close(self) -> None:
        """Remove the store."""
        self._fresh.close()

    def run(self, story: Story) -> Observation:
        """Run a story; return what the judge may see."""
        return Run(self._fresh, story).play()


class Run:
    """One story on one store."""

    def __init__(self, fresh: FreshStore, story: Story) -> None:
        self._fresh = fresh
        self.store, self.story = fresh.renew(), story
        self.choices = Choices(wards=story.wards, bus="planning-on-the-bus" in story.ingredients)
        self.network = network(self.choices)
        self.receivers = Receivers(
            story.spells,
            story.start,
            bus=on_the_bus(self.network.settings.endpoints),
            rejects=story.rejects,
        )
        self.standings = Standings(self.store)
        self.answers: dict[int, Answer] = {}
        self.now = story.start
        self._under_way: list[tuple[datetime, int, send.Sent]] = []
        self._late: list[tuple[datetime, int, Any]] = []
        self._numbers = count()
        self._waiting: list[Envelope] = []  # in the queue care.in

    def play(self) -> Observation:
        """Run the story to its end."""
        for at, what in _in_order(self.story):
            self._until(at)
            self.now = at
            if isinstance(what, Word):
                self._say(what)
            else:
                operations.do(self, what)
            self._work()
            self.standings.look(self.now)
        end = self.story.end or self.now
        self._until(end)
        self.standings.look(end)
        self._answers_from_the_bus()
        return Observation(
            arrivals=self.receivers.arrivals,
            answers=self.answers,
            stands=self.standings.all(),
            end=end,
        )

    def change(self, choices: Choices) -> None:
        """Restart with other settings."""
        self.choices, self.network = choices, network(choices)
        maintenance.move_replaced(self.store, self.network, self.now)

    def restart(self) -> None:
        """End the process, and start the next version: only the store of the old one is left.

        Settings, mappings and everything that a module keeps in memory are read again.
        """
        for place in (profiles, r4_types, event_names, due_deliveries, bulk_write):
            forget(place)
        network.cache_clear()
        self.store = self._fresh.reopen()
        self.standings.store = self.store
        self.change(self.choices)

    # Time

    def _until(self, at: datetime) -> None:
        """Do everything that falls due before a time."""
        for _ in range(_MOST_STEPS):
            due = self._next()
            if due is None or due >= at:
                return
            self.now = due
            maintenance.expire(self.store, self.network, due)
            self._work()
            self.standings.look(due)
        raise RuntimeError("the adapter runs in circles")

    def _next(self) -> datetime | None:
        waiting = [heap[0][0] for heap in (self._under_way, self._late) if heap]
        timer = next_time(self.store, self.now)
        return min([*waiting, *([timer] if timer else [])], default=None)

    # What parties do

    def _say(self, word: Word) -> None:
        party = PARTIES[word.sender]
        envelope = Envelope(
            endpoint=word.sender, body=word.body, content_type=word.content_type, id=""
        )
        if word.sender in on_the_bus(self.network.settings.endpoints):
            self._waiting.append(envelope)
        else:
            owed = receive.accept(self.store, self.network, envelope, self.now)
            self.answers[word.n] = answer_of(owed, party.form)
        self._drain()
        self.standings.said(word)

    def _answers_from_the_bus(self) -> None:
        """Find the receipts that came to a sender through its queue."""
        for arrival in self.receivers.arrivals:
            heard = hearing.read(arrival.body, PARTIES[arrival.party].form)
            if heard.event != "receipt":
                continue
            for word in self.story.words:
                if word.control == heard.about and word.n not in self.answers:
                    self.answers[word.n] = Answer(code=heard.code, issues=heard.issues)

    # What the adapter does

    def _work(self) -> None:
        self._write_outcomes()
        self._take_late_receipts()
        for _ in range(_MOST_STEPS):
            if not self._drain() + self._send():
                return
        raise RuntimeError("the adapter runs in circles")

    def _drain(self) -> int:
        if not self._waiting:
            return 0
        queue = _Queue(self._waiting)
        receive.receive_batch(self.store, queue, self.now)  # type: ignore[arg-type]
        self._waiting = []
        return batches.process_batch(self.store, self.network, self.now)

    def _send(self) -> int:
        with self.store.read() as tx:
            names = due_deliveries.endpoints_due(tx, self.now)
        room = {name: 50 for name in names if self.network.knows(name)}
        batch = claiming.claim(self.store, self.network, room, self.now) if room else []
        for name in dict.fromkeys(d.endpoint for d in batch):
            self._send_to(name, [d for d in batch if d.endpoint == name])
        return len(batch)

    def _send_to(self, name: str, batch: list[Any]) -> None:
        self.receivers.now = self.now
        ends = self.now + self.receivers.slowness(name)
        sent = send.hand_over(self.receivers, batch, lambda: ends)  # type: ignore[arg-type]
        for late in self.receivers.late:
            heapq.heappush(self._late, (late.at, next(self._numbers), late))
        self.receivers.late.clear()
        if ends > self.now:
            heapq.heappush(self._under_way, (ends, next(self._numbers), sent))
        else:
            send.write_down(self.store, self.network, [sent])

    def _write_outcomes(self) -> None:
        while self._under_way and self._under_way[0][0] <= self.now:
            send.write_down(self.store, self.network, [heapq.heappop(self._under_way)[2]])

    def _take_late_receipts(self) -> None:
        on_bus = on_the_bus(self.network.settings.endpoints)
        while self._late and self._late[0][0] <= self.now:
            late = heapq.heappop(self._late)[2]
            envelope = Envelope(endpoint=late.party, body=late.body)
            if late.party in on_bus:
                self._waiting.append(envelope)
            else:
                receive.accept(self.store, self.network, envelope, self.now)


def forget(module: ModuleType) -> None:
    """Empty what a module keeps in memory."""
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def _in_order(story: Story) -> Iterator[tuple[datetime, Word | Operation]]:
    told: list[tuple[datetime, int, Word | Operation]] = []
    numbers = count()
    told += [(word.at, next(numbers), word) for word in story.words]
    told += [(deed.at, next(numbers), deed) for deed in story.deeds]
    for at, _, what in sorted(told, key=lambda each: each[:2]):
        yield at, what


class _Queue:
    """The queue care.in, with these messages."""

    def __init__(self, envelopes: list[Envelope]) -> None:
        self._envelopes = envelopes

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Yield all of them."""
        return iter(self._envelopes)

    def acknowledge(self, _: Any) -> None:
        """Do nothing: they are taken once."""


def answer_of(owed: OwedReceipt, form: str) -> Answer:
    """Read the bytes that the door answers with."""
    if form == "hl7v2":
        code, issues = hl7.read_ack(owed.body)
        return Answer(code=MSA.get(code, ""), issues=issues)
    response = receiving.answer(owed, "json" if form == "fhir" else "xml")
    body = bytes(response.body)
    if response.status_code == 204:
        return Answer(code="ok")
    return read_http(response.status_code, body, form)


MSA = {"AA": "ok", "AE": "fatal-error", "AR": "transient-error"}


def read_http(status: int, body: bytes, form: str) -> Answer:
    """Read a receipt, or an OperationOutcome."""
    refused = "transient-error" if status == 503 else "fatal-error"
    if body.lstrip().startswith(b"{"):
        code, issues = fhir_reader.read_answer(body, refused)
        return Answer(code=code, issues=issues)
    heard = hearing.read(body, form)
    return Answer(code=heard.code, issues=heard.issues)
