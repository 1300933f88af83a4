"""The table of failures agrees with what the adapter does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapter.core import answer_rules, failures
from adapter.core.catalogue import CATALOGUE, Scope
from adapter.core.endpoint import Then
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.failures import FAILURES, Arrived, Failure
from adapter.core.logs import LINES
from adapter.operate import health
from adapter.transports import Response, http
from docs import draw
from tests.kit import drafts

ROWS = {row.code: row for row in FAILURES}
IN_CATALOGUE = [row for row in FAILURES if row.code in CATALOGUE]


def error_of(row: Failure) -> AdapterError:
    """The error that a row describes, as the adapter raises it."""
    return (TransientError if row.then is Then.RETRY else FatalError)(row.code)


def test_no_code_has_two_rows() -> None:
    assert len(ROWS) == len(FAILURES)


@pytest.mark.parametrize("status", ["408", "502", "504"])
def test_a_status_of_a_gateway_means_what_its_code_means(status: str) -> None:
    error = http.status.of_status(int(status), "", Response(), drafts.T0)
    assert isinstance(error, AdapterError)
    assert replace(ROWS[status], code=error.code) == replace(ROWS[error.code], finding="loop")


def test_every_code_of_the_receivers_scope_has_a_row() -> None:
    receivers = {code for code, entry in CATALOGUE.items() if entry.scope is Scope.RECEIVER}
    assert receivers <= set(ROWS)


def test_the_default_rules_are_the_rows_that_the_far_side_can_cause() -> None:
    rules = {rule.code: rule.then for rule in answer_rules.DEFAULTS}
    assert rules == {row.code: row.then for row in FAILURES if not row.ours}


@pytest.mark.parametrize("row", IN_CATALOGUE, ids=lambda row: row.code)
def test_an_error_with_the_code_of_a_row_does_what_the_row_says(row: Failure) -> None:
    assert answer_rules.apply((), error_of(row)).then is row.then


@pytest.mark.parametrize("row", IN_CATALOGUE, ids=lambda row: row.code)
def test_the_fault_of_a_row_is_the_scope_of_its_code(row: Failure) -> None:
    assert row.fault is error_of(row).entry.scope


def test_the_senders_of_dead_deliveries_are_informed_and_no_others() -> None:
    informed = {row.code for row in FAILURES if row.informed != "nobody"}
    assert informed == {row.code for row in FAILURES if row.then is not Then.RETRY}


def test_only_outages_open_the_circuit_and_use_no_attempt() -> None:
    assert {row.code for row in FAILURES if not row.uses_attempt} == failures.OUTAGES
    assert {row.code for row in FAILURES if row.alarm == "circuit-opened"} == failures.OUTAGES
    assert all(ROWS[code].then is Then.RETRY for code in failures.OUTAGES)


def test_only_what_surely_has_not_arrived_may_move_to_the_successor() -> None:
    assert {row.code for row in IN_CATALOGUE if row.may_move} == failures.SURELY_NOT_ARRIVED
    assert not {row.code for row in FAILURES if row.arrived is Arrived.MAYBE} & (
        failures.SURELY_NOT_ARRIVED
    )


def test_a_receipt_may_come_only_after_a_failure_with_an_open_outcome() -> None:
    late = {row.code for row in FAILURES if row.receipt_may_come}
    assert late & set(CATALOGUE) == failures.RECEIPT_MAY_COME
    assert all(ROWS[code].arrived is Arrived.MAYBE for code in late)


def test_every_alarm_is_a_line_of_the_log() -> None:
    assert {row.alarm for row in FAILURES} - {""} <= set(LINES)


def test_every_finding_of_a_failed_loop_is_a_finding_of_health() -> None:
    assert {row.finding for row in FAILURES} <= set(health.FINDINGS)
    assert failures.finding("store-unavailable") == "loop"


def test_the_drawn_table_has_every_row_and_every_column() -> None:
    header, _, *rows = draw.answers().splitlines()
    assert header.strip("| ").split(" | ") == list(draw.FAILURE_COLUMNS)
    assert [line.split("`")[1] for line in rows] == list(ROWS)
