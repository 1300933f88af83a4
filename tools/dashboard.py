"""Draws the dashboard for Grafana: `python -m tools.dashboard` writes monitoring/dashboard.json.

Every figure comes from the store, so all processes tell the same: each expression takes the
maximum. The data source is a variable of the dashboard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "monitoring" / "dashboard.json"
_SOURCE = {"type": "prometheus", "uid": "${source}"}
_WIDTH, _COLUMNS, _HEIGHT = 24, 3, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One question, its answer as an expression, and the unit of the answer."""

    title: str
    expr: str
    unit: str = "short"
    legend: str = "{{endpoint}}"
    kind: str = "timeseries"


PANELS = (
    Panel(title="What is wrong", kind="stat", legend="{{finding}}",
          expr="max by (finding) (adapter_wrong) > 0"),
    Panel(title="Processes", kind="stat", legend="{{part}}",
          expr="max by (part) (adapter_processes)"),
    Panel(title="Version", kind="stat", legend="{{version}}",
          expr="count by (version) (adapter_build_info)"),
    Panel(title="Dead, by cause", legend="{{endpoint}} {{kind}} {{code}}",
          expr="max by (endpoint, kind, code) (adapter_dead)"),
    Panel(title="Needs without a receiver",
          expr='max by (endpoint) (adapter_items{what="nobody-to-tell"})'),
    Panel(title="Items whose legal time has passed", legend="{{endpoint}} {{what}}",
          expr="max by (endpoint, what) (adapter_items_overdue)"),
    Panel(title="Waiting", expr="max by (endpoint) (adapter_endpoint_waiting)"),
    Panel(title="Troubled: failed, or no receipt in time",
          expr="max by (endpoint) (adapter_endpoint_troubled)"),
    Panel(title="Oldest open delivery", unit="s",
          expr="max by (endpoint) (adapter_oldest_open_seconds)"),
    Panel(title="Refused today, by sender",
          expr="max by (endpoint) (adapter_endpoint_refused_today)"),
    Panel(title="Cut off", expr="max by (endpoint) (adapter_endpoint_cut_off)"),
    Panel(title="Paused", expr="max by (endpoint) (adapter_endpoint_paused)"),
    Panel(title="Heard last", unit="s",
          expr="time() - max by (endpoint) (adapter_last_received_timestamp_seconds > 0)"),
    Panel(title="Certificates", unit="d",
          expr="min by (endpoint) (adapter_certificate_days)"),
    Panel(title="Until the far side has it, 95 %", unit="s",
          expr="histogram_quantile(0.95, max by (endpoint, le) "
               "(rate(adapter_latency_seconds_bucket[15m])))"),
    Panel(title="Until a receipt, 95 %", unit="s", legend="{{endpoint}} {{layer}}",
          expr="histogram_quantile(0.95, max by (endpoint, layer, le) "
               "(rate(adapter_receipt_seconds_bucket[15m])))"),
    Panel(title="Refused, by sender and code", unit="cps", legend="{{endpoint}} {{code}}",
          expr="max by (endpoint, code) (rate(adapter_refused_total[15m]))"),
    Panel(title="Failed attempts, by code", unit="cps", legend="{{endpoint}} {{code}}",
          expr="max by (endpoint, code) (rate(adapter_failed_total[15m]))"),
    Panel(title="Given up, by code", unit="cps", legend="{{endpoint}} {{code}}",
          expr="max by (endpoint, code) (rate(adapter_given_up_total[15m]))"),
    Panel(title="Receipts, by layer and code", unit="cps", legend="{{endpoint}} {{layer}} {{code}}",
          expr="max by (endpoint, layer, code) (rate(adapter_receipts_total[15m]))"),
    Panel(title="Messages in", unit="cps", legend="messages",
          expr="max(rate(adapter_messages_stored_total[5m]))"),
    Panel(title="Deliveries out", unit="cps", legend="deliveries",
          expr="max(rate(adapter_deliveries_stored_total[5m]))"),
    Panel(title="A small write to the store", unit="s", legend="store",
          expr="max(adapter_store_seconds)"),
    Panel(title="Difference of clocks", unit="s", legend="clock",
          expr="max(adapter_clock_skew_seconds)"),
)  # fmt: skip


def dashboard() -> dict[str, Any]:
    """Return the dashboard as Grafana imports it."""
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Source"}
    return {
        "uid": "careplan-adapter",
        "title": "Care-plan adapter",
        "tags": ["careplan-adapter"],
        "schemaVersion": 38,
        "timezone": "Europe/Stockholm",
        "refresh": "30s",
        "time": {"from": "now-12h", "to": "now"},
        "templating": {"list": [source]},
        "panels": [_panel(number, panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, _COLUMNS)
    width = _WIDTH // _COLUMNS
    place = {"x": column * width, "y": row * _HEIGHT, "w": width, "h": _HEIGHT}
    target = {"refId": "A", "datasource": _SOURCE, "expr": panel.expr}
    return {
        "id": number + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [target | {"legendFormat": panel.legend}],
    }


def text() -> str:
    """Return the file's text."""
    return json.dumps(dashboard(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
