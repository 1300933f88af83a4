"""`adapter status`, and how tables look on a narrow terminal."""

from __future__ import annotations

import re

import pytest
from rich.console import Console

from adapter.cli import printing
from adapter.cli.column_widths import column_widths
from tests.kit.office import Office

ANSI = re.compile(r"\x1b\[[0-9;]*m")
ID = "d-5b1f0c9e27a4d3868f10"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A terminal with colour, 80 columns wide."""
    monkeypatch.setattr(Console, "is_terminal", property(lambda _: True))
    monkeypatch.setenv("COLUMNS", "80")
    return monkeypatch


def test_a_quiet_region_has_a_row_for_each_partner_and_exits_0(office: Office) -> None:
    result = office.run("status")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split() == [
        *("partner", "waiting", "troubled", "dead", "refused", "oldest", "heard", "cert"),
        "stands",
    ]
    assert result.stdout.splitlines()[-1] == "4 partners, none with a finding"


def test_what_is_wrong_is_first_and_exits_1(office: Office) -> None:
    office.dies()
    office.run("pause", "umea", "--reason", "upgrade until 14:00", "--who", "Ann")
    result = office.run("status")
    assert result.exit_code == 1
    _, lulea, umea, *_ = result.stdout.splitlines()
    assert lulea.split()[:5] == ["lulea", "0", "0", "1", "0"]
    assert "1 dead delivery (refused)" in lulea
    assert umea.startswith("umea")
    assert umea.endswith(": upgrade until 14:00")
    assert result.stdout.splitlines()[-1] == "4 partners, 2 with a finding"


def test_json_has_every_partner_with_its_findings(office: Office) -> None:
    office.dies()
    lulea = office.data("status")["partners"][0]
    assert (lulea["endpoint"], lulea["dead"], lulea["waiting"]) == ("lulea", 1, 0)
    assert [finding["name"] for finding in lulea["findings"]] == ["dead"]


@pytest.mark.parametrize("columns", ["80", "120", "40"])
def test_a_terminal_of_any_width_breaks_no_id(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    terminal.setenv("COLUMNS", columns)
    words = "a long text that says in many words what has happened to this delivery of the case"
    printing.table(
        ["id", "case", "why", "from"], [[ID, ID.replace("d", "c"), words, "boden-hemtj"]]
    )
    shown = capsys.readouterr().out
    assert ID in shown
    assert ID.replace("d", "c") in shown
    assert "boden-hemtj" in shown


def test_columns_is_honoured(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = " ".join(["word"] * 40)
    for columns in (80, 120):
        terminal.setenv("COLUMNS", str(columns))
        printing.table(["id", "why"], [[ID, words]])
        shown = ANSI.sub("", capsys.readouterr().out).splitlines()
        assert columns - 5 <= max(len(line.rstrip()) for line in shown) <= columns


def test_the_widest_column_gives_way_and_no_word_is_broken() -> None:
    assert column_widths([["id", "why"], [ID, "a b c d e f"]], 30) == [22, 6]
    assert column_widths([["id", "why"], [ID, "short"]], 80) == [22, 5]
    assert column_widths([["id", "id"], [ID, ID]], 40) is None
