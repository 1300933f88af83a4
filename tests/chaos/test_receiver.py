"""A receiver's register: the ledger knows what it keeps, and what it refuses for good."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chaos.ledger import Ledger, Saw, read
from chaos.manners import Manner
from chaos.messages import Arrived
from chaos.parties import LULEA
from chaos.receiver import Receiver


@pytest.mark.parametrize(
    ("manner", "noted"),
    [
        (Manner.WELL, [Saw.GOT]),
        (Manner.LOSE, [Saw.GOT]),
        (Manner.REFUSE, [Saw.REFUSED]),
        (Manner.NOT_NOW, []),
        (Manner.WRONG, []),
    ],
)
def test_only_a_refusal_for_good_is_one_that_a_report_may_name(
    manner: Manner, noted: list[Saw], tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    manners: Any = SimpleNamespace(towards=lambda *_: manner)
    arrived = Arrived(event="message", content="c1", envelope="e1", case="C", number=1)
    assert Receiver(LULEA, ledger, manners).take(arrived) is manner
    ledger.close()
    assert [line.what for line in read(ledger.path)] == noted
