"""What people see of the demo: every row as it happens, and none wider than the screen."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from adapter.demo import Options, Report, run
from adapter.demo.region import CITY, HOME
from adapter.demo.rows import Row, RowKind, rows
from adapter.demo.screen import Screen
from adapter.demo.stage import Moment
from adapter.demo.troubles import troubles
from adapter.simulators.sample_stays import sample_stays
from adapter.store import Store
from adapter.store.queries.everything import everything

START = datetime(2026, 11, 17, 9, tzinfo=UTC)
COLUMNS = 80
FAULTS = (
    "shared with nobody",
    "Luleå's system goes down",
    "attempt 1: no-connection; kept, and tried again with the same id",
    "got through",
    "no receipt within 2 s; sent again in a new envelope",
    "a copy, ignored",
    "no person answered within 2 s; reminded",
    "sip-invitation, told as text (meddelande)",
    "answer to recall: completed",
    "DET HÄR SKA GÖRAS - Hemtjänst två gånger om dagen",
    "0 without a receipt",
)


class Clocked(io.StringIO):
    """A pipe that remembers when each line came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[datetime] = []

    def write(self, text: str) -> int:
        self.came += [datetime.now(UTC)] * text.count("\n")
        return super().write(text)

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


@pytest.fixture(scope="module")
def piped() -> Clocked:
    out = Clocked()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(COLUMNS))
        assert run(Options(seed=4), out, io.StringIO()) == 0
    return out


def test_the_demo_shows_each_fault_and_what_the_adapter_did(piped: Clocked) -> None:
    text = " ".join(piped.getvalue().split())
    assert [words for words in FAULTS if words not in text] == []


def test_the_reminders_of_one_delivery_are_one_row(piped: Clocked) -> None:
    assert " ".join(piped.getvalue().split()).count("no person answered within 2 s") == 1


def test_the_plan_on_the_screen_does_not_name_the_person(piped: Clocked) -> None:
    people = sample_stays(4, datetime.now(UTC), HOME, CITY)
    assert [text for text in people.identities if text in piped.getvalue()] == []


def test_no_line_is_wider_than_the_screen_or_coloured_in_a_pipe(piped: Clocked) -> None:
    assert max(map(len, piped.lines)) <= COLUMNS
    assert "\x1b" not in piped.getvalue()


def test_rows_come_while_the_play_runs_and_in_the_order_of_time(piped: Clocked) -> None:
    times = [re.match(r" *(\d+\.\d)s  ", line) for line in piped.lines]
    shown = [(float(t[1]), at) for t, at in zip(times, piped.came, strict=True) if t]
    first, last = shown[0], shown[-1]
    assert (last[1] - first[1]).total_seconds() >= (last[0] - first[0]) / 2
    assert sum(a[0] > b[0] for a, b in pairwise(shown)) <= 2


def _shown(row: Row) -> list[str]:
    out = io.StringIO()
    Screen(out).show(row, START)
    return out.getvalue().splitlines()


def test_an_id_that_does_not_fit_is_never_cut() -> None:
    id_ = "c-" + "0f3a" * 20
    row = Row(at=START, kind=RowKind.REPAIR, id="1", what=f"the case {id_}", receipt="ok")
    assert id_ in "\n".join(_shown(row))


def test_a_row_without_its_receipt_says_so() -> None:
    row = Row(
        at=START + timedelta(seconds=1.25),
        kind=RowKind.SENT,
        id="1",
        way="→ umea",
        what="discharged: dead expired",
        receipt="none",
        wrong=True,
    )
    (line,) = _shown(row)
    assert line.split() == ["1.2s", "→", "umea", "discharged:", "dead", "expired", "none"]


def test_a_play_of_nothing_has_the_rows_of_its_scenes(store: Store) -> None:
    with store.read() as tx:
        picture = everything(tx)
    moments = [Moment(at=START, text="Admitted"), Moment(at=START, text="Down", wrong=True)]
    kinds = [(row.kind, row.what) for row in rows(picture, moments)]
    assert kinds == [(RowKind.SCENE, "Admitted"), (RowKind.FAULT, "Down")]


def test_a_play_that_stopped_says_why_and_how_many_wait_for_a_person(store: Store) -> None:
    with store.read() as tx:
        report = Report(seed=1, bus="embedded", case="", picture=everything(tx), traffic_logs=())
    out = io.StringIO()
    Screen(out).close(replace(report, stuck="lulea never had: message"), "")
    assert "✗ The play stopped: lulea never had: message." in out.getvalue()
    assert troubles(report) == []
