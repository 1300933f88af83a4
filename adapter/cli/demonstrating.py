"""`demo`: the whole product on this machine, with simulated parties."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.desk import AsJson
from adapter.cli.running import LogLevel, set_up_logs


def demo(
    *,
    broker: Annotated[
        str, typer.Option(metavar="URL", help="A RabbitMQ to use; without, an embedded bus.")
    ] = "",
    seed: Annotated[int, typer.Option(metavar="N", help="Other persons, ids and times.")] = 1,
    store: Annotated[
        str, typer.Option("--store", metavar="PATH|URL", help="A new store that stays.")
    ] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave all running, print the addresses; Ctrl-C ends.")
    ] = False,
    as_json: AsJson = False,
    log_level: LogLevel = "error",
) -> None:
    """Play a discharge with real bytes through real sockets, faults included.

    Prints the case's timeline. Exit 1 if any message lacks its receipt. With --broker the
    simulated parties log in by the URLs in ADAPTER_DEMO_PLANNING and ADAPTER_DEMO_UMEA.
    """
    if not as_json:
        printing.aside("Starting the adapter, a journal, a planning service and two towns ...")
    from adapter import demo as stage  # slow: it imports every server

    set_up_logs(log_level)
    options = stage.Options(
        broker=broker,
        accounts=stage.accounts(os.environ),
        seed=seed,
        store=store,
        keep=keep,
        json=as_json,
    )
    raise typer.Exit(stage.run(options, sys.stdout, sys.stderr))
