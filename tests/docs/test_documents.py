"""The documents are true: drawings, links, commands, addresses, and no traces of a machine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapter import mappings, settings
from adapter.cli import app
from adapter.core.catalogue import CATALOGUE
from adapter.core.kill_points import KILL_POINTS
from adapter.transports import rabbitmq
from adapter.transports.rabbitmq import topology
from docs import draw
from tests.kit.commands import program
from tests.kit.places import ROOT
from tests.kit.written_settings import at_free_ports

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("docker/*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
OFFLINE = ("systems", "map", "validate")


def text_of(name: str) -> str:
    """A document."""
    return (ROOT / name).read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    """Every `adapter …` that a document shows, in a block or in a line, as words."""
    shown = [
        line for kind, block in FENCED.findall(text) if not kind for line in block.splitlines()
    ]
    shown += re.findall(r"`([^`\n]+)`", FENCED.sub("", text))
    for line in shown:
        words = shlex.split(line) if line.startswith("adapter ") else []
        if len(words) > 1 and words[1].isalpha() and words[1].islower():
            yield words[1:]


def test_the_example_of_the_fhir_message_is_valid(tmp_path: Path) -> None:
    [example] = [b for kind, b in FENCED.findall(text_of("docs/message.md")) if kind == "json"]
    file = tmp_path / "example.json"
    file.write_text(example, encoding="utf-8")
    result = CliRunner().invoke(app, ["validate", str(file)])
    assert result.stdout == f"{file}: valid\n"


# Drawings


@pytest.mark.slow
@pytest.mark.parametrize("page", draw.documents(), ids=lambda page: page.name)
def test_a_drawing_shows_the_program_as_it_is(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert draw.drawn(text) == text, "run: python -m docs.draw"


def test_every_drawing_is_in_a_document_and_a_change_would_be_seen() -> None:
    shown = [name for page in draw.documents() for name in draw.names(page.read_text("utf-8"))]
    assert sorted(shown) == sorted(draw.DRAWINGS)
    assert draw.drawn("<!-- drawn: kill-points -->\nold\n<!-- /drawn -->") != "old"


def test_every_code_and_every_kill_point_is_explained() -> None:
    errors, guarantees = text_of("docs/errors.md"), text_of("docs/guarantees.md")
    assert [code for code in CATALOGUE if f"| `{code}` |" not in errors] == []
    assert [name for name in KILL_POINTS if f"| `{name}` |" not in guarantees] == []


def test_every_kill_point_stands_in_the_flow_that_the_architecture_describes() -> None:
    page = text_of("docs/architecture.md")
    assert [name for name in KILL_POINTS if f"**{name}**" not in page] == []


def test_kill_points_are_not_called_windows() -> None:
    mixed = re.compile("|".join(rf"[Ww]indows?:? (?:\*\*|`){name}" for name in KILL_POINTS))
    assert [name for name in NAMES if mixed.search(text_of(name))] == []


def test_every_decision_is_listed_and_the_list_is_whole() -> None:
    listed = set(LINK.findall(text_of("docs/decisions/README.md")))
    assert listed == {page.name for page in (ROOT / "docs" / "decisions").glob("0*.md")}


# Links


def anchors(path: Path) -> set[str]:
    """The fragments that a page's headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        path, _, fragment = target.partition("#")
        if not path.startswith("https://"):
            there = page.parent / path if path else page
            assert there.exists(), target
            assert not fragment or fragment in anchors(there), target


def test_the_documents_that_error_texts_send_people_to_exist() -> None:
    named = {
        n for entry in CATALOGUE.values() for n in re.findall(r"docs/[\w-]+\.md", entry.action)
    }
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_readme_links_to_every_document() -> None:
    linked = set(LINK.findall(README))
    assert [
        f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md") if f"docs/{p.name}" not in linked
    ] == []


NOT_ONLY_OURS = {
    "CHANGELOG.md",  # names that are gone
    "CONTRIBUTING.md",  # examples of names before and after
    "docs/adding-a-system.md",  # an invented system, which test_adding_a_system.py builds
}
FILE = re.compile(
    r"`([\w./-]+\.py|(?:adapter|tests|chaos|hostile|fixtures|profiles|docker)/[\w./-]*)`"
)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NOT_ONLY_OURS])
def test_files_of_the_program_that_are_named_exist(name: str) -> None:
    places = (ROOT, ROOT / "adapter", ROOT / "docker")
    named = set(FILE.findall(text_of(name)))
    assert [path for path in sorted(named) if not any((p / path).exists() for p in places)] == []


# Commands


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_commands_and_options_that_are_shown_exist(name: str) -> None:
    for command, *words in commands(text_of(name)):
        assert command in program(), command
        known = {option for p in program()[command].params for option in p.opts}
        assert {word for word in words if word.startswith("--")} <= known, words


def test_every_command_is_in_the_readme_or_in_the_list_of_changes() -> None:
    told = text_of("README.md") + text_of("CHANGELOG.md")
    assert [name for name in program() if not re.search(rf"\b{name}\b", told)] == []


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_that_are_shown_exist(name: str) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    shown = re.findall(r"(?:^|`)make (\w+)`?$", text_of(name), re.MULTILINE)
    assert set(shown) <= set(targets)


@pytest.mark.parametrize("words", [w for w in commands(README) if w[0] in OFFLINE], ids=" ".join)
def test_the_readmes_commands_without_a_store_succeed(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert CliRunner().invoke(app, words).exit_code == 0


@pytest.mark.waits
def test_the_readmes_first_steps_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["init"], ["check"], ["token", "planning"], ["messages"], ["dead"]):
        assert words in [w[: len(words)] for w in commands(README)]
        assert CliRunner().invoke(app, words).exit_code == 0, words
        if words == ["init"]:
            at_free_ports(tmp_path / "adapter.toml")


def test_the_readmes_stanza_is_right_beside_the_first_settings(tmp_path: Path) -> None:
    (stanza,) = [block for kind, block in FENCED.findall(README) if kind == "toml"]
    path = tmp_path / "adapter.toml"
    path.write_text(settings.template() + stanza, encoding="utf-8")
    given = {"ADAPTER_PITEA_TOKEN": "secret"}
    assert settings.survey(path, given, mappings.load()) == ()


# The bus


def test_the_page_on_the_bus_says_what_the_broker_is_told() -> None:
    page = text_of("docs/rabbitmq.md")
    granted = rabbitmq.permissions("<endpoint>")
    assert all(f"`{right}`" in page for right in (granted.write, granted.read, granted.configure))
    kept = topology._KEPT
    told = {name: f"`{name} {value}`" for name, value in kept.items() if name != "x-queue-type"}
    assert [text for text in told.values() if text not in page] == []


# Traces


@pytest.mark.parametrize("name", [*NAMES, "docker/compose.yaml", "docker/Dockerfile"])
def test_no_document_names_a_machine(name: str) -> None:
    found = re.findall(r"/(?:work|home|root|Users|opt/pypi|tmp/\w)[\w/.-]*", text_of(name))
    assert found == []
