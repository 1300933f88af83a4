"""RabbitMQ as only RabbitMQ can be: users, queues with arguments, alarms, a disk that is lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker, UnroutableError
from pika.spec import BasicProperties

from adapter.errors import AdapterError, FatalError, TransientError
from adapter.model import Endpoint, Envelope
from adapter.transports import Answer
from adapter.transports.rabbitmq import (
    DEAD,
    Consumer,
    Publisher,
    Topology,
    check,
    permissions,
)
from adapter.transports.rabbitmq.connection import addresses
from adapter.transports.rabbitmq.consumer import _fewest
from tests.servers import RabbitMQ
from tests.servers.rabbitmq import permission
from tests.transports.partners import BusPartner

pytestmark = pytest.mark.servers

WAIT = 5.0
ENDPOINTS = [
    Endpoint(
        name=name,
        organization=f"SE2120000000-{name.upper()}",
        system="fhir",
        transport="rabbitmq",
        broker_user=name,
    )
    for name in ("planning", "lulea")
]


def ignore(_: Sequence[str]) -> None:
    """Nothing was sent before, so nothing is lost."""


def to_lulea(
    *, message_id: str = "e-1", case: str = "", delivery: str = "", content_type: str = ""
) -> Envelope:
    return Envelope(
        id=message_id,
        endpoint="lulea",
        event="message",
        body=b"body",
        case=case,
        delivery=delivery,
        content_type=content_type,
    )


def codes(outcomes: Sequence[object]) -> list[str]:
    return [each.code if isinstance(each, AdapterError) else "taken" for each in outcomes]


@contextmanager
def raw(url: str) -> Iterator[BlockingChannel]:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        yield connection.channel()


@pytest.fixture
def topology() -> Topology:
    return Topology(ENDPOINTS, ignore)


@pytest.fixture
def publisher(rabbitmq_url: str, topology: Topology) -> Iterator[Publisher]:
    with closing(Publisher(rabbitmq_url, topology, timeout=WAIT)) as publisher:
        publisher.open()
        yield publisher


@pytest.fixture
def consumer(rabbitmq_url: str, topology: Topology) -> Iterator[Consumer]:
    with closing(Consumer(rabbitmq_url, topology)) as consumer:
        consumer.open()
        yield consumer


@pytest.fixture
def lulea(rabbitmq: RabbitMQ, rabbitmq_url: str, publisher: Publisher) -> Iterator[BusPartner]:
    url = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with closing(BusPartner(url, "lulea.inbox")) as partner:
        yield partner


# The topology.


def test_a_first_start_creates_the_queues_and_says_whose_inbox_was_missing(
    rabbitmq_url: str,
) -> None:
    told: list[Sequence[str]] = []
    for _ in range(2):
        with closing(Publisher(rabbitmq_url, Topology(ENDPOINTS, told.append))) as publisher:
            publisher.open()
    assert told == [["planning", "lulea"]]


def test_nothing_is_created_before_the_loss_has_been_written_down(rabbitmq_url: str) -> None:
    def fail(_: Sequence[str]) -> None:
        raise TransientError("store-unavailable")

    with closing(Consumer(rabbitmq_url, Topology(ENDPOINTS, fail))) as consumer:
        for _ in range(2):
            with pytest.raises(TransientError, match="store-unavailable"):
                consumer.idle(0)
    with raw(rabbitmq_url) as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.queue_declare("lulea.inbox", passive=True)


def test_an_inbox_that_somebody_deleted_is_told_and_comes_back_with_the_next_sending(
    rabbitmq_url: str,
) -> None:
    told: list[Sequence[str]] = []
    with closing(Publisher(rabbitmq_url, Topology(ENDPOINTS, told.append))) as publisher:
        publisher.open()
        with raw(rabbitmq_url) as channel:
            channel.queue_delete("lulea.inbox")
        assert codes(publisher.send([to_lulea()])) == ["unroutable"]
        assert codes(publisher.send([to_lulea()])) == ["taken"]
    assert told == [["planning", "lulea"], ["lulea"]]


def test_an_exchange_that_somebody_deleted_comes_back_with_the_next_sending(
    rabbitmq_url: str, publisher: Publisher
) -> None:
    with raw(rabbitmq_url) as channel:
        channel.exchange_delete("care")
    assert codes(publisher.send([to_lulea(), to_lulea()])) == ["unreachable"] * 2
    assert codes(publisher.send([to_lulea()])) == ["taken"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("x-delivery-limit", 5),
        ("x-overflow", "drop-head"),
        ("x-dead-letter-exchange", "elsewhere"),
        ("x-dead-letter-strategy", "at-most-once"),
        ("x-max-length", 10),
        ("x-message-ttl", 1000),
    ],
)
def test_a_queue_with_another_argument_stops_the_start_and_both_are_named(
    rabbitmq_url: str, topology: Topology, argument: str, value: object
) -> None:
    wrong = {
        "x-queue-type": "quorum",
        "x-overflow": "reject-publish",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": "care.dead",
        "x-dead-letter-strategy": "at-least-once",
        argument: value,
    }
    with raw(rabbitmq_url) as channel:
        channel.queue_declare("lulea.inbox", durable=True, arguments=wrong)
    publisher = Publisher(rabbitmq_url, topology)
    with pytest.raises(FatalError, match=f"settings: queue lulea.inbox: {argument}"):
        publisher.send([to_lulea()])


def test_check_lists_every_difference_and_creates_nothing(rabbitmq_url: str) -> None:
    with raw(rabbitmq_url) as channel:
        channel.queue_declare("care.in", durable=True)
        channel.exchange_declare("care", "fanout", durable=True)
    problems = check(rabbitmq_url, ENDPOINTS)
    assert [problem.split(":")[0] for problem in problems] == ["queue care.in", "exchange care"]
    with raw(rabbitmq_url) as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.queue_declare("lulea.inbox", passive=True)


def test_check_finds_nothing_wrong_before_and_after_the_first_start(
    rabbitmq_url: str, topology: Topology
) -> None:
    assert check(rabbitmq_url, ENDPOINTS) == []
    with closing(Publisher(rabbitmq_url, topology)) as publisher:
        publisher.open()
    assert check(rabbitmq_url, ENDPOINTS) == []


def test_check_names_a_broker_that_does_not_answer_without_its_password() -> None:
    (problem,) = check("amqp://adapter:hush@127.0.0.1:1/", ENDPOINTS)
    assert problem.startswith("broker:")
    assert "hush" not in problem


@pytest.mark.parametrize("url", ["amqp://a:hush@h:port/", "amqp://a:hush@[h/", "amqp://h,:hush:"])
def test_an_address_that_cannot_be_read_is_a_matter_of_settings_and_stays_secret(
    url: str,
) -> None:
    with pytest.raises(FatalError) as caught:
        addresses(url)
    assert caught.value.code == "settings"
    assert "hush" not in str(caught.value)


def test_of_several_addresses_the_one_that_answers_is_used(
    rabbitmq_url: str, topology: Topology
) -> None:
    url = f"amqp://adapter:x@127.0.0.1:1/, {rabbitmq_url}"
    with closing(Publisher(url, topology)) as publisher:
        assert codes(publisher.send([to_lulea()])) == ["taken"]


# Who may do what.


def test_the_users_of_the_tests_may_do_what_the_documentation_says() -> None:
    rights = permissions("lulea")
    assert permission("lulea", "/") == {
        "user": "lulea",
        "vhost": "/",
        "configure": rights.configure,
        "write": rights.write,
        "read": rights.read,
    }


@pytest.mark.parametrize("queue", ["planning.inbox", "care.in", "care.dead"])
def test_a_partner_reads_nobody_elses_queue(lulea: BusPartner, queue: str) -> None:
    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        lulea.channel.basic_get(queue)


def test_a_partner_cannot_put_a_message_into_anothers_inbox(lulea: BusPartner) -> None:
    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        lulea.channel.basic_publish("", "planning.inbox", b"")


def test_a_partner_cannot_publish_as_somebody_else(lulea: BusPartner) -> None:
    with pytest.raises(ChannelClosedByBroker, match="user_id"):
        lulea.publish_raw(b"", BasicProperties(user_id="planning"))


def test_the_brokers_user_names_the_sender(lulea: BusPartner, consumer: Consumer) -> None:
    lulea.publish(b"body", message_id="m-1", event="reply", case="c-1", content_type="text/plain")
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert envelope.endpoint == "lulea"
    assert (envelope.id, envelope.event, envelope.case) == ("m-1", "reply", "c-1")
    assert (envelope.body, envelope.content_type) == (b"body", "text/plain")


def test_a_message_without_a_user_is_delivered_and_nobodys(
    lulea: BusPartner, consumer: Consumer
) -> None:
    lulea.publish_raw(b"body", BasicProperties(message_id="m-1"))
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.id, envelope.body) == ("", "m-1", b"body")


def test_a_message_of_a_user_without_endpoint_is_delivered_and_nobodys(
    rabbitmq_url: str, consumer: Consumer
) -> None:
    with raw(rabbitmq_url) as channel:
        channel.basic_publish("care.in", "", b"body", BasicProperties(user_id="adapter"))
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.headers["user-id"]) == ("", "adapter")


# Taking.


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


def test_no_more_are_held_than_the_prefetch_allows(
    lulea: BusPartner, rabbitmq_url: str, topology: Topology
) -> None:
    for number in range(5):
        lulea.publish(str(number).encode())
    with closing(Consumer(rabbitmq_url, topology, prefetch=3)) as consumer:
        held = list(consumer.receive(0.3))
        assert [envelope.body for envelope in held] == [b"0", b"1", b"2"]
        consumer.acknowledge(held[:1])
        assert [envelope.body for envelope in consumer.receive(0.3)] == [b"3"]


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
        second.open()
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
        consumer.open()
        consumer.idle(3.2)  # the broker hangs up after two silent intervals
        consumer.idle(0.2)


def test_what_a_partner_refuses_comes_to_us_as_a_failed_attempt_of_its_delivery(
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


def test_what_we_could_not_take_for_twenty_times_comes_to_us_by_the_other_queue(
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


# Sending.


def test_a_message_carries_its_ids_where_partners_look_for_them(
    publisher: Publisher, lulea: BusPartner
) -> None:
    envelope = to_lulea(case="c-1", delivery="d-1", content_type="application/fhir+json")
    assert publisher.send([envelope]) == [Answer()]
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


def test_sending_nothing_is_no_work(publisher: Publisher) -> None:
    assert publisher.send([]) == []


def test_a_queue_that_is_full_by_policy_refuses_for_now(
    rabbitmq: RabbitMQ, rabbitmq_url: str, publisher: Publisher
) -> None:
    host = pika.URLParameters(rabbitmq_url).virtual_host
    policy = ["--vhost", host, "full", r"^lulea\.inbox$", '{"max-length": 1}']
    rabbitmq.control("set_policy", *policy, "--apply-to", "queues")
    outcomes = [code for _ in range(5) for code in codes(publisher.send([to_lulea()]))]
    assert outcomes[0] == "taken"
    assert outcomes[-1] == "refused-for-now"


def test_a_broker_in_alarm_is_shown_and_not_waited_for_in_silence(
    rabbitmq: RabbitMQ, rabbitmq_url: str, topology: Topology
) -> None:
    with closing(Publisher(rabbitmq_url, topology, timeout=0.5)) as publisher:
        assert publisher.status() == "closed"
        rabbitmq.alarm()
        try:
            publisher.send([to_lulea()])  # the first is taken, and brings the news
            outcomes = publisher.send([to_lulea()])
            assert publisher.status() == "blocked"
        finally:
            rabbitmq.calm()
        assert codes(outcomes) == ["timed-out"]
        assert "blocked" in str(outcomes[0])
        time.sleep(0.2)
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        assert publisher.status() == "open"


def test_a_broker_that_is_not_there_leaves_every_message_for_later(topology: Topology) -> None:
    publisher = Publisher("amqp://adapter:hush@127.0.0.1:1/", topology)
    assert codes(publisher.send([to_lulea(), to_lulea()])) == ["unreachable", "unreachable"]
    with pytest.raises(TransientError, match="unreachable"):
        Consumer("amqp://adapter:hush@127.0.0.1:1/", topology).idle(0)


def test_a_refused_password_leaves_every_message_for_later(
    rabbitmq: RabbitMQ, topology: Topology
) -> None:
    url = f"amqp://adapter:wrong@127.0.0.1:{rabbitmq.port}/"
    (outcome,) = Publisher(url, topology).send([to_lulea()])
    assert isinstance(outcome, TransientError)
    assert outcome.detail == "the broker refuses the user"


def test_a_broker_that_comes_back_empty_is_noticed_by_whoever_connects_first(
    rabbitmq: RabbitMQ, rabbitmq_url: str
) -> None:
    told: list[Sequence[str]] = []
    topology = Topology(ENDPOINTS, told.append)
    with (
        closing(Publisher(rabbitmq_url, topology, timeout=WAIT)) as publisher,
        closing(Consumer(rabbitmq_url, topology)) as consumer,
    ):
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        consumer.open()
        rabbitmq.kill()
        assert codes(publisher.send([to_lulea()])) == ["unreachable"]
        with pytest.raises(TransientError, match="unreachable"):
            consumer.idle(0)
        rabbitmq.wipe()
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        consumer.idle(0)
    assert told == [["planning", "lulea"]] * 2
