"""A message that ends the process when it is read: its sender must learn which one it was."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.fhir import profiles, responses
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


def dies(*_: Any) -> None:
    raise SystemExit


def test_many_deaths_before_reading_began_count_against_no_message(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = region.says(HOSPITAL.endpoint, note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with monkeypatch.context() as during:
        during.setattr(batches, "kill_point", dies)
        for _ in range(2 * batches.TRIES):
            with pytest.raises(SystemExit):
                batches.process_batch(region.store, region.network, region.now)
    region.turn()
    assert region.receipts(HOSPITAL.endpoint) == [(content, "ok")]


def test_a_death_while_many_are_read_counts_against_none_of_them(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = region.says(HOSPITAL.endpoint, note(visit="poison"))
    others = [region.says(HOSPITAL.endpoint, note(visit=f"V{n}")) for n in range(16)]
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    read = System.read

    def dies_of_poison(system: System, event: Any, document: Any, context: Any) -> Any:
        if "poison" in str(document):
            raise SystemExit
        return read(system, event, document, context)

    deaths = 0
    with monkeypatch.context() as during:
        during.setattr(System, "read", dies_of_poison)
        while any(m["standing"] == "received" for m in region.messages()):
            try:
                batches.process_batch(region.store, region.network, region.now)
            except SystemExit:
                deaths += 1
    region.turn()
    assert deaths == 1 + batches.TRIES  # once together, and then alone
    codes = dict(region.receipts(HOSPITAL.endpoint))
    assert codes == {poison: "transient-error"} | dict.fromkeys(others, "ok")


def test_after_a_death_each_message_is_decided_on_in_a_transaction_of_its_own(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(16):
        region.says(HOSPITAL.endpoint, note(visit=f"V{number}"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with monkeypatch.context() as during:
        during.setattr(System, "read", dies)
        with pytest.raises(SystemExit):
            batches.process_batch(region.store, region.network, region.now)
    passed: list[str] = []
    monkeypatch.setattr(batches, "kill_point", passed.append)
    assert batches.process_batch(region.store, region.network, region.now) == 16
    assert passed.count("processing") == 16


def test_what_reading_needs_is_loaded_before_a_try_is_counted(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    region.says(HOSPITAL.endpoint, note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.prepare_to_read.cache_clear()
    monkeypatch.setattr(profiles, "validate", dies)
    with pytest.raises(SystemExit):
        batches.process_batch(region.store, region.network, region.now)
    assert [message["tries"] for message in region.messages()] == [0]
