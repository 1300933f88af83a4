"""What follows when the far side does not take a delivery: the endpoint's rules, then ours."""

from __future__ import annotations

import pytest

from adapter.core import answer_rules
from adapter.core.catalogue import CATALOGUE, Scope
from adapter.core.endpoint import AnswerRule, Then
from adapter.core.errors import AdapterError, FatalError, TransientError
from adapter.core.model import Code
from adapter.mappings.hl7v2.ack_reader import RECEIPT_CODES

NOT_ANSWERS = {"expired", "no-receipt"}


def table(*pairs: tuple[str, Then]) -> tuple[AnswerRule, ...]:
    """An endpoint's own table."""
    return tuple(AnswerRule(code=code, then=then) for code, then in pairs)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FatalError("refused", said=["409"]), "rule default: 409 -> stop"),
        (TransientError("busy", said=["503"]), "rule default: 503 -> retry"),
        (TransientError("refused-for-now", said=["425"]), "rule default: 425 -> retry"),
        (FatalError("refused", said=["505"]), "rule default: 505 -> stop"),
        (FatalError("refused", said=["AE", "fatal-error"]), "rule default: AE -> stop"),
        (
            FatalError("refused", said=["fatal-error", "503"]),
            "rule default: fatal-error -> stop",
        ),
        (TransientError("timed-out"), "rule default: timed-out -> retry"),
        (TransientError("adapter-fault"), "rule default: adapter-fault -> retry"),
        (FatalError("adapter-fault"), "rule default: adapter-fault -> stop"),
    ],
)
def test_where_an_endpoint_says_nothing_the_defaults_hold(error: AdapterError, told: str) -> None:
    assert str(answer_rules.apply((), error)) == told


def test_the_first_rule_of_an_endpoint_that_fits_wins_over_all_defaults() -> None:
    own = table(("5xx", Then.STOP), ("409", Then.OPERATOR), ("4xx", Then.RETRY))
    assert str(answer_rules.apply(own, FatalError("refused", said=["409"]))) == (
        "rule endpoint.answers[1]: 409 -> operator"
    )
    assert answer_rules.apply(own, FatalError("refused", said=["410"])).then is Then.RETRY
    assert (
        answer_rules.apply(own, TransientError("busy", said=["fatal-error", "503"])).then
        is Then.STOP
    )


def test_a_rule_may_name_a_code_of_the_catalogue() -> None:
    own = table(("timed-out", Then.OPERATOR))
    assert answer_rules.apply(own, TransientError("timed-out")).then is Then.OPERATOR
    assert answer_rules.apply(own, TransientError("unreachable")).then is Then.RETRY


@pytest.mark.parametrize("code", ["unreachable", "no-connection"])
def test_a_rule_for_unreachable_also_covers_no_connection(code: str) -> None:
    own = table(("unreachable", Then.OPERATOR))
    assert str(answer_rules.apply(own, TransientError(code))) == (
        f"rule endpoint.answers[0]: {code} -> operator"
    )


def test_a_rule_for_no_connection_leaves_unreachable_to_the_others() -> None:
    own = table(("no-connection", Then.STOP), ("unreachable", Then.OPERATOR))
    assert answer_rules.apply(own, TransientError("no-connection")).then is Then.STOP
    assert answer_rules.apply(own, TransientError("unreachable")).then is Then.OPERATOR
    assert answer_rules.apply(own[:1], TransientError("unreachable")).then is Then.RETRY


def test_every_failure_of_a_receiver_is_in_the_default_table() -> None:
    receivers = {code for code, entry in CATALOGUE.items() if entry.scope is Scope.RECEIVER}
    assert receivers - answer_rules.CODES == NOT_ANSWERS


def test_an_acknowledgement_means_by_default_what_its_receipt_means() -> None:
    for said, code in RECEIPT_CODES.items():
        if code is not Code.OK:
            assert answer_rules.default(said) is answer_rules.default(code)
