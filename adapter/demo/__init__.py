"""`adapter demo`: a discharge with real bytes through real sockets, and what became of it.

`run` is the command; `play` is the demo without its printing.
"""

from __future__ import annotations

import json
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from adapter.core.errors import AdapterError
from adapter.demo import scenes
from adapter.demo.network import Broker, on_the_bus
from adapter.demo.report import Report, as_json
from adapter.demo.stage import Stage, StuckError
from adapter.demo.timeline import draw
from adapter.simulators.broker import occupied
from adapter.simulators.journal import NotAcknowledgedError
from adapter.simulators.wire import LineDownError
from adapter.store import Store
from adapter.store.queries.everything import is_empty

__all__ = ["NotPlayedError", "Options", "Report", "accounts", "play", "run"]

_ON_THE_BUS = ("planning", "umea")
_QUEUES = ("care.in", "care.dead", *(f"{name}.inbox" for name in _ON_THE_BUS))


class NotPlayedError(Exception):
    """The demo cannot begin; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    broker: str = ""  # amqp URL; "" is the embedded bus
    accounts: Mapping[str, str] = field(default_factory=dict)  # amqp URLs of `planning`, `umea`
    seed: int = 1
    store: str = ""  # path or URL of a store that stays; "" is a file that goes with the demo
    keep: bool = False
    json: bool = False


def accounts(environment: Mapping[str, str]) -> dict[str, str]:
    """The parties' own users at a broker: amqp URLs in ADAPTER_DEMO_PLANNING, ADAPTER_DEMO_UMEA."""
    found = {name: environment.get(f"ADAPTER_DEMO_{name.upper()}", "") for name in _ON_THE_BUS}
    return {name: url for name, url in found.items() if url}


def run(options: Options, out: TextIO, err: TextIO) -> int:
    """Play, and print the timeline or the JSON object; the exit code.

    0: every message has its receipt. 1: one has not, or the demo broke. 2: it cannot begin.
    """
    try:
        with _opened(options.store) as store, _stage(options, store, err) as stage:
            report = _played(options, stage)
            _print(options, report, out)
            if options.keep:
                _hold(stage, report, err)
    except NotPlayedError as error:
        err.write(f"{error}\n")
        return 2
    except (AdapterError, LineDownError) as error:
        err.write(f"the demo broke: {error}\n")
        return 1
    return 0 if report.whole else 1


def play(options: Options, err: TextIO) -> Report:
    """Play, and tell what came of it. NotPlayedError, AdapterError or LineDownError when not."""
    with _opened(options.store) as store, _stage(options, store, err) as stage:
        return _played(options, stage)


def _played(options: Options, stage: Stage) -> Report:
    stuck = ""
    try:
        scenes.play(stage)
    except (StuckError, NotAcknowledgedError) as error:
        stuck = str(error)
    picture = stage.picture()
    return Report(
        seed=options.seed,
        bus="rabbitmq" if options.broker else "embedded",
        case=next((m.case_id or "" for m in picture.messages if m.shared), ""),
        picture=picture,
        ledgers=tuple(desk.ledger.entries() for desk in stage.desks),
        moments=tuple(stage.moments),
        stuck=stuck,
    )


def _print(options: Options, report: Report, out: TextIO) -> None:
    if options.json:
        out.write(json.dumps(as_json(report), ensure_ascii=False, indent=2) + "\n")
    else:
        draw(report, out)
    out.flush()


@contextmanager
def _opened(path: str) -> Iterator[Store]:
    """The store, empty and with a current schema."""
    with tempfile.TemporaryDirectory(prefix="adapter-demo-") as folder:
        store = Store(_url(path or f"{folder}/demo.db"))
        try:
            store.upgrade()
            with store.read() as tx:
                if not is_empty(tx):
                    raise NotPlayedError("the store has messages already: name a new one")
            yield store
        finally:
            store.close()


def _url(path: str) -> str:
    if "://" in path:
        return path
    file = Path(path).absolute()
    if not file.parent.is_dir():
        raise NotPlayedError("the store's folder does not exist")
    return f"sqlite:///{file}"


def _stage(options: Options, store: Store, err: TextIO) -> Stage:
    if not options.broker:
        return Stage(options.seed, store, None)
    broker = Broker(url=options.broker, accounts=options.accounts)
    busy = occupied(broker.url, _QUEUES)
    if busy:
        raise NotPlayedError(
            f"{busy[0]} is in use on this broker: give the demo a virtual host of its own, "
            "or empty what an earlier demo left (rabbitmqctl purge_queue)"
        )
    if not on_the_bus("umea", broker):
        err.write(
            "umea is reached by HTTP: the bus knows a sender by its user, and the broker's address "
            "gives only one. ADAPTER_DEMO_PLANNING and ADAPTER_DEMO_UMEA may give them their own.\n"
        )
    return Stage(options.seed, store, broker)


def _hold(stage: Stage, report: Report, err: TextIO) -> None:
    """Leave everything running, and say where, until somebody ends it."""
    ports, store = stage.ports, stage.store.url
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    err.write(
        f"The adapter and the parties are still running. Ctrl-C ends them.\n"
        f"  HL7 v2 over MLLP     127.0.0.1:{ports.mllp}\n"
        f"  HTTP                 http://127.0.0.1:{ports.web}/health/ready\n"
        f"  journal's inbox      http://127.0.0.1:{ports.journal}/inbox\n"
        f"  Luleå's inbox        http://127.0.0.1:{ports.lulea}/inbox\n"
        f"  adapter case {report.case} --store {store.database or store}\n"
    )
    err.flush()
    while not ended.wait(0.2) and not stage.adapter.loops.stopping.is_set():
        pass
