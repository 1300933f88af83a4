"""What `health` and the metrics say of open items and held notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapter.operate import health, item_findings
from adapter.store import items
from adapter.store.items import Item
from adapter.web import metrics
from adapter.web.counters import Counters
from tests.kit import standing
from tests.kit.drafts import T0
from tests.kit.region import Region

HOUR = timedelta(hours=1)


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    region = Region(f"sqlite:///{tmp_path}/adapter.db")
    yield region
    region.store.close()


def findings(region: Region, now: datetime) -> list[tuple[str, str]]:
    with region.store.read() as tx:
        return [(each.name, each.text) for each in item_findings.findings(tx, now)]


def open_late_word(region: Region) -> None:
    with region.store.begin() as tx:
        items.open_item(tx, Item(what="late-word", message_id="m-1", endpoint="hospital", since=T0))


def test_a_need_without_a_receiver_is_a_finding_from_the_first_moment(region: Region) -> None:
    standing.nobody_to_tell(region)
    said = "hospital: 1 need has no receiver, the oldest from 2026-03-02 10:00"
    assert findings(region, T0 + HOUR) == [("nobody-to-tell", said)]


def test_when_its_24_hours_have_passed_the_finding_says_so(region: Region) -> None:
    standing.nobody_to_tell(region)
    [(name, why)] = findings(region, T0 + 25 * HOUR)
    assert name == "nobody-to-tell"
    assert why.startswith("hospital: 1 OVERDUE, ")


def test_another_item_is_a_finding_after_a_working_day(region: Region) -> None:
    open_late_word(region)
    assert findings(region, T0 + 23 * HOUR) == []
    said = "hospital: 1 item is open, the oldest from 2026-03-02 10:00"
    assert findings(region, T0 + 25 * HOUR) == [("open-item", said)]


def test_a_held_notice_is_a_finding_before_its_legal_time_ends(region: Region) -> None:
    standing.held(region)
    assert findings(region, T0 + 17 * HOUR) == []
    said = "the first held notice is due 2026-03-03 10:00"
    due = [("held-notice", f"{name}: {said}") for name in ("lulea", "planning")]
    assert findings(region, T0 + 19 * HOUR) == due
    [(_, why), _] = findings(region, T0 + 25 * HOUR)
    assert "OVERDUE since 2026-03-03 10:00" in why


def test_a_closed_item_and_a_met_need_are_no_findings(region: Region) -> None:
    standing.nobody_to_tell(region)
    standing.has_come_home(region)
    assert findings(region, T0 + 25 * HOUR) == []


def test_no_item_keeps_a_process_from_taking_messages() -> None:
    names = {"nobody-to-tell", "open-item", "held-notice"}
    assert names <= health.FINDINGS.keys()
    assert not names & health.DOOR


def test_the_survey_has_the_findings_of_items(region: Region) -> None:
    standing.nobody_to_tell(region)
    survey = health.survey(region.store, region.network.settings)
    assert "nobody-to-tell" in {finding.name for finding in survey.findings}


def samples(region: Region, name: str, now: datetime) -> dict[tuple[str, str], float]:
    family = {m.name: m for m in metrics.figures_at(region.network, region.store, Counters(), now)}[
        name
    ]
    return {(s.labels["endpoint"], s.labels["what"]): s.value for s in family.samples}


def test_metrics_count_open_and_overdue_items_and_stand_at_zero(region: Region) -> None:
    key = ("hospital", "nobody-to-tell")
    assert samples(region, "adapter_items", T0)[key] == 0
    standing.nobody_to_tell(region)
    open_late_word(region)
    open_ = samples(region, "adapter_items", T0 + HOUR)
    assert (open_[key], open_["hospital", "late-word"], open_["umea", key[1]]) == (1, 1, 0)
    assert samples(region, "adapter_items_overdue", T0 + HOUR)[key] == 0
    assert samples(region, "adapter_items_overdue", T0 + 25 * HOUR)[key] == 1
