"""`demo`: the adapter on this machine, with simulated parties."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.options import AsJson, LogLevel
from adapter.cli.processes import set_up_logs


def demo(
    *,
    broker: Annotated[
        str, typer.Option(metavar="URL", help="A RabbitMQ to use; by default an embedded bus.")
    ] = "",
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another seed gives other persons and ids.")
    ] = 1,
    store: Annotated[
        str, typer.Option("--store", metavar="PATH|URL", help="A new store to keep.")
    ] = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep everything running at the end, until Ctrl-C.")
    ] = False,
    as_json: AsJson = False,
    log_level: LogLevel = "error",
) -> None:
    """Play a discharge with real bytes through real sockets, faults included.

    Prints each row when it happens. Exit 1 if a message lacks its receipt. With --broker the
    simulated planning service uses the URL in ADAPTER_DEMO_PLANNING, if it is set.
    """
    if not as_json:
        printing.aside("Starting the adapter, a journal, a planning service and two towns ...")
    from adapter import demo as play  # slow: it imports every server

    set_up_logs(log_level)
    options = play.Options(
        broker=broker,
        planning=os.environ.get("ADAPTER_DEMO_PLANNING", ""),
        seed=seed,
        store=store,
        keep=keep,
        json=as_json,
    )
    raise typer.Exit(play.run(options, sys.stdout, sys.stderr))
