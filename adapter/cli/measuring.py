"""`bench`: how fast it is, with every guarantee on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from adapter.cli import printing
from adapter.cli.desk import AsJson

_MEASURES = "throughput, latency, slow-partner, drain, queries"


def bench(  # noqa: PLR0913 - each option by name
    *,
    broker: Annotated[
        str,
        typer.Option(metavar="URL", help="A RabbitMQ that nobody uses; without, a private one."),
    ] = "",
    store: Annotated[
        str, typer.Option(metavar="URL", help="An empty PostgreSQL database, with --broker.")
    ] = "",
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=f"Of {_MEASURES}; may be repeated.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="That each rate is measured.")] = 20,
    backlog: Annotated[
        int, typer.Option(min=10, help="Messages that wait to be drained.")
    ] = 100_000,
    stored: Annotated[int, typer.Option(min=10, help="Messages stored for queries.")] = 1_000_000,
    profiles: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where workers write their profiles.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure speed on a real RabbitMQ and PostgreSQL; a quarter of an hour with all sizes as set.

    Without URLs it starts both (in a checkout, where they are installed). With --broker the
    simulated parties log in by the URLs in ADAPTER_BENCH_PLANNING, _JOURNAL, _LULEA and _UMEA.
    Figures are printed whether budgets are met or not; exit 1 when something could not be
    measured.
    """
    from adapter.bench import running as measuring  # brings simulators with it

    unknown = set(only or ()) - set(measuring.NAMES)
    if unknown:
        raise typer.BadParameter(f"no {min(unknown)!r}; one of {', '.join(measuring.NAMES)}")
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
