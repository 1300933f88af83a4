"""A clerk believes an answer only about what was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaos import messages
from chaos.cast import ADAPTER, HOSPITAL
from chaos.hospital import Hospital
from chaos.ledger import Ledger, Saw, read
from chaos.load import Load
from chaos.manners import Manners
from chaos.plan import Plan


class Door:
    """Answers every request with the receipt of one message."""

    def __init__(self, about: str) -> None:
        self._about = about

    def post(self, _: object) -> tuple[int, bytes]:
        """The same, whatever is asked."""
        return 200, messages.receipt(ADAPTER, self._about, "ok").body


@pytest.mark.parametrize("about", ["", "11111111-1111-4111-8111-111111111111"])
def test_the_ledger_says_of_what_a_receipt_speaks_and_what_it_answers(
    about: str, tmp_path: Path
) -> None:
    ledger, load = Ledger(tmp_path / "ledger.jsonl"), Load(_plan(tmp_path))
    hospital = Hospital(HOSPITAL, load, ledger, Manners(seed="x"), [], "token")
    message = load.case(HOSPITAL)[0]
    own = message.post.content
    wires: Any = Door(about or own)
    code = hospital._once(message, message.post, wires)
    ledger.close()
    found = [line for line in read(ledger.path) if line.what is Saw.RECEIPTED]
    assert [(line.content, line.asked) for line in found] == [(about or own, own)]
    assert code == ("" if about else "ok")


def _plan(tmp_path: Path) -> Plan:
    return Plan(seconds=1, seed="x", folder=tmp_path)
