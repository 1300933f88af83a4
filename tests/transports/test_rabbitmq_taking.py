"""Taking messages from RabbitMQ: who sent them, what came back, what died elsewhere."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing, suppress
from itertools import islice
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.spec import BasicProperties

from adapter.core.errors import TransientError
from adapter.core.model import Whole
from adapter.transports.rabbitmq import (
    DEAD,
    Consumer,
    Publisher,
    Topology,
)
from adapter.transports.rabbitmq.consumer import _fewest
from tests.kit.bus import raw, to_lulea
from tests.kit.partners import BusPartner
from tests.kit.waiting import WAIT

pytestmark = pytest.mark.servers


def nested(levels: int) -> bytes:
    """A header value: tables within tables, as AMQP writes them."""
    inner = b"F\x00\x00\x00\x00"
    for _ in range(levels):
        entry = b"\x01k" + inner
        inner = b"F" + len(entry).to_bytes(4, "big") + entry
    return inner


@pytest.mark.parametrize(
    "value",
    [b"T" + (1_700_000_000_000).to_bytes(8, "big"), nested(2000)],
    ids=["a timestamp in milliseconds", "two thousand tables deep"],
)
def test_a_header_that_python_cannot_express_does_not_stop_the_queue(
    lulea: BusPartner, consumer: Consumer, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    def encode(pieces: list[bytes], _: object) -> int:
        pieces.append(value)
        return len(value)

    # pika does not write such values; other clients do.
    monkeypatch.setattr(pika.data, "encode_value", encode)
    lulea.publish_raw(b"first", BasicProperties(headers={"odd": 0}, user_id="lulea"))
    monkeypatch.undo()
    lulea.publish(b"second")
    envelopes = list(islice(consumer.receive(WAIT), 2))
    assert [envelope.body for envelope in envelopes] == [b"first", b"second"]
    assert [envelope.endpoint for envelope in envelopes] == ["lulea", "lulea"]


def test_a_message_id_that_is_not_utf_8_is_shown_escaped(
    lulea: BusPartner, consumer: Consumer
) -> None:
    lulea.publish_raw(b"", BasicProperties(message_id=b"\xe5"))  # type: ignore[arg-type]
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert envelope.id == "\\xe5"


def test_a_consumer_that_closes_returns_what_it_held_before_the_next_gets_newer_messages(
    lulea: BusPartner, rabbitmq_url: str, topology: Topology
) -> None:
    first, second = (Consumer(rabbitmq_url, topology, prefetch=10) for _ in range(2))
    with closing(second):
        first.idle(0)
        second.idle(0)
        for n in range(100):
            lulea.publish(str(n).encode())
        assert next(first.receive(WAIT)).body == b"0"
        first.close()
        came = []
        for envelope in islice(second.receive(WAIT), 100):
            came.append(int(envelope.body))
            second.acknowledge([envelope])
    assert came == list(range(100))


def test_no_more_are_held_than_the_prefetch_allows(
    lulea: BusPartner, rabbitmq_url: str, topology: Topology
) -> None:
    for number in range(5):
        lulea.publish(str(number).encode())
    with closing(Consumer(rabbitmq_url, topology, prefetch=3)) as consumer:
        held = list(islice(consumer.receive(WAIT), 3))
        assert [envelope.body for envelope in held] == [b"0", b"1", b"2"]
        assert list(consumer.receive(0.3)) == []
        consumer.acknowledge(held[:1])
        assert [envelope.body for envelope in islice(consumer.receive(WAIT), 1)] == [b"3"]
        assert list(consumer.receive(0.3)) == []


def test_of_a_message_over_the_limit_only_head_digest_and_size_are_kept(
    lulea: BusPartner, rabbitmq_url: str, topology: Topology
) -> None:
    large = bytes(range(256)) * 8192  # 2 MiB
    with closing(Consumer(rabbitmq_url, topology, most_bytes=1_000_000)) as consumer:
        for body in (b"before", large, b"after", large[:1_000_000]):
            lulea.publish(body)
        before, head, after, largest = islice(consumer.receive(WAIT), 4)
        assert (before.body, after.body) == (b"before", b"after")
        assert (largest.body, largest.whole) == (large[:1_000_000], None)
        assert head.body == large[: 64 * 1024]
        assert head.whole == Whole(size=len(large), digest=hashlib.sha256(large).hexdigest())
        assert head.endpoint == "lulea"
        consumer.acknowledge([before, head, after, largest])


def test_a_batch_ends_after_so_many_bytes(
    lulea: BusPartner, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapter.transports.rabbitmq.consumer.BATCH_BYTES", 1000)
    for _ in range(5):
        lulea.publish(b"x" * 600)
    sizes = []
    while sum(sizes) < 5:
        sizes.append(len(list(islice(consumer.receive(1), 5))))
    assert sizes == [2, 2, 1]


def test_an_acknowledgement_from_before_a_reconnection_touches_nothing(
    lulea: BusPartner, consumer: Consumer
) -> None:
    lulea.publish(b"first")
    (early,) = islice(consumer.receive(WAIT), 1)
    consumer.close()
    (again,) = islice(consumer.receive(WAIT), 1)
    consumer.acknowledge([early])
    consumer.close()
    assert [envelope.body for envelope in islice(consumer.receive(WAIT), 1)] == [b"first"]
    assert again.headers["redelivered"] == "true"


def test_only_one_consumer_takes_what_partners_send_so_that_order_is_kept(
    lulea: BusPartner, consumer: Consumer, rabbitmq_url: str, topology: Topology
) -> None:
    with closing(Consumer(rabbitmq_url, topology)) as second:
        second.idle(0)
        lulea.publish(b"first")
        assert list(second.receive(0.3)) == []
        (envelope,) = islice(consumer.receive(WAIT), 1)
        consumer.close()
        assert [each.body for each in islice(second.receive(WAIT), 1)] == [envelope.body]


def test_a_queue_deleted_under_the_consumer_is_a_lost_connection(
    rabbitmq_url: str, consumer: Consumer
) -> None:
    with raw(rabbitmq_url) as channel:
        channel.queue_delete("care.in")
    with pytest.raises(TransientError, match="unreachable"):
        consumer.idle(WAIT)
    assert list(consumer.receive(0.1)) == []


def test_idle_returns_early_when_something_has_come(lulea: BusPartner, consumer: Consumer) -> None:
    lulea.publish(b"")
    began = time.monotonic()
    consumer.idle(60)
    assert time.monotonic() - began < WAIT


def test_heartbeats_are_answered_while_idle(rabbitmq_url: str, topology: Topology) -> None:
    with closing(Consumer(f"{rabbitmq_url}?heartbeat=1", topology)) as consumer:
        consumer.idle(0)
        consumer.idle(3.2)  # the broker hangs up after two silent intervals
        consumer.idle(0.2)


def test_a_message_that_a_partner_refuses_arrives_as_a_failed_attempt_of_its_delivery(
    rabbitmq_url: str, topology: Topology, publisher: Publisher, lulea: BusPartner
) -> None:
    publisher.send([to_lulea(delivery="d-1")])
    lulea.get(WAIT)
    lulea.refuse()
    with closing(Consumer(rabbitmq_url, topology, DEAD)) as dead:
        (envelope,) = islice(dead.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.delivery, envelope.body) == ("lulea", "d-1", b"body")
    assert envelope.headers["x-death-queue"] == "lulea.inbox"
    assert envelope.headers["x-death-reason"] == "rejected"


def test_a_message_that_failed_twenty_deliveries_arrives_by_the_dead_letter_queue(
    rabbitmq_url: str, topology: Topology, lulea: BusPartner
) -> None:
    lulea.publish(b"body", message_id="m-1")
    with raw(rabbitmq_url) as channel:
        for method, _, _ in islice(channel.consume("care.in", inactivity_timeout=WAIT), 21):
            assert method is not None
            channel.basic_nack(method.delivery_tag or 0, requeue=True)
    with closing(Consumer(rabbitmq_url, topology, DEAD)) as dead:
        (envelope,) = islice(dead.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.id, envelope.body) == ("lulea", "m-1", b"body")
    assert envelope.headers["x-death-queue"] == "care.in"
    assert envelope.headers["x-death-reason"] == "delivery_limit"


def test_a_delivery_that_a_partner_names_is_not_the_one_that_failed(
    rabbitmq_url: str, topology: Topology, lulea: BusPartner
) -> None:
    properties = BasicProperties(user_id="lulea", headers={"x-delivery-id": "d-1"})
    lulea.publish_raw(b"body", properties)
    with raw(rabbitmq_url) as channel:
        method, _, _ = next(channel.consume("care.in", inactivity_timeout=WAIT))
        assert method is not None
        channel.basic_nack(method.delivery_tag or 0, requeue=False)
    with closing(Consumer(rabbitmq_url, topology, DEAD)) as dead:
        (envelope,) = islice(dead.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.delivery, envelope.body) == ("lulea", "", b"body")


def test_a_partner_that_forges_a_death_is_still_the_sender(
    lulea: BusPartner, consumer: Consumer
) -> None:
    forged: dict[str, Any] = {"x-death": [{"queue": "planning.inbox", "reason": "rejected"}]}
    lulea.publish_raw(b"", BasicProperties(user_id="lulea", headers=forged))
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert envelope.endpoint == "lulea"
    assert "x-death-queue" not in envelope.headers


tags = st.sets(st.integers(min_value=1, max_value=40), min_size=1)


@given(done=tags, rest=tags)
def test_acknowledgements_cover_what_is_done_and_nothing_else(
    done: set[int], rest: set[int]
) -> None:
    rest = rest - done
    covered: set[int] = set()
    for tag, multiple in _fewest(done, rest):
        covered |= {t for t in done | rest if t <= tag} if multiple else {tag}
    assert covered == done


def test_a_queue_that_was_deleted_and_made_anew_in_one_moment_is_taken_again(
    rabbitmq_url: str, topology: Topology
) -> None:
    with closing(Consumer(rabbitmq_url, topology, fresh=2)) as consumer:
        consumer.idle(0)
        with raw(rabbitmq_url) as channel:
            channel.queue_delete("care.in")
            topology.declare(channel.connection)
            channel.basic_publish("care.in", "", b"body")
        taken: list[bytes] = []
        deadline = time.monotonic() + 2 * WAIT
        while not taken and time.monotonic() < deadline:
            with suppress(TransientError):  # where the broker says so, it is sooner
                taken += [envelope.body for envelope in consumer.receive(0)]
                consumer.idle(0.1)
        assert taken == [b"body"]


def test_a_queue_declared_with_other_arguments_is_reported_while_idle(
    rabbitmq_url: str, topology: Topology
) -> None:
    with closing(Consumer(rabbitmq_url, topology, verify=0.2)) as consumer:
        consumer.idle(0)
        with raw(rabbitmq_url) as channel:
            channel.queue_delete("lulea.inbox")
            channel.queue_declare("lulea.inbox", durable=True)
        with pytest.raises(TransientError, match=r"settings: queue lulea.inbox: x-"):
            idle(consumer, WAIT)
        assert not consumer.consuming


def idle(consumer: Consumer, seconds: float) -> None:
    """Idle as the runner does, again and again, because only a call's beginning verifies."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        consumer.idle(0.1)
