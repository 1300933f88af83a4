"""A message over the limit: a dead letter with its head, its digest and its size."""

from __future__ import annotations

from dataclasses import replace

from adapter.core.model import Whole
from adapter.inbound import receive
from tests.kit.drafts import HOSPITAL, note
from tests.kit.region import Given, Region

DIGEST = "ab" * 32
HEAD = b'{"resourceType":"Bundle","entry":['


def arrives(region: Region) -> None:
    region.says(HOSPITAL.endpoint, note())
    [envelope] = region.transport.receive(0)
    region.transport.acknowledge([envelope])
    whole = Whole(size=60_000_000, digest=DIGEST)
    cut = replace(envelope, body=HEAD, whole=whole)
    receive.receive_batch(region.store, Given([cut]), region.now)


def test_it_is_dead_with_its_head_and_tells_size_and_digest(region: Region) -> None:
    arrives(region)
    region.turn()
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("dead", "too-large")
    assert message["body"] == HEAD
    assert message["fingerprint"] == DIGEST
    assert "60000000 bytes" in message["detail"]
    assert DIGEST in message["detail"]


def test_its_sender_gets_a_fatal_error_and_others_wait_for_nothing(region: Region) -> None:
    arrives(region)
    content = region.says(HOSPITAL.endpoint, note(visit="V2"))
    region.turn()
    receipts = region.receipts(HOSPITAL.endpoint)
    assert sorted(code for _, code in receipts) == ["fatal-error", "ok"]
    assert (content, "ok") in receipts
