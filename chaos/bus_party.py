"""Parties on RabbitMQ: they receive, send receipts, and send messages."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pika
from pika.adapters.blocking_connection import BlockingChannel, BlockingConnection
from pika.exceptions import AMQPError
from pika.spec import BasicProperties

from chaos import messages
from chaos.bus_sender import BusSender
from chaos.manners import Manner
from chaos.messages import Post
from chaos.plan import TIMERS
from chaos.receiver import KEPT_BY, Receiver

_TOO_LATE = TIMERS["receipt_within"].total_seconds() * 1.5  # seconds


class BusParty:
    """One party, in one thread, on one connection, which it opens again when it breaks."""

    def __init__(self, url: str, receiver: Receiver, sender: BusSender) -> None:
        self._url, self._receiver, self._sender = url, receiver, sender
        self._user = urlsplit(url).username
        self._queue = f"{receiver.party.endpoint}.inbox"
        self._arrived: deque[tuple[int, bytes]] = deque()
        self._later: list[tuple[float, int, Post]] = []
        self._order = count()
        self._stop = threading.Event()
        self._away_until = 0.0
        self._cancelled = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join(10)

    def away(self, seconds: float) -> None:
        """Take nothing and send nothing for so many seconds."""
        self._away_until = time.monotonic() + seconds

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self._is_away():
                    self._session()
            except (AMQPError, OSError):
                pass  # the rig breaks the broker: connect again
            self._stop.wait(0.1)

    def _session(self) -> None:
        connection = pika.BlockingConnection(_parameters(self._url))
        try:
            self._work(connection)
        finally:
            if connection.is_open:
                connection.close()

    def _work(self, connection: BlockingConnection) -> None:
        # No publisher confirms: the sender repeats every message that gets no receipt.
        channel = connection.channel()
        channel.basic_qos(prefetch_count=100)
        channel.add_on_cancel_callback(self._on_cancel)
        self._arrived.clear()
        self._cancelled = False
        channel.basic_consume(self._queue, self._on_message)
        while not self._cancelled and not self._stop.is_set() and not self._is_away():
            connection.process_data_events(0.01)
            while self._arrived:
                tag, body = self._arrived.popleft()
                self._take(channel, body)
                channel.basic_ack(tag)
            self._send_due(channel)

    def _on_cancel(self, _: object) -> None:
        """Note that the broker deleted the queue."""
        self._cancelled = True

    def _is_away(self) -> bool:
        return time.monotonic() < self._away_until

    def _on_message(self, _: Any, method: Any, __: Any, body: bytes) -> None:
        self._arrived.append((method.delivery_tag, body))

    def _take(self, channel: BlockingChannel, body: bytes) -> None:
        arrived = messages.read(body)
        manner = self._receiver.take(arrived)
        if arrived.event == "receipt":
            self._sender.take_receipt(arrived)
            return
        if manner in KEPT_BY:
            self._sender.answer(body)
        if manner is Manner.LOSE:
            return
        code = {Manner.NOT_NOW: "transient-error", Manner.REFUSE: "fatal-error"}.get(manner, "ok")
        about = str(uuid4()) if manner is Manner.WRONG else arrived.content
        receipt = messages.receipt(self._receiver.party, about, code)
        if manner is Manner.LATE:
            self._post_later(receipt, _TOO_LATE)
            return
        if manner is Manner.GARBLE:
            receipt = replace(receipt, body=b"<html>")
        for _ in range(2 if manner is Manner.DOUBLE else 1):
            self._publish(channel, receipt)

    def _post_later(self, post: Post, seconds: float) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), post))

    def _send_due(self, channel: BlockingChannel) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            self._publish(channel, heapq.heappop(self._later)[2])
        for post in self._sender.due(time.monotonic()):
            self._publish(channel, post)

    def _publish(self, channel: BlockingChannel, post: Post) -> None:
        properties = BasicProperties(
            message_id=post.envelope,
            type=post.event,
            correlation_id=post.case,
            content_type=post.content_type,
            user_id=self._user,
            delivery_mode=2,
        )
        channel.basic_publish("care.in", "", post.body, properties)


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.heartbeat = 20
    parameters.socket_timeout = 3
    parameters.stack_timeout = 5
    return parameters
