"""The program dies in the middle and lives on, with settings that have lost some endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from adapter.store.tables import message
from tests.servers import RabbitMQ
from tests.test_bad_input.caller import codes, post
from tests.test_bad_input.feed import ASSESSED, Feed, admission
from tests.test_bad_input.letters import document, dumped, note
from tests.test_bad_input.program import Program, running
from tests.test_bad_input.region import ASTAD, PLAN, TRASIG, UMEA

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def reborn(rabbitmq: RabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """It had taken messages for and from everybody, and was killed; two endpoints are gone."""
    with running(tmp_path_factory.mktemp("reborn"), rabbitmq) as program:
        assert post(program, dumped(note(to=(UMEA, ASTAD)))).status_code == 200
        with closing(program.partner("planning")) as planning:
            for _ in range(20):
                planning.publish(dumped(note(sender=PLAN, to=(UMEA, ASTAD))))
        with closing(program.partner("umea")) as umea:
            umea.publish(dumped(note(sender=UMEA, to=(ASTAD,))))
        with Feed(program) as feed:
            assert feed.says(admission(ASSESSED)) == "AA"
        program.restart("umea", "trasig", "far-adt")
        yield program
        program.check_silence()


def test_everything_that_was_taken_is_decided_on(reborn: Program) -> None:
    reborn.wait(lambda: not reborn.rows(message, message.c.standing == "received"))
    found = reborn.rows(message)
    assert len(found) >= 23
    assert {m["standing"] for m in found} <= {"processed", "refused", "dead"}
    assert "adapter-fault" not in {m["code"] for m in found}


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
