"""Every name that somebody outside the code may rely on: stored, logged, typed or parsed.

`python -m tests.contract.names` writes `fixtures/contract/names.json` anew. A change of that file
is a change for operators, vendors or stored data: it is made on purpose, and told in CHANGELOG.md.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from fastapi.routing import APIRoute
from prometheus_client.core import Metric

from adapter import mappings, settings
from adapter.bench import report as bench
from adapter.core import endpoint, kill_points, lifecycle, logs, model, protection
from adapter.core.catalogue import CATALOGUE, Scope
from adapter.core.errors import Severity
from adapter.operate import health
from adapter.settings import toml_tables as toml
from adapter.settings.network import Network
from adapter.store import Store, endpoints, history
from adapter.store.duplicates import Verdict
from adapter.store.tables import metadata
from adapter.web import health as web_health
from adapter.web import metadata as web_metadata
from adapter.web import metrics as web_metrics
from adapter.web import published as web_published
from adapter.web import receiving
from adapter.web.metrics import Figures
from tests.kit import drafts, morning
from tests.kit.commands import program
from tests.kit.drafts import HOSPITAL
from tests.kit.office import CASE, SETTINGS, run
from tests.kit.places import FIXTURES
from tests.kit.readable import message
from tests.kit.region import Region

FILE = FIXTURES / "contract" / "names.json"
STORED: tuple[type[StrEnum], ...] = (
    model.Code,
    model.DoneWhen,
    model.Event,
    model.Kind,
    model.Layer,
    model.Need,
    endpoint.ActCode,
    endpoint.Disposition,
    protection.ProtectionLevel,
    protection.ProtectionPolicy,
    endpoint.Then,
    endpoint.UntypedAddress,
    lifecycle.Ruling,
    lifecycle.Standing,
    lifecycle.State,
    lifecycle.Step,
    Scope,
    Severity,
    Verdict,
)
STANZAS = (
    endpoint.Settings,
    endpoint.Endpoint,
    endpoint.Route,
    endpoint.Limits,
    endpoint.Sharing,
    protection.Protection,
    endpoint.Alias,
    endpoint.AnswerRule,
    endpoint.Closed,
)
COMMANDS = {
    "check": ("--settings", "adapter.toml"),
    "systems": (),
    "validate": ("message.json",),
    "health": ("--store", "adapter.db"),
    "status": ("--store", "adapter.db"),
    "case": (f"{HOSPITAL.organization}/1006", "--store", "adapter.db"),
    "protection": ("show", f"{HOSPITAL.organization}/1006", "--store", "adapter.db"),
    "messages": ("--store", "adapter.db"),
    "message": ("DELIVERY", "--bodies", "--reason", "x", "--store", "adapter.db", "--who", "Ann"),
    "plan": (CASE, "--store", "adapter.db", "--who", "Ann"),
    "show": ("DELIVERY", "--store", "adapter.db", "--who", "Ann"),
    "dead": ("--store", "adapter.db"),
    "take": ("DELIVERY", "--store", "adapter.db", "--who", "Ann"),
    "replay": ("DELIVERY", "--store", "adapter.db", "--reason", "x", "--who", "Ann", "--dry-run"),
    "edit": (
        *("EDITED", "--store", "adapter.db", "--reason", "x", "--who", "Ann", "--dry-run"),
        *("--from", "corrected.json"),
    ),
    "purge": ("--store", "adapter.db", "--dry-run"),
    "discard": ("DELIVERY", "--store", "adapter.db", "--reason", "x", "--who", "Ann"),
}
"""Each command that takes `--json`, as it is called on the morning of tests/kit/morning.py."""
BY_NAME = frozenset({"systems"})
"""Commands whose objects have names of systems and events as keys, which are listed elsewhere."""


def names() -> dict[str, Any]:
    """All names, by what they are; sorted, so that a difference is easy to read."""
    return {
        "error codes": sorted(CATALOGUE),
        "stored values": {kind.__name__: sorted(kind) for kind in STORED},
        "history": sorted(history.WORDS),
        "log lines": sorted(logs.LINES),
        "log fields": sorted(logs.FIELDS),
        "findings": sorted(health.FINDINGS),
        "kill points": list(kill_points.KILL_POINTS),
        "tables": {t.name: sorted(c.name for c in t.c) for t in metadata.sorted_tables},
        "settings": {kind.__name__: sorted(toml.keys(kind)) for kind in STANZAS},
        "commands": dict(sorted(commands())),
        "metrics": dict(sorted(metrics())),
        "routes": sorted(routes()),
        "json": dict(sorted(shapes())) | {"bench": sorted(set(_declared(bench.Report)))},
    }


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command with its arguments and flags."""
    for name, command in program().items():
        given = [option for parameter in command.params for option in parameter.opts]
        yield name, sorted(given)


