"""Sending over RabbitMQ: outcomes one by one, queues that refuse, alarms, a lost disk."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pika
import pytest
from pika.exceptions import UnroutableError

from adapter.core.errors import TransientError
from adapter.core.model import Envelope
from adapter.transports import Response
from adapter.transports.rabbitmq import (
    Consumer,
    Publisher,
    Topology,
)
from tests.kit.bus import ENDPOINTS, codes, raw, to_lulea
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import WAIT, wait_for

pytestmark = pytest.mark.servers


def test_a_message_carries_its_ids_where_partners_look_for_them(
    publisher: Publisher, lulea: BusPartner
) -> None:
    envelope = to_lulea(case="c-1", delivery="d-1", content_type="application/fhir+json")
    assert publisher.send([envelope]) == [Response()]
    arrival = lulea.get(WAIT)
    assert arrival is not None
    body, properties = arrival
    assert body == envelope.body
    assert properties["message_id"] == "e-1"
    assert properties["correlation_id"] == "c-1"
    assert properties["type"] == "message"
    assert properties["content_type"] == "application/fhir+json"
    assert properties["delivery_mode"] == 2
    assert properties["user_id"] == "adapter"
    assert properties["headers"] == {"x-delivery-id": "d-1"}


def test_each_of_a_batch_has_its_own_outcome(publisher: Publisher, lulea: BusPartner) -> None:
    nowhere = Envelope(id="e-1", endpoint="nobody", event="message", body=b"")
    batch = [to_lulea(message_id="1"), nowhere, to_lulea(case="c" * 256), to_lulea(message_id="2")]
    assert codes(publisher.send(batch)) == ["taken", "unroutable", "not-written", "taken"]
    assert [lulea.get(WAIT) is not None for _ in range(2)] == [True, True]


def test_many_messages_arrive_in_the_order_they_were_sent(
    publisher: Publisher, lulea: BusPartner
) -> None:
    publisher.send([to_lulea(message_id=str(number)) for number in range(1500)])
    arrivals = [lulea.get(WAIT) for _ in range(1500)]
    assert [arrival[1]["message_id"] for arrival in arrivals if arrival] == [
        str(number) for number in range(1500)
    ]


def test_a_returned_message_is_not_quoted_in_the_log(
    rabbitmq_url: str, publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    person = Envelope(id="e-1", endpoint="nobody", event="message", body=b"195009072553")
    with caplog.at_level(logging.DEBUG), raw(rabbitmq_url) as channel:
        assert codes(publisher.send([person])) == ["unroutable"]
        channel.confirm_delivery()
        with pytest.raises(UnroutableError):
            channel.basic_publish("care", "nobody.message", person.body, mandatory=True)
    assert "195009072553" not in caplog.text


def test_threads_may_share_one_publisher(publisher: Publisher) -> None:
    results: list[list[str]] = []

    def send(name: str) -> None:
        for _ in range(20):
            results.append(codes(publisher.send([to_lulea(message_id=name)] * 5)))

    threads = [threading.Thread(target=send, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [["taken"] * 5] * 160


def test_sending_no_messages_returns_no_outcomes(publisher: Publisher) -> None:
    assert publisher.send([]) == []


def test_a_queue_that_is_full_by_policy_refuses_for_now(
    rabbitmq: RabbitMQ, rabbitmq_url: str, publisher: Publisher
) -> None:
    host = pika.URLParameters(rabbitmq_url).virtual_host
    policy = ["--vhost", host, "full", r"^lulea\.inbox$", '{"max-length": 1}']
    rabbitmq.control("set_policy", *policy, "--apply-to", "queues")
    assert codes(publisher.send([to_lulea()])) == ["taken"]
    wait_for("refusal", lambda: codes(publisher.send([to_lulea()])), ["refused-for-now"].__eq__)


@pytest.fixture
def small_broker(rabbitmq: RabbitMQ) -> Iterator[None]:
    """For a while, channels that are opened take no message over a million bytes."""
    usual = rabbitmq.control("environment", "--formatter", "json")
    largest = json.loads(usual)["rabbit"]["max_message_size"]
    for size in (1_000_000, largest):
        rabbitmq.control("eval", f"application:set_env(rabbit, max_message_size, {size}).")
        if size != largest:
            yield


def test_a_message_that_the_broker_refuses_for_its_size_holds_no_other_back(
    small_broker: None, publisher: Publisher, lulea: BusPartner
) -> None:
    large = [replace(to_lulea(message_id=f"l-{n}"), body=b"x" * (1_000_001 + n)) for n in range(3)]
    small = [to_lulea(message_id=f"s-{n}") for n in range(40)]
    batch = [*small[:20], large[0], *small[20:], *large[1:]]
    outcomes = publisher.send(batch)
    assert codes(outcomes) == [
        "too-large-for-broker" if envelope in large else "taken" for envelope in batch
    ]
    assert "size 1000001" in str(outcomes[20])
    assert publisher.blocked == ""
    arrived = {a[1]["message_id"] for a in iter(lambda: lulea.get(1), None) if a}
    assert arrived == {envelope.id for envelope in small}


def test_an_alarm_of_the_broker_is_shown_and_its_messages_time_out(
    rabbitmq: RabbitMQ, rabbitmq_url: str, topology: Topology
) -> None:
    with closing(Publisher(rabbitmq_url, topology, timeout=0.5)) as publisher:
        rabbitmq.alarm()
        try:
            # The first is taken, and brings the news.
            wait_for("alarm", lambda: alarm_after_sending(publisher))
            outcomes = publisher.send([to_lulea()])
        finally:
            rabbitmq.calm()
        assert codes(outcomes) == ["timed-out"]
        assert "blocked" in str(outcomes[0])
        wait_for("confirm", lambda: codes(publisher.send([to_lulea()])), ["taken"].__eq__)
        assert publisher.blocked == ""


def alarm_after_sending(publisher: Publisher) -> str:
    publisher.send([to_lulea()])
    return publisher.blocked


def test_a_broker_that_is_not_there_leaves_every_message_for_later(topology: Topology) -> None:
    publisher = Publisher("amqp://adapter:hush@127.0.0.1:1/", topology)
    assert codes(publisher.send([to_lulea(), to_lulea()])) == ["no-connection"] * 2
    with pytest.raises(TransientError, match="no-connection"):
        Consumer("amqp://adapter:hush@127.0.0.1:1/", topology).idle(0)


def test_a_refused_password_leaves_every_message_for_later(
    rabbitmq: RabbitMQ, topology: Topology
) -> None:
    url = f"amqp://adapter:wrong@127.0.0.1:{rabbitmq.port}/"
    (outcome,) = Publisher(url, topology).send([to_lulea()])
    assert isinstance(outcome, TransientError)
    assert outcome.code == "no-connection"
    refused = "the broker refuses the user adapter or its password"
    assert outcome.detail == f"127.0.0.1:{rabbitmq.port}: {refused}"


def test_a_broker_that_comes_back_empty_is_noticed_by_the_first_that_connects(
    rabbitmq: RabbitMQ, rabbitmq_url: str
) -> None:
    losses: list[Sequence[str]] = []
    topology = Topology(ENDPOINTS, losses.append)
    with (
        closing(Publisher(rabbitmq_url, topology, timeout=WAIT)) as publisher,
        closing(Consumer(rabbitmq_url, topology)) as consumer,
    ):
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        consumer.idle(0)
        rabbitmq.kill()
        assert codes(publisher.send([to_lulea()]))[0] in ("no-connection", "unreachable")
        with pytest.raises(TransientError, match="unreachable"):
            consumer.idle(0)
        rabbitmq.wipe()
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        consumer.idle(0)
    assert losses == [["planning", "lulea"]] * 2
