"""`adapter pause --until`: a Swedish time to come, or how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from adapter.cli import options
from adapter.store import endpoints
from tests.kit.office import Office

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)  # 12:00 in Sweden


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "now", lambda: NOON)


@pytest.mark.parametrize(
    ("text", "hours"),
    [("14:00", 2), ("2026-03-02T14:00", 2), ("2026-03-02 14:00", 2), ("2h", 2), ("2026-03-03", 12)],
)
def test_a_time_to_come_is_swedish(text: str, hours: int) -> None:
    assert options.coming_time(text) == NOON + timedelta(hours=hours)
    assert options.coming_time("") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("11:59", "has passed"),
        ("2026-03-01T14:00", "has passed"),
        ("2026-03-29T02:30", "does not exist in Sweden"),
        ("soon", "is no time"),
        ("25:00", "is no time"),
    ],
)
def test_any_other_is_wrong_use(text: str, why: str) -> None:
    with pytest.raises(typer.BadParameter, match=why):
        options.coming_time(text)


def test_a_pause_says_by_whom_and_until_when(office: Office) -> None:
    told = office.run("pause", "umea", "--until", "14:00", "--reason", "upgrade", "--who", "Ann")
    assert told.stdout == "umea paused by Ann until 2026-03-02 14:00:00\n"
    [(who, detail)] = office.history("paused")
    assert (who, detail) == ("Ann", "until 2026-03-02 14:00: upgrade")
    umea = office.data("status")["partners"][0]
    assert umea["paused_until"] == "2026-03-02T14:00:00.000+01:00"
    assert "until 2026-03-02 14:00: upgrade" in office.run("status").stdout


def test_a_pause_in_the_past_changes_nothing(office: Office) -> None:
    assert office.run("pause", "umea", "--until", "11:00", "--reason", "x").exit_code == 2
    assert office.history("paused") == []


def test_who_resumes_is_told_whose_pause_ends(office: Office) -> None:
    office.run("pause", "umea", "--reason", "upgrade", "--who", "Bo")
    told = office.run("resume", "umea", "--who", "Ann").stdout
    assert told == "umea resumed by Ann: the pause by Bo has ended (upgrade)\n"
    assert office.history("resumed") == [("Ann", "the pause by Bo has ended (upgrade)")]


def test_who_resumes_what_is_not_paused_is_told_that(office: Office) -> None:
    told = office.run("resume", "umea", "--who", "Ann").stdout
    assert told == "umea resumed by Ann: it was not paused; what waits for it is due now\n"


def test_who_resumes_a_partner_that_is_cut_off_is_told_what_happens(office: Office) -> None:
    with office.region.store.begin() as tx:
        endpoints.prefetch(tx, (), failed=["umea"])
        for _ in range(5):
            endpoints.failed(tx, "umea", NOON + timedelta(hours=1))
    told = office.run("resume", "umea", "--who", "Ann").stdout
    assert told == "umea resumed by Ann: it was cut off; it is tried again now\n"
