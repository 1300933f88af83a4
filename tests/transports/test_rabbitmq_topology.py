"""What must exist on the broker, and the permissions of its users."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from itertools import islice

import pytest
from pika.exceptions import ChannelClosedByBroker
from pika.spec import BasicProperties

from adapter.core.errors import FatalError, TransientError
from adapter.transports.rabbitmq import (
    Consumer,
    Publisher,
    Topology,
    check,
    permissions,
)
from adapter.transports.rabbitmq.connection import addresses
from tests.kit.bus import ENDPOINTS, codes, raw, to_lulea
from tests.kit.partners import BusPartner
from tests.kit.servers.rabbitmq import permission
from tests.kit.waiting import WAIT

pytestmark = pytest.mark.servers


def test_a_first_start_creates_the_queues_and_says_whose_inbox_was_missing(
    rabbitmq_url: str,
) -> None:
    losses: list[Sequence[str]] = []
    for _ in range(2):
        with closing(Publisher(rabbitmq_url, Topology(ENDPOINTS, losses.append))) as publisher:
            publisher.send([])
    assert losses == [["planning", "lulea"]]


def test_nothing_is_created_before_the_loss_has_been_written_down(rabbitmq_url: str) -> None:
    def fail(_: Sequence[str]) -> None:
        raise TransientError("store-unavailable")

    with closing(Consumer(rabbitmq_url, Topology(ENDPOINTS, fail))) as consumer:
        for _ in range(2):
            with pytest.raises(TransientError, match="store-unavailable"):
                consumer.idle(0)
    with raw(rabbitmq_url) as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.queue_declare("lulea.inbox", passive=True)


def test_a_loss_that_takes_longer_to_write_down_than_a_heartbeat_is_survived(
    rabbitmq_url: str,
) -> None:
    def slowly(_: Sequence[str]) -> None:
        time.sleep(5)  # the broker hangs up after two missed heartbeats of one second

    impatient = f"{rabbitmq_url}?heartbeat=1"
    with closing(Publisher(impatient, Topology(ENDPOINTS, slowly))) as publisher:
        assert codes(publisher.send([to_lulea()])) == ["taken"]


def test_a_deleted_inbox_is_reported_and_declared_again_by_the_next_sending(
    rabbitmq_url: str,
) -> None:
    losses: list[Sequence[str]] = []
    with closing(Publisher(rabbitmq_url, Topology(ENDPOINTS, losses.append))) as publisher:
        publisher.send([])
        with raw(rabbitmq_url) as channel:
            channel.queue_delete("lulea.inbox")
        assert codes(publisher.send([to_lulea()])) == ["unroutable"]
        assert codes(publisher.send([to_lulea()])) == ["taken"]
    assert losses == [["planning", "lulea"], ["lulea"]]


def test_a_deleted_exchange_is_declared_again_by_the_next_sending(
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
def test_a_queue_with_another_argument_is_a_transient_error_that_names_both(
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
    [outcome] = publisher.send([to_lulea()])
    assert isinstance(outcome, TransientError)
    assert (outcome.code, outcome.detail.split(": ")[:2]) == (
        "settings",
        ["queue lulea.inbox", argument],
    )


def test_check_lists_every_difference_and_creates_nothing(rabbitmq_url: str) -> None:
    with raw(rabbitmq_url) as channel:
        channel.queue_declare("care.in", durable=True)
        channel.exchange_declare("care", "fanout", durable=True)
    problems = check(rabbitmq_url, ENDPOINTS, "")
    assert [problem.split(":")[0] for problem in problems] == ["queue care.in", "exchange care"]
    with raw(rabbitmq_url) as channel, pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
        channel.queue_declare("lulea.inbox", passive=True)


def test_check_finds_nothing_wrong_before_and_after_the_first_start(
    rabbitmq_url: str, topology: Topology
) -> None:
    assert check(rabbitmq_url, ENDPOINTS, "") == []
    with closing(Publisher(rabbitmq_url, topology)) as publisher:
        publisher.send([])
    assert check(rabbitmq_url, ENDPOINTS, "") == []


def test_check_names_a_broker_that_does_not_answer_without_its_password() -> None:
    (problem,) = check("amqp://adapter:hush@127.0.0.1:1/", ENDPOINTS, "")
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


# Permissions.


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
def test_a_partner_cannot_read_anothers_queue(lulea: BusPartner, queue: str) -> None:
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


def test_a_message_without_a_user_is_delivered_without_a_sender(
    lulea: BusPartner, consumer: Consumer
) -> None:
    lulea.publish_raw(b"body", BasicProperties(message_id="m-1"))
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.id, envelope.body) == ("", "m-1", b"body")


def test_a_message_of_a_user_without_endpoint_is_delivered_without_a_sender(
    rabbitmq_url: str, consumer: Consumer
) -> None:
    with raw(rabbitmq_url) as channel:
        channel.basic_publish("care.in", "", b"body", BasicProperties(user_id="adapter"))
    (envelope,) = islice(consumer.receive(WAIT), 1)
    assert (envelope.endpoint, envelope.headers["user-id"]) == ("", "adapter")
