"""A recall that names many messages is no more statements than one that names a few."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.kit.recall_words import note, recalls
from tests.kit.statute_county import CENTRE, SOCIAL, Judged, StatuteCounty


@pytest.fixture
def ward(store_url: str) -> Iterator[StatuteCounty]:
    """A stay that social services and the centre take part in."""
    county = StatuteCounty(store_url)
    county.reports("A01", Judged(social="Y", centre="Y"))
    county.told()
    yield county
    county.store.close()


def selects(ward: StatuteCounty, content: list[str]) -> tuple[int, list[str]]:
    """How often the store is asked while a recall is received and processed, and its answer."""
    count = 0

    def note_(_c: object, _r: object, statement: str, *_rest: object) -> None:
        nonlocal count
        count += statement.startswith(("SELECT", "WITH"))

    sa.event.listen(ward.store.engine, "before_cursor_execute", note_)
    said = recalls(ward, SOCIAL, *content)
    sa.event.remove(ward.store.engine, "before_cursor_execute", note_)
    return count, said


def test_ids_that_nobody_has_sent_are_looked_up_together(ward: StatuteCounty) -> None:
    few, said = selects(ward, [str(uuid4()) for _ in range(2)])
    many, said_of_many = selects(ward, [str(uuid4()) for _ in range(400)])
    assert said == said_of_many == ["recall-unknown"]
    assert many <= few + 2


def test_messages_that_were_sent_are_looked_up_together(ward: StatuteCounty) -> None:
    counts = []
    for number in (2, 12):
        sent = [ward.tells("social", note(SOCIAL, CENTRE)) for _ in range(number)]
        ward.told()
        count, said = selects(ward, sent)
        assert said != ["recall-unknown"]
        counts.append(count)
    assert counts[1] <= counts[0] + 2
