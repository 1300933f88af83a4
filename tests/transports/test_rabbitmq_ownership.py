"""One virtual host belongs to one store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import pytest

from adapter.core.errors import TransientError
from adapter.transports.rabbitmq import Consumer, Publisher, Topology, check, take_over
from adapter.transports.rabbitmq.connection import connect
from tests.kit.bus import ENDPOINTS, codes, ignore, raw, to_lulea
from tests.kit.partners import BusPartner
from tests.kit.servers import RabbitMQ
from tests.kit.waiting import WAIT, wait_for

pytestmark = pytest.mark.servers
OURS, OTHERS = "0a1b2c3d4e5f", "ffeeddccbbaa"


def topology(store: str) -> Topology:
    return Topology(ENDPOINTS, ignore, lambda: store)


def declare(url: str, store: str) -> None:
    with connect(url, "test") as connection:
        topology(store).declare(connection)


def test_a_second_store_neither_takes_nor_sends_nor_says_that_queues_were_lost(
    rabbitmq: RabbitMQ, rabbitmq_url: str
) -> None:
    declare(rabbitmq_url, OURS)
    losses: list[Sequence[str]] = []
    second = Topology(ENDPOINTS, losses.append, lambda: OTHERS)
    with closing(BusPartner(rabbitmq.partner("lulea", beside=rabbitmq_url), "lulea.inbox")) as one:
        one.publish(b"for ours")
    with raw(rabbitmq_url) as channel:
        channel.queue_delete("planning.inbox")
    with closing(Consumer(rabbitmq_url, second)) as consumer:
        with pytest.raises(TransientError, match="other-store") as refused:
            list(consumer.receive(0.5))
        assert not consumer.consuming
    assert refused.value.detail == (
        f"the virtual host belongs to store {OURS}; this is store {OTHERS}"
    )
    with closing(Publisher(rabbitmq_url, second, timeout=WAIT)) as publisher:
        assert codes(publisher.send([to_lulea()])) == ["other-store"]
    assert losses == []


def test_processes_of_one_store_share_its_virtual_host(rabbitmq_url: str) -> None:
    with (
        closing(Consumer(rabbitmq_url, topology(OURS))) as first,
        closing(Consumer(rabbitmq_url, topology(OURS))) as second,
        closing(Publisher(rabbitmq_url, topology(OURS), timeout=WAIT)) as publisher,
    ):
        first.idle(0)
        second.idle(0)
        assert codes(publisher.send([to_lulea()])) == ["taken"]


def test_two_stores_use_two_virtual_hosts_of_one_broker(rabbitmq: RabbitMQ) -> None:
    for store in (OURS, OTHERS):
        declare(rabbitmq.fresh(), store)


def test_who_is_taken_over_stops_taking_and_sending_soon(rabbitmq_url: str) -> None:
    shared = topology(OURS)
    with (
        closing(Consumer(rabbitmq_url, shared, verify=0.2)) as consumer,
        closing(Publisher(rabbitmq_url, shared, timeout=WAIT)) as publisher,
    ):
        consumer.idle(0)
        assert codes(publisher.send([to_lulea()])) == ["taken"]
        take_over(rabbitmq_url, OTHERS)
        wait_for("refusal", lambda: refusal(consumer), lambda code: code == "other-store")
        assert codes(publisher.send([to_lulea()])) == ["other-store"]
    declare(rabbitmq_url, OTHERS)


def refusal(consumer: Consumer) -> str:
    """Take as the runner does, without a pause between two batches."""
    try:
        list(consumer.receive(0))
    except TransientError as error:
        return error.code
    return ""


def test_a_broker_without_its_disk_belongs_to_the_first_that_comes(rabbitmq_url: str) -> None:
    declare(rabbitmq_url, OURS)
    with raw(rabbitmq_url) as channel:
        channel.exchange_delete("care.store")
    declare(rabbitmq_url, OTHERS)


def test_a_check_names_the_other_store_and_claims_nothing(rabbitmq_url: str) -> None:
    assert check(rabbitmq_url, ENDPOINTS, OTHERS) == []
    assert check(rabbitmq_url, ENDPOINTS, "") == []
    declare(rabbitmq_url, OURS)
    assert check(rabbitmq_url, ENDPOINTS, OURS) == []
    [named] = check(rabbitmq_url, ENDPOINTS, OTHERS)
    assert named == f"broker: the virtual host belongs to store {OURS}; this is store {OTHERS}"
    [named] = check(rabbitmq_url, ENDPOINTS, "")
    assert named.endswith("this is a store that does not exist yet")


def test_a_mark_that_the_user_may_not_make_is_named(rabbitmq: RabbitMQ, rabbitmq_url: str) -> None:
    partner = rabbitmq.partner("lulea", beside=rabbitmq_url)
    with (
        connect(partner, "test") as connection,
        pytest.raises(TransientError, match=r"settings: exchange care\.store.* \(403\)"),
    ):
        topology(OURS).declare(connection)
    declare(rabbitmq_url, OURS)