def metrics() -> Iterator[tuple[str, list[str]]]:
    """Each metric with its labels."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/adapter.db")
        store.upgrade()
        network = Network(settings=settings.load(SETTINGS, {}), systems=mappings.load())
        with store.begin() as tx:
            endpoints.register(tx, network.endpoints)
        for metric in Figures(network, store).collect():
            yield metric.name, _labels(metric)
        store.close()


def _labels(metric: Metric) -> list[str]:
    return sorted(getattr(metric, "_labelnames", ()))


def routes() -> Iterator[str]:
    """Method and path of each HTTP address."""
    for part in (receiving, web_metadata, web_published, web_health, web_metrics):
        for route in part.router.routes:
            assert isinstance(route, APIRoute)
            yield from (f"{method} {route.path}" for method in sorted(route.methods))


def shapes() -> Iterator[tuple[str, list[str]]]:
    """The keys of what each command prints with `--json`: `messages[].id`."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        morning.lay_out(Path(folder))
        os.chdir(folder)
        try:
            _write_plan()
            dead = _dead()
            for name, arguments in COMMANDS.items():
                given = [dead.get(word, word) for word in arguments]
                result = run(name, *given, "--json")
                assert result.stdout.startswith("{") or result.stdout.startswith("["), (
                    name,
                    result.output,
                )
                found = json.loads(result.stdout)
                yield name, sorted(set(_paths(found, named=name in BY_NAME)))
        finally:
            os.chdir(before)


def _write_plan() -> None:
    """Let the hospital write a plan."""
    region = Region("sqlite:///adapter.db", settings.load(SETTINGS, {}))
    region.tells("hospital", drafts.note(visit="V1"))
    region.tells("hospital", message("care-plan", 1))
    region.store.close()


def _dead() -> dict[str, str]:
    """Ids of two dead deliveries; the second is the one that the scenario has corrected."""
    causes = json.loads(run("dead", "--store", "adapter.db", "--json").stdout)["causes"]
    dead = [cause for cause in causes if cause["kind"] == "delivery"]
    ids = [letter["id"] for cause in dead for letter in cause["letters"]]
    return {"DELIVERY": ids[0], "EDITED": ids[-1]}


def _paths(value: Any, place: str = "", *, named: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = f"{place}.*" if named and place else f"{place}.{key}"
            yield path.lstrip(".")
            yield from _paths(inner, path, named=named)
    elif isinstance(value, list):
        for inner in value:
            yield from _paths(inner, f"{place}[]", named=named)


def _declared(kind: type[Any], place: str = "") -> Iterator[str]:
    """The keys of a dataclass, and of those that it holds."""
    hints = get_type_hints(kind)
    for field in fields(kind):
        path = f"{place}.{field.name}".lstrip(".")
        yield path
        for inner in _dataclasses(hints[field.name]):
            yield from _declared(inner, path)


def _dataclasses(hint: Any) -> Iterable[type[Any]]:
    return [each for each in (hint, *get_args(hint)) if is_dataclass(each)]


if __name__ == "__main__":
    FILE.write_text(json.dumps(names(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
