"""Play stories over real sockets, twenty at a time, and sort what every party got by story."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import httpx
import sqlalchemy as sa

from adapter import settings
from adapter.core.lifecycle import OPEN
from adapter.runner import Adapter
from adapter.store import Store, endpoints
from adapter.store.tables import alias, delivery
from stories import hearing, region
from stories.heard import Heard
from stories.observation import Answer, Arrival, Observation, Stands
from stories.region import Choices
from stories.rig.sockets.parties import BusParty, HttpServers, Mailbag
from stories.rig.sockets.senders import Senders
from stories.rig.standing import Standings
from stories.truth import Story
from stories.world import EVERYBODY, PARTIES, PLANNING
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.servers.base import free_ports

_AT_ONCE = 12
_QUIET = 20.0  # seconds until a word's deliveries must be closed


@dataclass(slots=True)
class _Played:
    """A story with the times at which its words were really said, and the answers."""

    story: Story
    answers: dict[int, Answer] = field(default_factory=dict)


def play(stories: Sequence[Story]) -> Iterator[tuple[Story, Observation]]:
    """Play stories; yield each with its observation."""
    with _arena() as (store, senders, bag):
        standings = Standings(store)
        watch = _Watch(standings, _numbered(stories))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            played = list(pool.map(lambda s: _tell(s, store, senders, watch), stories))
        _wait(lambda: not _open(store, ()), 90)
        time.sleep(1)
        end = watch.look()
        by_story = _sorted(played, bag.all())
        for each in played:
            observed = Observation(
                arrivals=by_story[each.story.number],
                answers=each.answers,
                stands=list(_stands(each.story, standings.all())),
                end=end,
            )
            each.story.end = end
            yield each.story, observed


def _tell(story: Story, store: Store, senders: Senders, watch: _Watch) -> _Played:
    played = _Played(story)
    names = {word.case for word in story.words if word.case}
    for place, word in enumerate(sorted(story.words, key=lambda w: (w.at, w.n))):
        now = datetime.now(UTC)
        said = replace(word, at=now)
        story.words[next(i for i, w in enumerate(story.words) if w.n == word.n)] = said
        played.answers[word.n] = senders.say(said)
        watch.look()
        _wait(lambda: not _open(store, names), _QUIET)
        if place == 0:
            story.start = now
    return played


def _open(store: Store, names: object) -> int:
    """Return how many deliveries are open: of these cases, or of all."""
    count = sa.select(sa.func.count()).select_from(delivery)
    query = count.where(delivery.c.state.in_([str(state) for state in OPEN]))
    if names:
        of_cases = sa.select(alias.c.case_id).where(alias.c.name.in_(list(names)))  # type: ignore[call-overload]
        query = query.where(delivery.c.case_id.in_(of_cases))
    with store.read() as tx:
        return int(tx.execute(query).scalar() or 0)


def _wait(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done() and time.monotonic() < deadline:
        time.sleep(0.1)


# Whose is it


def _sorted(played: Sequence[_Played], arrivals: Sequence[Arrival]) -> dict[int, list[Arrival]]:
    """Return the arrivals of each story, by case, number, or the word that a receipt is about."""
    keys: dict[str, int] = {}
    for each in played:
        story = each.story
        texts = [word.case for word in story.words] + [word.control for word in story.words]
        texts += [number.value for person in story.people.values() for number in person.numbers]
        keys |= {text: story.number for text in texts if text}
    found: dict[int, list[Arrival]] = {each.story.number: [] for each in played}
    for arrival in arrivals:
        heard = hearing.read(arrival.body, PARTIES[arrival.party].form)
        number = next((keys[text] for text in _texts(heard) if text in keys), None)
        if number is not None:
            found[number].append(arrival)
    return found


def _texts(heard: Heard) -> list[str]:
    return [*heard.numbers, *heard.old_numbers, *heard.cases, heard.about]


_ROOM = 1000  # more words than a story has


def _numbered(stories: Sequence[Story]) -> dict[str, int]:
    """Return a number for each word of all stories, by its control id."""
    return {
        word.control: story.number * _ROOM + word.n
        for story in stories
        for word in story.words
        if word.control
    }


@dataclass(frozen=True, slots=True)
class _Watch:
    """Looks at what stands after each word: a later word settles what an earlier one raised."""

    standings: Standings
    words: Mapping[str, int]
    lock: Lock = field(default_factory=Lock)

    def look(self) -> datetime:
        """Look; return when."""
        with self.lock:
            now = datetime.now(UTC)
            self.standings.know(self.words)
            self.standings.look(now)
            return now


def _stands(story: Story, every: Sequence[Stands]) -> Iterator[Stands]:
    """What stands about a story: by the word that it is about, or by its case."""
    cases = {word.case for word in story.words if word.case}
    for stands in every:
        number, word = divmod(stands.word, _ROOM)
        if stands.word >= 0 and number == story.number:
            yield replace(stands, word=word)
        elif stands.word < 0 and stands.case in cases:
            yield stands


# The servers


@contextmanager
def _arena() -> Iterator[tuple[Store, Senders, Mailbag]]:
    """Start broker, database, adapter and parties."""
    with ExitStack() as stack:
        broker = stack.enter_context(RabbitMQ.start((PLANNING.name,)))
        cluster = stack.enter_context(PostgreSQL.start())
        listening = [party for party in EVERYBODY if party is not PLANNING]
        web, *ports = free_ports(1 + len(listening))
        numbers = {party.name: port for party, port in zip(listening, ports, strict=True)}
        choices = Choices(
            bus=True,
            ports=tuple(numbers.items()),
            window_days=120,
            store=cluster.fresh(),
            broker=broker.url,
            web=f"127.0.0.1:{web}",
        )
        folder = stack.enter_context(TemporaryDirectory())
        file = Path(folder) / "adapter.toml"
        file.write_text(region.toml(choices), encoding="utf-8")
        loaded = settings.load(file, {})
        store = Store(loaded.store)
        stack.callback(store.close)
        store.upgrade()
        tokens = _tokens(store)
        bag = Mailbag()
        servers = HttpServers([(p, numbers[p.name]) for p in listening if p.door == "http"], bag)
        servers.start()
        stack.callback(servers.stop)
        adapter = Adapter(loaded, store)
        adapter.start()
        stack.callback(adapter.stop)
        address = f"http://127.0.0.1:{web}/health/live"
        _wait(lambda: httpx.get(address, timeout=5).status_code == 200, 30)
        bus = BusParty(broker.partner(PLANNING.name), PLANNING, bag)
        bus.start()
        stack.callback(bus.stop)
        senders = Senders(numbers, web, tokens, bus, bag)
        stack.callback(senders.close)
        yield store, senders, bag


def _tokens(store: Store) -> dict[str, str]:
    with store.begin() as tx:
        endpoints.register(tx, [party.name for party in EVERYBODY])
        now = datetime.now(UTC)
        return {
            party.name: endpoints.new_token(tx, party.name, now)
            for party in EVERYBODY
            if party.door == "http"
        }
