"""A receipt counts only for the message that the request carried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chaos import messages
from chaos.http_sender import HttpSender
from chaos.ledger import Ledger, Saw, read
from chaos.load import Load
from chaos.manners import Manners
from chaos.parties import ADAPTER, HOSPITAL
from chaos.plan import Plan


class Door:
    """Responds to every request with the receipt of one message."""

    def __init__(self, about: str) -> None:
        self._about = about

    def post(self, _: object) -> tuple[int, bytes]:
        """Return the same receipt for every request."""
        return 200, messages.receipt(ADAPTER, self._about, "ok").body


@pytest.mark.parametrize("about", ["", "11111111-1111-4111-8111-111111111111"])
def test_the_ledger_has_the_receipts_content_id_and_the_requests(
    about: str, tmp_path: Path
) -> None:
    ledger, load = Ledger(tmp_path / "ledger.jsonl"), Load(_plan(tmp_path))
    sender = HttpSender(HOSPITAL, load, ledger, Manners(seed="x"), [], "token")
    message = load.case(HOSPITAL)[0]
    own = message.post.content
    connections: Any = Door(about or own)
    code = sender._once(message, message.post, connections)
    ledger.close()
    lines = [line for line in read(ledger.path) if line.what is Saw.RECEIPTED]
    assert [(line.content, line.asked) for line in lines] == [(about or own, own)]
    assert code == ("" if about else "ok")


def _plan(tmp_path: Path) -> Plan:
    return Plan(seconds=1, seed="x", folder=tmp_path)
