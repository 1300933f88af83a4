"""What every transport promises, asked of each in turn, with real far sides on loopback."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import time

import pytest

from adapter.core.model import Envelope
from adapter.transports import Response
from tests.kit.servers import RabbitMQ
from tests.kit.transport_ends import Pulled, Sending
from tests.kit.waiting import WAIT

PERSON = b"195009072553"
MEGABYTES = 10 * 1024 * 1024


def binary(size: int) -> bytes:
    """Any bytes but those that MLLP frames with."""
    return random.Random(size).randbytes(size).translate(None, b"\x0b\x1c")


# A transport that is pulled.


def test_what_was_put_comes_in_order_and_unchanged(pulled: Pulled) -> None:
    bodies = [b"", b"one", bytes(range(256)), "åäö".encode()]
    for body in bodies:
        pulled.put(body)
    assert [envelope.body for envelope in pulled.take(4)] == bodies


def test_what_was_not_acknowledged_comes_back_in_order_after_close(pulled: Pulled) -> None:
    for number in range(5):
        pulled.put(str(number).encode())
    taken = pulled.take(5)
    pulled.transport.acknowledge([taken[0], taken[2]])
    pulled.transport.close()
    assert pulled.rest(3) == [b"1", b"3", b"4"]


def test_what_was_acknowledged_is_gone(pulled: Pulled) -> None:
    for number in range(3):
        pulled.put(str(number).encode())
    pulled.transport.acknowledge(pulled.take(3))
    pulled.transport.close()
    assert pulled.rest(0) == []


def test_death_in_the_middle_of_receiving_loses_nothing(pulled: Pulled) -> None:
    for number in range(4):
        pulled.put(str(number).encode())
    arrivals = pulled.transport.receive(WAIT)
    assert next(arrivals).body == b"0"
    pulled.transport.close()
    # A broker may give the new connection first what it had not yet given the old one.
    assert sorted(pulled.rest(4)) == [b"0", b"1", b"2", b"3"]


def test_receiving_in_small_batches_loses_nothing(pulled: Pulled) -> None:
    for number in range(5):
        pulled.put(str(number).encode())
    bodies = [[envelope.body for envelope in pulled.take(2)] for _ in range(2)]
    assert [*bodies, pulled.rest(1)] == [[b"0", b"1"], [b"2", b"3"], [b"4"]]


def test_idle_loses_nothing_and_ends_early(pulled: Pulled) -> None:
    pulled.put(b"body")
    began = time.monotonic()
    pulled.transport.idle(60)
    assert time.monotonic() - began < WAIT
    assert pulled.rest(1) == [b"body"]


def test_receive_ends_after_its_wait_when_nothing_arrives(pulled: Pulled) -> None:
    began = time.monotonic()
    assert list(pulled.transport.receive(0.1)) == []
    assert 0.1 <= time.monotonic() - began < WAIT
    pulled.transport.acknowledge([])


def test_ten_megabytes_come_unchanged(pulled: Pulled) -> None:
    body = random.Random(1).randbytes(MEGABYTES)
    pulled.put(body)
    (envelope,) = pulled.take(1)
    assert envelope.body == body


def test_what_a_partner_put_has_a_sender(pulled: Pulled) -> None:
    pulled.put(b"body")
    (envelope,) = pulled.take(1)
    assert envelope.endpoint == "lulea"


def test_no_log_quotes_a_received_message(pulled: Pulled, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        pulled.put(PERSON)
        pulled.transport.acknowledge(pulled.take(1))
        pulled.transport.close()
    assert PERSON.decode() not in caplog.text


# A transport that sends.


def to_lulea(body: bytes) -> Envelope:
    return Envelope(id="e-1", endpoint="lulea", event="message", body=body)


def test_when_send_returns_the_far_side_has_everything_in_order(sending: Sending) -> None:
    bodies = [str(number).encode() for number in range(20)]
    outcomes = sending.transport.send([to_lulea(body) for body in bodies])
    assert sending.taken() == bodies
    assert [type(outcome) for outcome in outcomes] == [Response] * 20


def test_ten_megabytes_go_unchanged(sending: Sending) -> None:
    body = binary(MEGABYTES)
    assert isinstance(sending.transport.send([to_lulea(body)])[0], Response)
    assert sending.taken() == [body]


def test_sending_nothing_sends_nothing(sending: Sending) -> None:
    assert sending.transport.send([]) == []


def test_after_close_the_next_sending_connects_anew(sending: Sending) -> None:
    sending.transport.send([to_lulea(b"before")])
    sending.transport.close()
    sending.transport.close()
    assert isinstance(sending.transport.send([to_lulea(b"after")])[0], Response)
    assert sending.taken()[-1] == b"after"


def test_no_log_quotes_a_sent_message(sending: Sending, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sending.transport.send([to_lulea(PERSON)])
        sending.transport.close()
    assert PERSON.decode() not in caplog.text


# Across a crash: RabbitMQ; memory ends with its process, and says so.


@pytest.mark.servers
def test_what_was_sent_and_what_was_not_acknowledged_survive_kill_9_of_the_broker(
    rabbitmq: RabbitMQ, pulled_rabbitmq: Pulled, sending_rabbitmq: Sending
) -> None:
    pulled_rabbitmq.put(b"in")
    pulled_rabbitmq.take(1)
    sending_rabbitmq.transport.send([to_lulea(b"out")])
    rabbitmq.settle()
    rabbitmq.restart()
    pulled_rabbitmq.transport.close()
    assert [envelope.body for envelope in pulled_rabbitmq.take(1)] == [b"in"]
    assert sending_rabbitmq.taken() == [b"out"]


RECEIVER = """
import sys
from adapter.core.endpoint import Endpoint
from adapter.transports.rabbitmq import Consumer, Topology
consumer = Consumer(sys.argv[1], Topology([], lambda _: None))
for envelope in consumer.receive(60):
    print(envelope.body.decode(), flush=True)
"""


@pytest.mark.servers
def test_kill_9_of_the_receiver_loses_nothing(pulled_rabbitmq: Pulled, rabbitmq_url: str) -> None:
    pulled_rabbitmq.transport.close()
    command = [sys.executable, "-c", RECEIVER, rabbitmq_url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as receiver:
        pulled_rabbitmq.put(b"body")
        assert receiver.stdout is not None
        assert receiver.stdout.readline() == b"body\n"
        receiver.kill()
    assert [envelope.body for envelope in pulled_rabbitmq.take(1)] == [b"body"]
