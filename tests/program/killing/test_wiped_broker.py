"""A broker that comes back with an empty disk: what only it had is sent again, same ids."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pika.exceptions import ChannelClosedByBroker

from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.drafts import LULEA, PLANNING
from tests.kit.killing.world import World
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ

pytestmark = pytest.mark.servers
T = TypeVar("T")


def test_a_broker_wiped_between_two_messages_loses_neither_them_nor_their_receipts(
    tmp_path: Path,
) -> None:
    with RabbitMQ.start(("planning", "lulea")) as broker:
        found = World(f"sqlite:///{tmp_path}/adapter.db", broker, broker.url)
        found.victim.begin()
        try:
            first, second = (drafts.note(t, sender=PLANNING, to=(LULEA,)) for t in "12")
            until = time.monotonic() + 120
            planning = eventually(lambda: partner(broker, "planning"), until)
            publish(planning, first)
            eventually(lambda: waiting(broker, "lulea") and waiting(broker, "planning"), until)
            planning.close()
            broker.wipe()
            lulea = eventually(lambda: partner(broker, "lulea"), until)
            got = take(lulea, until)
            assert bundles.content_id(got) == bundles.content_id(first)
            publish(lulea, drafts.receipt(bundles.content_id(got), LULEA))
            planning = eventually(lambda: partner(broker, "planning"), until)
            receipt = take(planning, until)
            assert bundles.concerned(receipt) == bundles.content_id(first)
            publish(planning, second)
            while bundles.content_id(got) == bundles.content_id(first):  # its copies
                got = take(lulea, until)
            assert bundles.content_id(got) == bundles.content_id(second)
            planning.close()
            lulea.close()
        finally:
            found.victim.end()


def partner(broker: RabbitMQ, name: str) -> BusPartner | None:
    """A partner's end, once its queue is there."""
    found = BusPartner(broker.partner(name), f"{name}.inbox")
    try:
        found.channel.queue_declare(f"{name}.inbox", passive=True)
    except ChannelClosedByBroker:
        found.close()
        return None
    return found


def waiting(broker: RabbitMQ, name: str) -> bool:
    """Whether something lies in a partner's inbox."""
    looking = partner(broker, name)
    if looking is None:
        return False
    state = looking.channel.queue_declare(f"{name}.inbox", passive=True)
    looking.close()
    return state.method.message_count > 0


def publish(party: BusPartner, bundle: drafts.Bundle) -> None:
    """As a partner does."""
    party.publish(drafts.dump(bundle), message_id=bundle["id"])


def take(party: BusPartner, until: float) -> drafts.Bundle:
    """The next message."""
    got = eventually(lambda: party.get(0.1), until)
    party.acknowledge()
    found: drafts.Bundle = json.loads(got[0])
    return found


def eventually(look: Callable[[], T | None], until: float) -> T:
    """What a look finds, once it finds something."""
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")
