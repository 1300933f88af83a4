"""Several workers and several doors on one database and one broker."""

from __future__ import annotations

import signal

import pytest

from tests.kit.crew import Crew

pytestmark = pytest.mark.servers


def test_when_the_worker_that_consumes_is_killed_the_other_takes_over(crew: Crew) -> None:
    first = crew.start("worker")  # the broker gives the queue to the first consumer
    second = crew.start("worker")
    webs = [crew.start("web"), crew.start("web")]
    crew.wait(lambda: [p["consumes"] for p in webs[0].ready()["processes"]].count(True) == 2)
    before = crew.publish(20)
    crew.wait(lambda: len(crew.taken()) == 20, first)
    first.process.send_signal(signal.SIGKILL)
    after = crew.publish(20)
    over_http = {crew.post(web) for web in webs}
    crew.wait(lambda: [r["state"] for r in crew.sent()] == ["confirmed"] * 42, second, *webs)
    assert set(crew.received_by_umea()) == before | after | over_http
    assert {row["standing"] for row in crew.taken()} == {"processed"}
    everybody_else = [second.process.poll(), *(web.process.poll() for web in webs)]
    assert everybody_else == [None, None, None]


def test_every_door_tells_who_runs_and_that_one_is_gone(crew: Crew) -> None:
    worker, web = crew.start("worker"), crew.start("web")
    crew.wait(lambda: [p["part"] for p in web.ready()["processes"]] == ["worker", "web"])
    crew.wait(lambda: web.warned("consumer") == [])
    assert (web.ready()["ready"], web.ready()["warnings"]) == (True, [])
    worker.process.send_signal(signal.SIGKILL)
    crew.wait(lambda: web.warned("process") != [], web)
    assert [why[:12] for why in web.warned("process")] == ["not seen for"]
    assert web.warned("worker") == ["no worker lives: nothing is sent"]
    assert web.warned("consumer") == ["no living worker consumes care.in"]
    assert web.ready()["ready"] is True
    crew.start("worker")  # in its place
    crew.wait(lambda: web.ready()["warnings"] == [], web)
