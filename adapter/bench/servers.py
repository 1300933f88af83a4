"""The servers of a run: those of the command line, or private ones that the bench starts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from adapter.bench.measured_network import RECEIVERS, SENDERS, Servers
from adapter.bench.measurement_errors import BrokenError, NotMeasuredError
from adapter.bench.measurement_setup import CHECKOUT, PROGRAMS

_NAMES = (*SENDERS, *RECEIVERS)


def accounts(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the amqp URL of each party, from ADAPTER_BENCH_PLANNING and so on."""
    urls = {name: environment.get(_variable(name), "") for name in _NAMES}
    return {name: url for name, url in urls.items() if url}


def _variable(name: str) -> str:
    return f"ADAPTER_BENCH_{name.upper()}"


@contextmanager
def open_servers(broker: str, store: str, users: Mapping[str, str]) -> Iterator[Servers]:
    """Yield the named servers, or private ones. NotMeasuredError says what is missing."""
    if not broker and not store:
        with _private_servers() as private:
            yield private
        return
    if not (broker and store):
        raise NotMeasuredError("name both --broker and --store, or neither")
    if not store.startswith("postgresql"):
        raise NotMeasuredError("the bench measures on PostgreSQL: --store postgresql://…")
    missing = [_variable(name) for name in _NAMES if name not in users]
    if missing:
        raise NotMeasuredError(
            f"each simulated party needs its own user at the broker: set {', '.join(missing)}"
        )
    yield Servers(broker=broker, store=store, accounts=users)


@contextmanager
def _private_servers() -> Iterator[Servers]:
    if not (PROGRAMS / "servers.py").exists():
        raise NotMeasuredError(
            "name --broker and --store: only a checkout starts servers of its own"
        )
    command = [sys.executable, "-m", "benchmarks.servers", *_NAMES]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C must end the users of the servers first
    ) as process:
        # Leaving closes its standard input, and so ends the servers.
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise NotMeasuredError("no servers could be started; the reason is printed above")
        yield Servers(**json.loads(line), restart_store=partial(_restart, process))


def _restart(process: subprocess.Popen[str]) -> None:
    if process.stdin is None or process.stdout is None:
        return
    process.stdin.write("restart\n")
    process.stdin.flush()
    if not process.stdout.readline():
        raise BrokenError("PostgreSQL did not restart; the reason is printed above")
