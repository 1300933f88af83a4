"""A thread that dies ends its process, and the supervisor starts a new one."""

from __future__ import annotations

import signal

import pytest

from tests.kit.crew import Crew
from tests.kit.servers.base import free_ports

pytestmark = pytest.mark.servers
LOOPS = ("take care.in", "take care.dead", "process", "dispatch", "remind", "beat", "mllp feed")


def feed() -> str:
    """A hospital's feed, so that there is an MLLP door."""
    (port,) = free_ports(1)
    return (
        '\n[[endpoint]]\nname = "feed"\norganization = "SE2321000001-SIP"\nsystem = "hl7v2"\n'
        f'transport = "mllp"\nlisten = "127.0.0.1:{port}"\nreturn_to = "planning"\nowner = "x"\n'
    )


@pytest.mark.parametrize("loop", LOOPS)
def test_a_loop_that_dies_without_a_word_ends_the_process(crew: Crew, loop: str) -> None:
    serve = crew.start("serve", given={"DIES": loop}, more=feed())
    serve.process.send_signal(signal.SIGUSR1)
    assert serve.ends(40) == 1
    [line] = serve.lines("loop-died")
    assert line["loop"] == loop
    assert line["error"].startswith("SystemExit")


def test_so_does_the_thread_of_the_http_doors(crew: Crew) -> None:
    web = crew.start("web", given={"DIES": "web"})
    web.process.send_signal(signal.SIGUSR1)
    assert web.ends(40) == 1
    assert web.lines("web-died")


@pytest.mark.parametrize("thread", ["send", "record"])
def test_so_does_a_thread_of_the_sender_pool_and_what_it_had_in_hand_is_sent(
    crew: Crew, thread: str
) -> None:
    worker = crew.start("worker", given={"DIES": thread})
    first = crew.publish(1)
    crew.wait(lambda: [row["state"] for row in crew.sent()] == ["confirmed"], worker)
    worker.process.send_signal(signal.SIGUSR1)
    second = crew.publish(1)
    assert worker.ends(40) == 1
    [line] = worker.lines("loop-died")
    assert line["loop"] == "dispatch"
    crew.start("worker")
    crew.wait(lambda: [row["state"] for row in crew.sent()] == ["confirmed"] * 2)
    assert set(crew.received_by_umea()) == first | second
