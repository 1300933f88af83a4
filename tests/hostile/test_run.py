"""A small attack on real servers, and what its report says. Times are bounds of a quiet machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hostile import report
from hostile.attacks import ATTACKS
from hostile.region import BUS_USERS, region
from hostile.run import run
from hostile.size import Size
from tests.kit.servers import PostgreSQL, RabbitMQ

TIMES = ("p99 under attack", "slowest answer")


@pytest.mark.timeout(600)  # takes minutes on a loaded machine
def test_under_a_small_attack_nobody_is_refused_and_memory_is_bounded(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    size = Size(seconds=6).part(0.02)
    with RabbitMQ.start(BUS_USERS, 1) as broker:
        result = run(size, list(ATTACKS), region(broker, postgresql), tmp_path)
    missed = [row for row in report.rows(result) if not row.is_met]
    assert [row for row in missed if not row.what.endswith(TIMES)] == []
    assert result.attacks.keys() == ATTACKS.keys()
    assert result.kept.from_the_bus == size.bus_messages
    written = json.loads(report.as_json(result))
    assert written["clean"] is (not missed)
    assert written["attacks"]["bodies"] == {"json 413": 1, "xml 413": 1}
