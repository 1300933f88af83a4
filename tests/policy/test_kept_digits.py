"""What a case keeps of a stay keeps the digits of its decimals too."""

from __future__ import annotations

from datetime import UTC, datetime

from adapter.core.participant import Participant
from adapter.fhir import codec
from adapter.policy import rights
from adapter.policy.stay import Fact, Stay, load

ADDRESS = codec.parse("json", b'[{"extension":[{"url":"latitude","valueDecimal":59.320}]}]')


def test_a_stay_keeps_the_digits_of_a_decimal() -> None:
    stay = Stay(facts={"address": Fact(value=ADDRESS, recorded="", message="m")})
    assert b"59.320" in codec.dump("json", load(stay.dump()).value("address"))


def test_what_a_receiver_was_told_keeps_the_digits_of_a_decimal() -> None:
    since = datetime(2026, 12, 1, tzinfo=UTC)
    row = Participant(case_id="c", endpoint="e", basis="assessment", since=since)
    kept = rights.with_queued(row, {"z": 1, "address": ADDRESS})
    assert kept.queued.index("address") < kept.queued.index('"z"')
    assert b"59.320" in codec.dump("json", rights.last_told([kept]))
