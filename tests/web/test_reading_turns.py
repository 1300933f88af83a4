"""Large bodies that arrive at once are read in turn."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from itertools import pairwise
from statistics import median

from adapter.web.reading_turns import InTurn, ReadingTurns

SIZE = 2 * 1024 * 1024


class Rounds:
    """Counts the rounds of the event loop."""

    def __init__(self) -> None:
        self.number, self._loop = 0, asyncio.get_running_loop()
        self._next()

    def _next(self) -> None:
        self.number += 1
        self._loop.call_soon(self._next)


class Body(asyncio.Protocol):
    """A body that pauses after each part, as uvicorn does, and notes the round of each."""

    def __init__(self, turns: ReadingTurns, rounds: Rounds) -> None:
        self._turns, self._rounds = turns, rounds
        self.read: list[int] = []
        self.size, self.is_whole = 0, asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._flow = InTurn(transport, self._turns)

    def data_received(self, data: bytes) -> None:
        self.read.append(self._rounds.number)
        self.size += len(data)
        self._flow.pause_reading()
        self._flow.resume_reading()
        self._flow.resume_reading()  # uvicorn asks again at each call of receive
        if self.size == SIZE:
            self.is_whole.set()


async def received(count: int) -> list[Body]:
    """Send `count` bodies at once; return them when all are whole."""
    turns, rounds = ReadingTurns(), Rounds()
    bodies = [Body(turns, rounds) for _ in range(count)]
    async with asyncio.timeout(30):
        await asyncio.gather(*(_sent(body) for body in bodies))
    return bodies


async def _sent(body: Body) -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    with theirs:
        transport, _ = await loop.create_connection(lambda: body, sock=ours)
        await loop.sock_sendall(theirs, b" " * SIZE)
        await body.is_whole.wait()
        transport.close()


def test_one_round_reads_a_part_of_one_large_body() -> None:
    bodies = asyncio.run(received(8))
    later = Counter(number for body in bodies for number in body.read[1:])
    assert max(later.values()) == 1


def test_between_two_parts_the_event_loop_serves_others_for_many_rounds() -> None:
    bodies = asyncio.run(received(8))
    last = min(body.read[-1] for body in bodies)  # until then all of them wait for their turns
    rounds = sorted(number for body in bodies for number in body.read[1:] if number <= last)
    assert median(later - earlier for earlier, later in pairwise(rounds)) > 10


def test_every_large_body_arrives_whole_and_none_waits_for_the_end_of_another() -> None:
    bodies = asyncio.run(received(8))
    assert [body.size for body in bodies] == [SIZE] * 8
    assert max(body.read[0] for body in bodies) < min(body.read[-1] for body in bodies)


def test_a_connection_that_ended_while_it_waited_holds_nobody_up() -> None:
    async def read_on_after_the_end() -> bool:
        loop, turns, rounds = asyncio.get_running_loop(), ReadingTurns(), Rounds()
        ours, theirs = socket.socketpair()
        with theirs:
            transport, _ = await loop.create_connection(lambda: Body(turns, rounds), sock=ours)
            gone, other = InTurn(transport, turns), InTurn(transport, turns)
            for flow in (gone, other):
                flow.pause_reading()
                flow.resume_reading()
            transport.close()  # both are flows of one connection: the first must not end the turns
            async with asyncio.timeout(30):
                while other.read_paused:
                    await asyncio.sleep(0)
            return gone.read_paused

    assert not asyncio.run(read_on_after_the_end())
