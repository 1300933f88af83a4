"""Counters and histograms: each receipt, refusal and failure is counted once, soon after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from prometheus_client.core import Metric

from adapter.web import counters
from adapter.web.counters import LATE, Counters
from tests.kit import drafts
from tests.kit.region import Region


class Scraped:
    """A process that is scraped every so often."""

    def __init__(self, region: Region) -> None:
        self.region, self.at, self.counters = region, 0.0, Counters()
        self.look(0)

    def look(self, later: float = LATE) -> dict[tuple[str, ...], float]:
        """Scrape twice, so that what there is now is old enough; return every sample."""
        for pause in (0.0, later):
            self.at += pause
            with self.region.store.read() as tx:
                self.counters.look(tx, self.at)
        return dict(_samples(self.counters.metrics(["lulea", "umea"])))


def _samples(metrics: object) -> list[tuple[tuple[str, ...], float]]:
    assert hasattr(metrics, "__iter__")
    return [
        ((sample.name, *sample.labels.values()), sample.value)
        for metric in metrics
        if isinstance(metric, Metric)
        for sample in metric.samples
    ]


@pytest.fixture
def scraped(region: Region) -> Scraped:
    return Scraped(region)


def test_histograms_are_told_at_zero(scraped: Scraped) -> None:
    found = scraped.look()
    assert found["adapter_latency_seconds_count", "umea"] == 0
    assert found["adapter_receipt_seconds_bucket", "umea", "application", "1.0"] == 0


def test_the_time_until_a_receipt_is_in_its_bucket(scraped: Scraped) -> None:
    content = scraped.region.tells("hospital", drafts.note())
    scraped.region.now += timedelta(seconds=20)
    scraped.region.receipt("lulea", content)
    found = scraped.look()
    assert found["adapter_latency_seconds_count", "lulea"] == 1
    buckets = [
        found["adapter_receipt_seconds_bucket", "lulea", "application", limit]
        for limit in ("5.0", "30.0", "+Inf")
    ]
    assert buckets == [0, 1, 1]
    assert 20 <= found["adapter_receipt_seconds_sum", "lulea", "application"] < 30
    assert found["adapter_receipts_total", "lulea", "application", "ok"] == 1
    assert scraped.look() == found, "nothing is counted twice"


def test_refusals_and_failures_are_counted_by_endpoint_and_code(scraped: Scraped) -> None:
    content = scraped.region.tells("hospital", drafts.note())
    scraped.region.receipt("lulea", content, "fatal-error")
    found = scraped.look()
    assert found["adapter_receipts_total", "lulea", "application", "fatal-error"] == 1
    assert found["adapter_given_up_total", "lulea", "refused"] == 1


def test_what_is_too_new_waits_for_rows_that_are_committed_late(scraped: Scraped) -> None:
    scraped.region.tells("hospital", drafts.note())
    assert scraped.look(LATE - 1)["adapter_latency_seconds_count", "lulea"] == 0
    assert scraped.look(1)["adapter_latency_seconds_count", "lulea"] == 1


def test_much_is_counted_in_several_looks(
    scraped: Scraped, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "MOST", 2)
    for visit in ("V1", "V2", "V3"):
        scraped.region.tells("hospital", drafts.note(visit=visit))
    found = [scraped.look()["adapter_latency_seconds_count", "lulea"] for _ in range(12)]
    assert found == sorted(found)
    assert (found[0] < 3, found[-1]) == (True, 3)


def test_only_codes_of_the_catalogue_become_labels() -> None:
    assert counters._code("refused (HTTP 422): no; owner: Ann") == "refused"
    assert counters._code("195009072553 is no code") == "other"
    assert counters._code("") == "other"
