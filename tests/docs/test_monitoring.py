"""monitoring/: the rules are right for Prometheus, and ask for nothing that is not told."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from adapter.operate import health
from tests.contract import names
from tests.kit.places import ROOT
from tests.kit.servers.packages import PROMETHEUS, require_installed
from tools import dashboard

FOLDER = ROOT / "monitoring"
ALERTS = FOLDER / "alerts.yaml"
RULES: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
RULE_NAMES = [rule["alert"] for rule in RULES]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [panel.expr for panel in dashboard.PANELS]
LEGENDS = [(panel.expr, panel.legend) for panel in dashboard.PANELS]
OF_ALL_PROCESSES = re.compile(r"(absent|max|min|count)\b")
METRIC = re.compile(r"\b(adapter_\w+)(?:\{([^}]*)\})?")
BY = re.compile(r"\bby \(([^)]*)\)")
WITH_A_NAME = re.compile(r"finding(?:=~|=)\"([^\"]*)\"")


@pytest.fixture(scope="module")
def told() -> dict[str, set[str]]:
    """Every metric that /metrics tells, with its labels, as Prometheus names it."""
    metrics = {name: set(labels) for name, labels in names.metrics()}
    buckets = {f"{name}_bucket": {*labels, "le"} for name, labels in metrics.items()}
    return metrics | buckets | {f"{name}_total": labels for name, labels in metrics.items()}


def promtool(*arguments: str) -> None:
    """Run promtool in the folder; fail with its words."""
    require_installed(PROMETHEUS)
    run = subprocess.run(
        ["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def asked(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric of an expression, with the labels that are asked of it."""
    grouped = {label.strip() for part in BY.findall(expression) for label in part.split(",")}
    for name, matchers in METRIC.findall(expression):
        yield name, grouped | set(re.findall(r"(\w+)(?:=~|!=|!~|=)", matchers))


@pytest.mark.servers
def test_promtool_finds_no_fault_in_the_rules() -> None:
    promtool("check", "rules", "--lint=all", "--lint-fatal", ALERTS.name)


@pytest.mark.servers
def test_the_rules_fire_when_they_should_and_only_then() -> None:
    promtool("test", "rules", "alerts_test.yaml")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_asked_for_is_told(expression: str, told: dict[str, set[str]]) -> None:
    wanted = list(asked(expression))
    assert wanted
    for name, labels in wanted:
        assert name in told
        assert labels <= told[name]


def test_a_metric_or_a_label_that_is_not_told_would_be_seen(told: dict[str, set[str]]) -> None:
    [(name, labels)] = asked('max by (patient) (adapter_nothing{finding=~"dead|paused"})')
    assert name not in told
    assert labels == {"patient", "finding"}


@pytest.mark.parametrize(("expression", "legend"), LEGENDS)
def test_a_legend_names_what_the_expression_keeps(expression: str, legend: str) -> None:
    kept = {label for _, labels in asked(expression) for label in labels}
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_two_processes_that_tell_the_same_are_not_added_up(expression: str) -> None:
    assert OF_ALL_PROCESSES.search(expression)
    assert not re.search(r"\bsum\b", expression)


def test_every_finding_is_in_one_alert() -> None:
    by_endpoint = ["dead", "paused", "cut-off", "nobody-to-tell"]  # by a metric of their own
    matched = [
        finding
        for rule in RULES
        for matcher in WITH_A_NAME.findall(rule["expr"])
        for finding in matcher.split("|")
    ]
    assert Counter(matched + by_endpoint) == Counter(list(health.FINDINGS))


@pytest.mark.parametrize("rule", RULES, ids=RULE_NAMES)
def test_an_alert_says_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    headings = re.findall(r"^#+ (.*)$", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", h.lower()).replace(" ", "-") for h in headings}


def test_each_alert_has_a_name_of_its_own() -> None:
    assert len(RULE_NAMES) == len(set(RULE_NAMES))
    assert all(re.fullmatch(r"Adapter[A-Z]\w+", name) for name in RULE_NAMES)


def test_the_dashboard_is_drawn_again() -> None:
    assert dashboard.FILE.read_text(encoding="utf-8") == dashboard.text(), (
        "run: python -m tools.dashboard"
    )


def test_the_dashboard_has_a_fixed_uid_and_its_source_is_a_variable() -> None:
    shown = json.loads(dashboard.text())
    assert shown["uid"] == "careplan-adapter"
    assert {panel["datasource"]["uid"] for panel in shown["panels"]} == {"${source}"}
    assert all(panel["fieldConfig"]["defaults"]["unit"] for panel in shown["panels"])
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in shown["panels"]]
    assert len(places) == len(set(places))
