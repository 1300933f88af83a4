"""An endpoint's own rules: what each response means, and who is informed of a dead delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import hl7
import pytest

from adapter.core.endpoint import AnswerRule, Then
from adapter.core.errors import FatalError, TransientError
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles
from adapter.inbound import batches, receive
from adapter.mappings import Context, System, hl7v2
from adapter.operate import replay
from adapter.settings.network import Network
from adapter.transports import Outcome, Response
from adapter.transports.http.status import of_status
from tests.kit import drafts
from tests.kit.drafts import LULEA
from tests.kit.far_side import hand_over, written
from tests.kit.region import SETTINGS, Region


def ruled(region: Region, *pairs: tuple[str, Then], system: str = "fhir") -> None:
    """Give Luleå rules of its own."""
    answers = tuple(AnswerRule(code=code, then=then) for code, then in pairs)
    changed = [
        replace(e, answers=answers, system=system) if e.name == "lulea" else e
        for e in SETTINGS.endpoints
    ]
    region.with_settings(endpoints=tuple(changed))


def status(region: Region, number: int, body: bytes = b"") -> Outcome:
    """Return an HTTP response."""
    return of_status(number, "", Response(body=body), region.now)


def detail(region: Region, what: str) -> list[str]:
    """Return the details of the history, without the owner."""
    return [row["detail"].partition("; owner")[0] for row in region.history(what)]


def state(region: Region) -> str:
    """Return the state of the message to Luleå."""
    return str(region.deliveries(event="message")[0]["state"])


def reports(region: Region) -> list[str]:
    """Return the content ids that the hospital has got delivery reports about."""
    region.turn()
    reports = [b for b in region.inbox("hospital") if bundles.event_code(b)[1] == "delivery-report"]
    return [bundles.concerned(b) for b in reports]


def test_without_a_table_the_default_decides_and_the_history_says_so(region: Region) -> None:
    content = written(region)
    hand_over(region, status(region, 409))
    assert detail(region, "dead") == ["refused: HTTP 409; rule default: 409 -> stop"]
    assert reports(region) == [content]


def test_an_answer_that_stops_for_others_is_retried_where_the_table_says_so(
    region: Region,
) -> None:
    ruled(region, ("409", Then.RETRY))
    written(region)
    hand_over(region, status(region, 409))
    [row] = region.deliveries()
    assert (row["state"], row["code"], row["failures"]) == ("waiting", "refused", 1)
    assert detail(region, "retry") == ["refused: HTTP 409; rule endpoint.answers[0]: 409 -> retry"]
    region.now += timedelta(seconds=6)
    hand_over(region, Response())
    assert state(region) == "in-flight"


def test_an_answer_that_is_retried_for_others_stops_where_the_table_says_so(
    region: Region,
) -> None:
    ruled(region, ("5xx", Then.STOP))
    content = written(region)
    hand_over(region, status(region, 503))
    assert detail(region, "dead") == ["busy: HTTP 503; rule endpoint.answers[0]: 503 -> stop"]
    assert reports(region) == [content]


def test_the_operators_dead_tell_their_sender_when_they_are_discarded(region: Region) -> None:
    ruled(region, ("5xx", Then.RETRY), ("409", Then.OPERATOR))
    content = written(region)
    hand_over(region, status(region, 409))
    [row] = region.deliveries()
    assert (row["state"], row["untold"]) == ("dead", True)
    assert detail(region, "dead") == [
        "refused: HTTP 409; rule endpoint.answers[1]: 409 -> operator"
    ]
    assert "owner of lulea" in region.history("dead")[0]["detail"]
    assert region.cases()[0]["flagged"]
    assert reports(region) == []
    with region.store.begin() as tx:
        replay.discard(tx, region.network, row["id"], who="Anna", reason="x", now=region.now)
    assert reports(region) == [content]
    assert state(region) == "discarded"


def test_the_operators_dead_that_are_sent_again_tell_nobody(region: Region) -> None:
    ruled(region, ("409", Then.OPERATOR))
    content = written(region)
    hand_over(region, status(region, 409))
    [row] = region.deliveries()
    with region.store.begin() as tx:
        replay.replay_unchecked(
            tx, region.network, row["id"], who="Anna", reason="x", now=region.now
        )
    region.turn()
    region.receipt("lulea", content)
    assert state(region) == "accepted"
    assert reports(region) == []


def test_who_discards_without_settings_is_asked_for_them(region: Region) -> None:
    ruled(region, ("409", Then.OPERATOR))
    written(region)
    hand_over(region, status(region, 409))
    [row] = region.deliveries()
    bare = Network(settings=replace(SETTINGS, endpoints=()), systems={})
    with pytest.raises(FatalError, match="settings file"), region.store.begin() as tx:
        replay.discard(tx, bare, row["id"], who="Anna", reason="x", now=region.now)
    assert state(region) == "dead"


def test_what_was_told_when_it_died_is_not_told_again_when_it_is_discarded(
    region: Region,
) -> None:
    content = written(region)
    hand_over(region, status(region, 409))
    assert reports(region) == [content]
    [row] = region.deliveries(event="message")
    with region.store.begin() as tx:
        replay.discard(tx, region.network, row["id"], who="Anna", reason="x", now=region.now)
    assert reports(region) == []


def test_a_receipt_that_comes_as_a_message_is_ruled_too(region: Region) -> None:
    ruled(region, ("fatal-error", Then.RETRY), ("transient-error", Then.OPERATOR))
    content = region.tells("hospital", drafts.note())
    region.inbox("lulea")
    region.receipt("lulea", content, "fatal-error")
    assert state(region) == "waiting"
    region.turn(timedelta(seconds=6))
    assert region.events("lulea") == ["message"]
    region.receipt("lulea", content, "transient-error")
    assert detail(region, "dead")[0].endswith("answers[1]: transient-error -> operator")


def test_a_rule_for_the_status_wins_over_the_receipt_that_came_with_it(region: Region) -> None:
    ruled(region, ("422", Then.RETRY))
    body = drafts.dump(drafts.receipt(written(region), LULEA, "fatal-error"))
    hand_over(region, status(region, 422, body))
    assert state(region) == "waiting"
    assert region.layers(region.deliveries()[0]["id"]) == [("application", "fatal-error")]


def test_a_failure_of_the_wire_may_be_for_the_operator(region: Region) -> None:
    ruled(region, ("timed-out", Then.OPERATOR))
    written(region)
    hand_over(region, TransientError("timed-out"))
    assert detail(region, "dead") == ["timed-out; rule endpoint.answers[0]: timed-out -> operator"]


def adt() -> System:
    """A system that takes HL7 v2, and answers with acknowledgements."""
    system = System("adt", content="hl7", media_type="x-application/hl7-v2+er7")
    system.recognises(hl7v2.system.event)
    system.readers[Event.RECEIPT] = hl7v2.system.readers[Event.RECEIPT]

    @system.writes(Event.MESSAGE)
    def write(bundle: Bundle, _context: Context) -> hl7.Message:
        control = bundles.envelope_id(bundle)
        return hl7.parse(f"MSH|^~\\&|A|B|C|D|20260302||MDM^T02|{control}|P|2.5\r")

    return system


def acknowledges(region: Region, said: str) -> None:
    """Let Luleå answer in HL7 v2."""
    control = region.deliveries(event="message")[0]["envelope_id"]
    ack = f"MSH|^~\\&|C|D|A|B|20260302||ACK|1|P|2.5\rMSA|{said}|{control}\r"
    hand_over(region, Response(body=ack.encode()))


@pytest.mark.parametrize(
    ("said", "usual", "reversed_"), [("AE", "dead", "waiting"), ("AR", "waiting", "dead")]
)
def test_a_peer_that_reverses_ae_and_ar_is_two_rules(
    region: Region, said: str, usual: str, reversed_: str
) -> None:
    region.network.systems["adt"] = adt()
    ruled(region, system="adt")
    written(region)
    acknowledges(region, said)
    assert state(region) == usual
    region.now += timedelta(hours=1)
    ruled(region, ("AE", Then.RETRY), ("AR", Then.STOP), system="adt")
    region.says("hospital", drafts.note(visit="V2"))
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    batches.process_batch(region.store, region.network, region.now)
    control = region.deliveries(event="message")[-1]["envelope_id"]
    ack = f"MSH|^~\\&|C|D|A|B|20260302||ACK|1|P|2.5\rMSA|{said}|{control}\r"
    hand_over(region, Response(body=ack.encode()))
    assert region.deliveries(event="message")[-1]["state"] == reversed_
    what = "dead" if reversed_ == "dead" else "retry"
    number = 0 if said == "AE" else 1
    assert f"rule endpoint.answers[{number}]: {said} -> " in detail(region, what)[-1]
