"""The program is killed and restarted, with settings that lack some endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.kit.program.caller import codes, post
from tests.kit.program.feed import ASSESSED, Feed, admission
from tests.kit.program.messages import document, dumped, note
from tests.kit.program.region import ASTAD, PLAN, TRASIG, UMEA
from tests.kit.program.running import Program, running
from tests.kit.servers import RabbitMQ

pytestmark = pytest.mark.servers
BY_HTTP = dumped(note(to=(UMEA, ASTAD)))
BY_BUS = [dumped(note(sender=PLAN, to=(UMEA, ASTAD))) for _ in range(20)]
FROM_UMEA = dumped(note(sender=UMEA, to=(ASTAD,)))
BY_MLLP = admission(ASSESSED)
DONE = ("processed", "")


@pytest.fixture(scope="module")
def reborn(rabbitmq: RabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A killed program that runs again with two endpoints fewer; all had sent and received."""
    with running(tmp_path_factory.mktemp("reborn"), rabbitmq) as program:
        assert post(program, BY_HTTP).status_code == 200
        with closing(program.partner("planning")) as planning:
            for body in BY_BUS:
                planning.publish(body)
        with closing(program.partner("umea")) as umea:
            umea.publish(FROM_UMEA)
        with Feed(program) as feed:
            assert feed.says(BY_MLLP) == "AA"
        program.restart("umea", "trasig", "far-adt")
        yield program
        program.check_silence()


def test_everything_that_was_taken_is_decided_on(reborn: Program) -> None:
    def became(body: bytes) -> tuple[str, str]:
        row = reborn.kept(body)
        return row["standing"], row["code"]

    assert {became(body) for body in (BY_HTTP, BY_MLLP)} == {DONE}
    assert {became(body) for body in BY_BUS} <= {DONE, ("refused", "unknown-receiver")}
    lost = [("dead", "settings"), ("dead", "unidentified-sender")]  # stored before, or after
    assert became(FROM_UMEA) in (DONE, *lost)


def test_the_others_are_served(reborn: Program) -> None:
    assert post(reborn, dumped(note(to=(ASTAD,)))).status_code == 200
    assert post(reborn, document(), path="/inbox", sender="astad").status_code == 200
    with Feed(reborn) as feed:
        assert feed.says(admission(ASSESSED)) == "AA"


def test_who_is_gone_is_no_receiver_any_more(reborn: Program) -> None:
    response = post(reborn, dumped(note(to=(UMEA,))))
    assert (response.status_code, codes(response)) == (422, ["unknown-receiver"])


def test_a_token_of_who_is_gone_opens_nothing(reborn: Program) -> None:
    response = post(reborn, dumped(note(sender=TRASIG)), sender="trasig")
    assert (response.status_code, codes(response)) == (401, ["unidentified-sender"])


def test_what_who_is_gone_still_publishes_is_for_a_person(reborn: Program) -> None:
    body = dumped(note(sender=UMEA, to=(ASTAD,)))
    with closing(reborn.partner("umea")) as umea:
        umea.publish(body)
    row = reborn.kept(body)
    assert (row["standing"], row["code"]) == ("dead", "unidentified-sender")


def test_the_door_of_who_is_gone_is_shut(reborn: Program) -> None:
    with pytest.raises(ConnectionRefusedError):
        Feed(reborn, "far-adt", source="127.0.0.2")


def test_a_copy_of_what_came_before_the_death_is_still_a_copy(reborn: Program) -> None:
    body = admission(ASSESSED)
    with Feed(reborn) as feed:
        assert feed.says(body) == "AA"
    reborn.restart()
    with Feed(reborn) as feed:
        assert feed.says(body) == "AA copy"
