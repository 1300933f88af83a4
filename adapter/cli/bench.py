"""`bench`: how fast the adapter is with every guarantee on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.options import AsJson

_MEASURES = "throughput, latency, adt-feed, slow-partner, drain, queries"


def bench(  # noqa: PLR0913 - each option by name
    *,
    broker: Annotated[
        str,
        typer.Option(metavar="URL", help="A RabbitMQ for this alone; by default a private one."),
    ] = "",
    store: Annotated[
        str, typer.Option(metavar="URL", help="An empty PostgreSQL database, with --broker.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"One of {_MEASURES}; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="How long each rate is measured.")] = 20,
    backlog: Annotated[
        int, typer.Option(min=10, help="Messages in the backlog to drain.")
    ] = 100_000,
    stored: Annotated[int, typer.Option(min=10, help="Messages stored for queries.")] = 1_000_000,
    profiles: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where workers write CPU profiles.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed on a real RabbitMQ and PostgreSQL; about 15 minutes with the default sizes.

    Without URLs it starts both (in a checkout, where they are installed). With --broker the
    simulated parties use the URLs in ADAPTER_BENCH_PLANNING, _JOURNAL, _LULEA and _UMEA. A
    missed budget does not change the exit code; exit 1 when something could not be measured.
    """
    from adapter.bench import measurement_run as measuring  # slow: it imports the simulators

    unknown = set(only or ()) - set(measuring.NAMES)
    if unknown:
        raise typer.BadParameter(f"no {min(unknown)!r}: use one of {', '.join(measuring.NAMES)}")
    options = measuring.Options(
        broker=broker,
        store=store,
        accounts=measuring.accounts(os.environ),
        only=tuple(only or ()),
        sizes=measuring.Sizes(
            workers=workers, seconds=seconds, paced=3 * seconds, backlog=backlog, stored=stored
        ),
        profiles=profiles.absolute() if profiles else None,
    )
    try:
        report = measuring.run(options, printing.aside)
    except measuring.NotMeasuredError as error:
        printing.aside(str(error))
        raise typer.Exit(2) from None
    if as_json:
        printing.data(measuring.as_json(report))
    else:
        shown = [[r.what, r.value, r.budget, r.met] for r in measuring.rows(report)]
        printing.table(["figure", "value", "budget", "met"], shown)
    raise typer.Exit(1 if report.broke else 0)
