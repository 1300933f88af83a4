"""A message that ends the process when it is read: its sender must learn which one it was."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.fhir import responses
from adapter.inbound import batches, receive
from adapter.mappings import System
from tests.kit.drafts import HOSPITAL, note
from tests.kit.region import Region


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
    answered = responses.response(receipt)
    assert (answered.about, answered.code) == (content, "transient-error")


def test_the_many_that_were_begun_when_a_process_ended_are_not_worked_on_one_by_one(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(*_: Any) -> None:
        raise SystemExit

    for number in range(16):
        region.says(HOSPITAL.endpoint, note(visit=f"V{number}"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with monkeypatch.context() as during:
        during.setattr(System, "read", ends)
        with pytest.raises(SystemExit):
            batches.process_batch(region.store, region.network, region.now)
    done = [batches.process_batch(region.store, region.network, region.now) for _ in range(2)]
    assert done == [8, 8]
