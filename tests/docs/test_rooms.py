"""The floor plan: few rooms, no cycle between them, and a picture drawn from the imports."""

from __future__ import annotations

import ast

import pytest

import adapter
from docs import draw
from tests.kit.places import ROOT

ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_the_house_has_at_most_sixteen_rooms() -> None:
    assert len(draw.rooms()) <= 16


@pytest.mark.slow
def test_no_room_reaches_itself_over_its_imports() -> None:
    edges = draw.arrows()
    assert [room for room in edges if room in draw.reach(room, edges)] == []


def test_a_cycle_would_be_seen() -> None:
    edges = {"cellar": {"hall"}, "hall": {"attic"}, "attic": {"cellar"}, "shed": {"hall"}}
    assert [room for room in edges if room in draw.reach(room, edges)] == [
        *("cellar", "hall", "attic"),
    ]


def test_each_form_of_import_is_an_arrow() -> None:
    (plain, package, module) = ast.parse(
        "import adapter.core.logs\nfrom adapter import store\nfrom adapter.fhir import codec"
    ).body
    assert draw._modules(plain) == ["adapter.core.logs"]
    assert draw._modules(package) == ["adapter.store"]
    assert draw._modules(module) == ["adapter.fhir.codec"]


@pytest.mark.slow
def test_the_picture_leaves_out_no_connection() -> None:
    edges = draw.arrows()
    shown: dict[str, set[str]] = {room: set() for room in edges}
    for line in draw.room_graph().splitlines():
        room, arrow, other = line.strip().partition(" --> ")
        if arrow:
            shown[room].add(other)
    assert {room: draw.reach(room, shown) for room in shown} == {
        room: draw.reach(room, edges) for room in edges
    }


def test_every_room_has_one_line_of_purpose() -> None:
    tree = ARCHITECTURE.partition("## The rooms")[2].partition("```")[2].partition("```")[0]
    lines = [line.split(maxsplit=1) for line in tree.splitlines() if line.startswith("  ")]
    assert sorted(words[0].rstrip("/") for words in lines) == draw.rooms()
    assert all(len(words) == 2 for words in lines)


def test_the_reading_order_names_files_that_exist() -> None:
    paths = [word for word in (adapter.__doc__ or "").split() if word.endswith(".py")]
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / "adapter" / path).is_file()] == []
