"""A fault of the store in the middle of a message is never taken for a fault of the message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from adapter.inbound import batches, receive
from adapter.store import StoreUnavailableError
from tests.kit import drafts
from tests.kit.region import Region

NAMELESS = drafts.stay(visit="")  # its case is looked up by the person: a savepoint is made


@contextmanager
def broken(region: Region, moment: str) -> Iterator[None]:
    """The database fails whenever a savepoint is made, or let go."""

    def fail(*_: Any) -> None:
        raise OperationalError("SAVEPOINT", None, Exception("the database is gone"))

    sa.event.listen(region.store.engine, moment, fail)
    try:
        yield
    finally:
        sa.event.remove(region.store.engine, moment, fail)


@pytest.mark.parametrize("moment", ["savepoint", "release_savepoint"])
def test_a_door_answers_that_the_store_is_away_and_nothing_is_stored(
    region: Region, moment: str
) -> None:
    with broken(region, moment), pytest.raises(StoreUnavailableError):
        region.accept("hospital", drafts.dump(NAMELESS))
    assert region.messages() == []


@pytest.mark.parametrize("moment", ["savepoint", "release_savepoint"])
def test_what_waits_in_the_inbox_goes_on_waiting(region: Region, moment: str) -> None:
    region.says("hospital", NAMELESS)
    receive.receive_batch(region.store, region.transport, region.now, wait=0)
    with broken(region, moment), pytest.raises(StoreUnavailableError):
        batches.process_batch(region.store, region.network, region.now)
    [message] = region.messages()
    assert (message["standing"], message["code"]) == ("received", "")
    region.turn()
    assert region.events("lulea") == ["admission-notice"]
