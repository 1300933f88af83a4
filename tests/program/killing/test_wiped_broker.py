"""After the broker restarts with an empty disk, the adapter sends again what it had lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.drafts import LULEA, PLANNING
from tests.kit.killing.world import World
from tests.kit.partners import BusPartner, at_its_inbox
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import wait_for

LIMIT = 240.0  # seconds for one step; each step ends as soon as it can
pytestmark = [pytest.mark.servers, pytest.mark.timeout(1200)]


def test_a_broker_wiped_between_two_messages_loses_neither_them_nor_their_receipts(
    tmp_path: Path,
) -> None:
    first, second = (drafts.note(text, sender=PLANNING, to=(LULEA,)) for text in "12")
    with wipeable_broker(tmp_path) as broker:
        with partner(broker, "planning") as planning:
            publish(planning, first)
        for name in ("lulea", "planning"):
            wait_until_queued(broker, name)
        broker.wipe()
        with partner(broker, "lulea") as lulea, partner(broker, "planning") as planning:
            assert take(lulea) == bundles.content_id(first)
            publish(lulea, drafts.receipt(bundles.content_id(first), LULEA))
            assert bundles.concerned(take_bundle(planning)) == bundles.content_id(first)
            publish(planning, second)
            other = wait_for(
                "second message",
                lambda: take(lulea),
                lambda content: content != bundles.content_id(first),
                LIMIT,
            )
            assert other == bundles.content_id(second)


@contextmanager
def wipeable_broker(folder: Path) -> Iterator[RabbitMQ]:
    """A broker of the test's own, with the adapter in a process beside it."""
    with RabbitMQ.start(("planning", "lulea"), spare_hosts=0) as broker:
        around = World(f"sqlite:///{folder}/adapter.db", broker, broker.url)
        around.victim.begin()
        try:
            yield broker
        finally:
            around.victim.end()


@contextmanager
def partner(broker: RabbitMQ, name: str) -> Iterator[BusPartner]:
    """A partner's end of the broker, after the adapter has declared its queue."""
    with closing(at_its_inbox(broker.partner(name), name, LIMIT)) as end:
        yield end


def wait_until_queued(broker: RabbitMQ, name: str) -> None:
    """Wait until the broker has a message in a partner's inbox."""
    inbox = f"{name}.inbox"
    with partner(broker, name) as end:
        wait_for(
            f"message in {inbox}",
            lambda: end.channel.queue_declare(inbox, passive=True).method.message_count,
            seconds=LIMIT,
        )


def publish(party: BusPartner, bundle: drafts.Bundle) -> None:
    party.publish(drafts.dump(bundle), message_id=bundle["id"])


def take(party: BusPartner) -> str:
    """The content id of the next message in a partner's inbox."""
    return bundles.content_id(take_bundle(party))


def take_bundle(party: BusPartner) -> drafts.Bundle:
    """The next message in a partner's inbox."""
    arrived = wait_for("message for a partner", lambda: party.get(0.1), seconds=LIMIT)
    assert arrived is not None
    party.acknowledge()
    bundle: drafts.Bundle = json.loads(arrived[0])
    return bundle
