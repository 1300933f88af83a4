"""The pool that sends: fair between endpoints, and never silent about what cannot be sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, TransientError
from adapter.core.model import Envelope
from adapter.inbound import batches, receive
from adapter.runner.loops import Bell
from adapter.runner.sender_pool import SenderPool
from adapter.transports import Outcome, Response, Transport
from tests.kit import drafts
from tests.kit.drafts import LULEA, UMEA, Party
from tests.kit.region import SETTINGS, Region, endpoint


class Far:
    """A far side that answers when it is let; it counts the connections that were opened to it."""

    def __init__(self) -> None:
        self.opened = 0
        self.took = 0
        self.says: Outcome = Response()
        self.free = threading.Event()
        self._lock = threading.Lock()

    def open(self, _endpoint: Endpoint) -> Transport:
        """One more connection."""
        with self._lock:
            self.opened += 1
        return self

    def receive(self, wait: float) -> Iterator[Envelope]:
        """Nothing."""
        return iter(())

    def acknowledge(self, envelopes: Sequence[Envelope]) -> None:
        """Nothing."""

    def send(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Taken, once it is let."""
        assert self.free.wait(10)
        with self._lock:
            self.took += len(envelopes)
        return [self.says for _ in envelopes]

    def idle(self, seconds: float) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def over_http(region: Region, *parties: Party) -> None:
    """These take their messages one by one."""
    theirs = [
        endpoint(p, transport="http", address="http://127.0.0.1:1/", max_in_flight=2)
        for p in parties
    ]
    names = {e.name for e in theirs}
    others = [e for e in SETTINGS.endpoints if e.name not in names]
    region.with_settings(endpoints=(*others, *theirs))
    region.register(sorted(names))


def waiting(region: Region, count: int, to: Party) -> None:
    """So many messages of different cases wait for a party."""
    for number in range(count):
        region.says("hospital", drafts.note(visit=f"{to.endpoint}-{number}", to=(to,)))
    while receive.receive_batch(region.store, region.transport, region.now, wait=0):
        pass
    while batches.process_batch(region.store, region.network, region.now):
        pass


def pool(region: Region, **far: Far) -> SenderPool:
    """The senders of a region whose endpoints are these far sides."""
    elsewhere = Far()
    elsewhere.free.set()

    def opened(found: Endpoint) -> Transport:
        return far.get(found.name, elsewhere).open(found)

    return SenderPool(region.store, region.network, opened, lambda: region.now, Bell(0.01))


def until_quiet(senders: SenderPool, seconds: float = 10) -> None:
    """Claim until there is nothing to claim, twice a while apart."""
    quiet, pause = 0, threading.Event()
    for _ in range(int(seconds / 0.02)):
        quiet = 0 if senders.step() else quiet + 1
        if quiet == 10:
            return
        pause.wait(0.02)


def many(count: int) -> list[Party]:
    """So many municipalities."""
    return [
        Party(organization=f"SE21200100{number:02}-MANY", endpoint=f"many-{number}")
        for number in range(count)
    ]


def test_an_endpoint_has_no_more_connections_than_it_may_have_in_flight(region: Region) -> None:
    others = many(8)
    over_http(region, LULEA, *others)
    for party in others:
        waiting(region, 2, party)
    lulea, first = Far(), Far()
    senders = pool(region, lulea=lulea, **{p.endpoint: first for p in others})
    until_quiet(senders)  # sixteen threads are there now
    first.free.set()
    lulea.free.set()
    waiting(region, 40, LULEA)
    until_quiet(senders)
    senders.close()
    assert lulea.took == 40
    assert lulea.opened <= 2


def test_however_many_endpoints_are_slow_the_others_are_served(region: Region) -> None:
    slow = many(20)
    over_http(region, UMEA, *slow)
    for party in slow:
        waiting(region, 2, party)
    stuck, umea = Far(), Far()
    umea.free.set()
    senders = pool(region, umea=umea, **{p.endpoint: stuck for p in slow})
    until_quiet(senders)
    waiting(region, 1, UMEA)
    until_quiet(senders)
    served = umea.took
    stuck.free.set()
    senders.close()
    assert served == 1


def test_an_outcome_that_no_column_can_hold_does_not_take_the_others_along(
    region: Region,
) -> None:
    over_http(region, LULEA, UMEA)
    odd, umea = Far(), Far()
    odd.says = TransientError("busy", "a\0b")
    for number, party in enumerate((LULEA, UMEA)):
        region.says("hospital", drafts.note(visit=f"V{number}", to=(party,)))
    receive.receive_batch(region.store, region.transport, region.now)
    batches.process_batch(region.store, region.network, region.now)
    senders = pool(region, lulea=odd, umea=umea)
    senders._recorder.submit(umea.free.wait, 10)  # so that both are written down together
    senders.step()
    odd.free.set()
    umea.free.set()
    senders.close()
    [delivery] = region.deliveries(endpoint="umea")
    assert delivery["sent_at"] == region.now


def test_endpoints_of_the_bus_share_what_goes_at_once(region: Region) -> None:
    senders = pool(region)
    assert senders._room(["lulea", "umea", "hospital", "planning"]) == dict.fromkeys(
        ["lulea", "umea", "hospital", "planning"], 50
    )
    senders.close()


def test_what_cannot_be_sent_by_our_own_settings_is_tried_again_and_seen(
    region: Region,
) -> None:
    over_http(region, LULEA)
    waiting(region, 1, LULEA)

    def broken(_endpoint: Endpoint) -> Transport:
        raise FatalError("settings", "ADAPTER_LULEA_TOKEN is not set")

    senders = SenderPool(region.store, region.network, broken, lambda: region.now, Bell(0.01))
    until_quiet(senders)
    senders.close()
    [delivery] = region.deliveries()
    assert (delivery["state"], delivery["code"], delivery["failures"]) == ("waiting", "settings", 1)
    assert "ADAPTER_LULEA_TOKEN" in delivery["detail"]
