"""A far side that gives one outcome to everything, and functions that send to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapter.core.model import Delivery, Envelope
from adapter.inbound import batches, receive
from adapter.outbound import send
from adapter.outbound.claim import claim
from adapter.transports import Outcome
from tests.kit import drafts
from tests.kit.region import Region


@dataclass(frozen=True, kw_only=True)
class Says:
    """A far side that gives one outcome to everything."""

    outcome: Outcome

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Return the outcome once for each envelope."""
        return [self.outcome for _ in envelopes]


def hand_over(region: Region, outcome: Outcome) -> None:
    """Send lulea what is due, and write down `outcome` for each."""
    batch = claim(region.store, region.network, {"lulea": 50}, region.now)
    far_side = Says(outcome=outcome)
    region.written(send.hand_over(far_side, batch, lambda: region.now))  # type: ignore[arg-type]


def written(region: Region) -> str:
    """Store a message that waits for lulea. Return its content id."""
    content = region.says("hospital", drafts.note())
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    return content


def took(region: Region) -> list[Delivery]:
    """Return what a worker claims for umea, however much another has claimed."""
    return claim(region.store, region.network, {"umea": 50}, region.now)


def answered(region: Region, batch: Sequence[Delivery], outcome: Outcome) -> None:
    """Send the claimed deliveries, and write down `outcome` for each."""
    far_side = Says(outcome=outcome)
    region.written(send.hand_over(far_side, batch, lambda: region.now))  # type: ignore[arg-type]
