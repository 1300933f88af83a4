"""`adapter demo`: a discharge with real bytes through real sockets, and what became of it.

`run` is the command; `opened` and `play` are the demo without its printing.
"""

from __future__ import annotations

import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from adapter.core.errors import AdapterError
from adapter.demo import plan_text, scenes
from adapter.demo.live import Live
from adapter.demo.region import Broker
from adapter.demo.report import Report, as_json
from adapter.demo.screen import Screen
from adapter.demo.stage import Stage, StuckError
from adapter.simulators.bus_client import BusUnavailableError
from adapter.simulators.journal import NotAcknowledgedError
from adapter.simulators.rabbitmq_client import queues_in_use
from adapter.store import Store
from adapter.store.queries.everything import is_empty

__all__ = ["NotPlayedError", "Options", "Report", "opened", "play", "run"]

_QUEUES = ("care.in", "care.dead", "planning.inbox")


class NotPlayedError(Exception):
    """The demo cannot begin; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of the command."""

    broker: str = ""  # amqp URL; "" is the embedded bus
    planning: str = ""  # amqp URL of the planning service; "" is the same as `broker`
    seed: int = 1
    store: str = ""  # path or URL of a store to keep; "" is a temporary file
    keep: bool = False
    json: bool = False

    @property
    def bus(self) -> str:
        """The kind of bus that the planning service is on."""
        return "rabbitmq" if self.broker else "embedded"


def run(options: Options, out: TextIO, err: TextIO) -> int:
    """Play, print the rows or the JSON object, and return the exit code.

    0: every message has its receipt. 1: one has not, or the demo broke. 2: it cannot begin.
    """
    try:
        with opened(options) as stage:
            report = (
                _played_as_json(options, stage, out)
                if options.json
                else _shown(options, stage, out)
            )
            if options.keep:
                _hold(stage, report, err)
    except NotPlayedError as error:
        err.write(f"{error}\n")
        return 2
    except (AdapterError, BusUnavailableError) as error:
        err.write(f"the demo broke: {error}\n")
        return 1
    return 0 if report.whole else 1


@contextmanager
def opened(options: Options) -> Iterator[Stage]:
    """Play, and return the report. NotPlayedError, AdapterError or BusUnavailableError."""
    with _store(options.store) as store, _stage(options, store) as stage:
        yield stage


def play(options: Options, stage: Stage) -> Report:
    """Play every scene, and report the result; a scene that gets stuck ends the play."""
    stuck = ""
    try:
        scenes.play(stage)
    except (StuckError, NotAcknowledgedError) as error:
        stuck = str(error)
    picture = stage.picture()
    case = next((m.case_id or "" for m in picture.messages if m.shared), "")
    return Report(
        seed=options.seed,
        bus=options.bus,
        case=case,
        picture=picture,
        traffic_logs=tuple(system.traffic.entries() for system in stage.systems),
        stuck=stuck,
        plan=plan_text.opening(stage, case),
    )


def _played_as_json(options: Options, stage: Stage, out: TextIO) -> Report:
    report = play(options, stage)
    out.write(json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n")
    out.flush()
    return report


def _shown(options: Options, stage: Stage, out: TextIO) -> Report:
    screen = Screen(out)
    with screen.open(options.seed, options.bus), Live(stage, screen):
        report = play(options, stage)
    screen.close(report, options.store)
    return report


@contextmanager
def _store(path: str) -> Iterator[Store]:
    """The store, empty and with a current schema."""
    with tempfile.TemporaryDirectory(prefix="adapter-demo-") as folder:
        store = Store(_url(path or f"{folder}/demo.db"))
        try:
            store.upgrade()
            with store.read() as tx:
                if not is_empty(tx):
                    raise NotPlayedError(
                        "the store has messages already: name a new one with --store"
                    )
            yield store
        finally:
            store.close()


def _url(path: str) -> str:
    if "://" in path:
        return path
    file = Path(path).absolute()
    if not file.parent.is_dir():
        raise NotPlayedError(
            f"the folder {file.parent} does not exist: create it, or name another store"
        )
    return f"sqlite:///{file}"


def _stage(options: Options, store: Store) -> Stage:
    if not options.broker:
        return Stage(options.seed, store, None)
    broker = Broker(url=options.broker, planning=options.planning)
    busy = queues_in_use(broker.url, _QUEUES)
    if busy:
        raise NotPlayedError(
            f"{busy[0]} is in use on this broker: give the demo a virtual host of its own, "
            "or empty what an earlier demo left (rabbitmqctl purge_queue)"
        )
    return Stage(options.seed, store, broker)


def _hold(stage: Stage, report: Report, err: TextIO) -> None:
    """Print the addresses, and leave everything running until SIGINT or SIGTERM."""
    ports, store = stage.ports, stage.store.url
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    err.write(
        f"The adapter and the parties are still running. Ctrl-C ends them.\n"
        f"  HL7 v2 over MLLP     127.0.0.1:{ports.mllp}\n"
        f"  HTTP                 http://127.0.0.1:{ports.web}/health/ready\n"
        f"  journal's inbox      http://127.0.0.1:{ports.journal}/inbox\n"
        f"  Luleå's inbox        http://127.0.0.1:{ports.lulea}/inbox (omsorg/1)\n"
        f"  Umeå's inbox         http://127.0.0.1:{ports.umea}/inbox (omsorg/2)\n"
        f"  adapter case {report.case} --store {store.database or store}\n"
    )
    err.flush()
    while not ended.wait(0.2) and not stage.adapter.loops.stopping.is_set():
        pass
