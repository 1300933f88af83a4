"""A message that nobody can read to its end: its sender must know which one that was."""

from __future__ import annotations

from typing import Any

import pytest

from adapter import bundles
from adapter.mappings import System
from tests.flow.letters import HOSPITAL, note
from tests.flow.region import Region


def test_what_we_failed_on_is_answered_by_the_name_that_its_sender_gave_it(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(System, "read", broken)
    content = region.says(HOSPITAL.endpoint, note())
    for _ in range(5):
        region.turn()
    (receipt,) = region.inbox(HOSPITAL.endpoint)
    answered = bundles.response(receipt)
    assert (answered.about, answered.code) == (content, "transient-error")
