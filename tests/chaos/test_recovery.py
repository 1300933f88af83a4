"""The longest recovery, also when a sender was never served."""

from __future__ import annotations

from chaos.judge import recovery
from chaos.ledger import Line, Saw
from tests.kit.ledger_lines import receipted, sent


def crashed(since: float, until: float) -> list[Line]:
    """The store is away for a while."""
    fault = Line(what=Saw.FAULT, kind="store-crashed", at=since)
    return [fault, Line(what=Saw.HEALED, kind="store-crashed", at=until)]


def ended(at: float) -> Line:
    """The end of the load."""
    return Line(what=Saw.ENDED, at=at)


def test_recovery_lasts_from_the_mending_to_the_receipt_of_a_later_message() -> None:
    lines = [
        Line(what=Saw.FAULT, kind="store-crashed", at=1),
        Line(what=Saw.HEALED, kind="store-crashed", at=5),
        sent(1, 6),
        receipted(1, 9),
        Line(what=Saw.ENDED, at=20),
    ]
    assert recovery(lines) == 4


def test_recovery_is_not_measured_while_another_fault_bars_the_way() -> None:
    lines = [
        Line(what=Saw.FAULT, kind="broker-killed", at=1),
        Line(what=Saw.FAULT, kind="kill-worker", at=2),
        Line(what=Saw.HEALED, kind="kill-worker", at=2),
        Line(what=Saw.HEALED, kind="broker-killed", at=30),
        sent(1, 31),
        receipted(1, 32),
        Line(what=Saw.ENDED, at=40),
    ]
    assert recovery(lines) == 2


def test_a_sender_served_after_the_load_has_waited_until_then() -> None:
    assert recovery([*crashed(1, 5), sent(1, 6), ended(20), receipted(1, 50)]) == 45


def test_a_sender_never_served_has_waited_until_the_end() -> None:
    other = Line(what=Saw.RECEIPTED, who="lulea", at=600, content="another", code="ok")
    assert recovery([*crashed(1, 5), sent(1, 6), ended(20), other]) == 595


def test_a_sender_without_more_messages_has_waited_until_the_end_of_the_load() -> None:
    lines = [sent(1, 0), *crashed(1, 5), ended(20), receipted(1, 30)]
    assert recovery(lines) == 15


def test_a_recovery_cut_short_by_the_next_fault_counts_until_then() -> None:
    first = [*crashed(1, 5), sent(1, 6), Line(what=Saw.FAULT, kind="store-full", at=15)]
    rest = [receipted(1, 19), Line(what=Saw.HEALED, kind="store-full", at=30)]
    assert recovery([*first, *rest, sent(2, 31), receipted(2, 31.5), ended(60)]) == 10
