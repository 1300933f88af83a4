"""The pages for operators and vendors say what the program does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from adapter.cli import COMMANDS
from adapter.core.catalogue import CATALOGUE
from adapter.web import health, metadata, metrics, published, receiving
from adapter.web.requests import SECONDS
from tests.kit.morning import Page, Step, lay_out
from tests.kit.office import SETTINGS
from tests.kit.places import DOCS, ROOT
from tests.kit.region import Region

OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
HTTP = (DOCS / "http.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.waits
def test_every_command_of_the_page_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    steps = Page(OPERATIONS).run()
    assert len(steps) > 12
    for step in steps:
        assert step.agrees, f"$ {step.command}\n{step.printed}"


@pytest.mark.waits
def test_a_program_that_lays_out_the_morning_prints_nothing_of_it(tmp_path: Path) -> None:
    lays_out = "import sys, pathlib; from tests.kit import morning; "
    lays_out += "morning.lay_out(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", lays_out, str(tmp_path)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_the_comparison_sees_a_difference() -> None:
    same = Step(command="", expected="m-0123456789abcdef0123 ok\n…\nend", printed="")
    same.printed = "m-abcdefabcdefabcdef01 ok\nany\nthing\nend\n"
    assert same.agrees
    same.printed = "m-abcdefabcdefabcdef01 no\nend\n"
    assert not same.agrees


def test_every_command_is_on_the_page() -> None:
    for command in COMMANDS:
        assert f"adapter {command.name}" in OPERATIONS, command.name


def test_every_metric_is_on_the_page_and_no_other(tmp_path: Path) -> None:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    families = list(metrics.Figures(region.network, region.store).collect())
    region.store.close()
    names = {f.name + ("_total" if f.type == "counter" else "") for f in families}
    labels = {f.name: f.samples[0].labels for f in families if f.samples}
    assert set(re.findall(r"`(adapter_\w+)", OPERATIONS)) == names
    for name, found in re.findall(r"`(adapter_\w+)\{([\w,]+)\}`", OPERATIONS):
        told = [
            label for label in labels.get(name, ()) if label != "le"
        ]  # of a histogram's buckets
        assert name not in labels or told == found.split(",")


def test_every_status_is_that_of_its_code() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\d{3}) \|$", HTTP, re.MULTILINE)
    assert len(rows) > 15
    assert [(code, CATALOGUE[code].http) for code, _ in rows] == [(c, int(s)) for c, s in rows]
    explained = re.findall(
        r"\b[2-5]\d\d\b", HTTP.partition("| status |")[2].partition("Every error")[0]
    )
    assert {status for _, status in rows} <= set(explained)


def addresses(*parts: ModuleType) -> set[str]:
    return {route.path for part in parts for route in part.router.routes}


def test_every_address_is_on_the_page_of_those_whom_it_is_for() -> None:
    ours, watched = addresses(receiving, metadata), addresses(health, metrics)
    assert len(ours) + len(watched) == 6
    assert set(re.findall(r"^\| `(/[\w$/-]+)` \| [A-Z]", HTTP, re.MULTILINE)) == ours
    assert set(re.findall(r"^\| `(/[\w$/-]+)` \|", OPERATIONS, re.MULTILINE)) == watched


def test_the_page_says_which_definitions_can_be_read() -> None:
    (told,) = re.findall(r"^`<type>` is (.*)\.$", HTTP, re.MULTILINE)
    types = re.findall(r"`(\w+)`", told)
    assert tuple(types) == published.TYPES
    of_a_type = {f"/fhir/{type_}{end}" for type_ in types for end in ("", "/{id_}")}
    assert addresses(published) == of_a_type


def test_the_limits_on_the_page_are_those_of_the_program() -> None:
    assert f"within {SECONDS:g} seconds" in HTTP
    assert "10 MB, 64 levels deep and have 500 entries" in HTTP
    assert SETTINGS.exists()
