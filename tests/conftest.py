"""What every test may ask for: a private broker and a private database, started once per run.

And what none needs to ask for: all FHIR that the program emits meanwhile is judged.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit import examples
from tests.kit.emitted import Emitted, watched
from tests.kit.marks import Witness, pytest_collection_modifyitems
from tests.kit.servers import PostgreSQL, RabbitMQ
from tests.kit.shared import pytest_terminal_summary
from tests.kit.stores import county, postgres_store, region, store, store_url

__all__ = [
    "county",
    "examples",
    "postgres_store",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "region",
    "store",
    "store_url",
]

PARTNERS = ("planning", "lulea", "umea", "journal", "broken")


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitMQ]:
    """The run's broker; `rabbitmq.fresh()` gives a virtual host of one's own."""
    with RabbitMQ.start(PARTNERS) as broker:
        yield broker


@pytest.fixture
def rabbitmq_url(rabbitmq: RabbitMQ) -> str:
    """The adapter's URL on a virtual host that only this test uses."""
    return rabbitmq.fresh()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The run's database cluster; `postgresql.fresh()` gives an empty database."""
    with PostgreSQL.start() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgresql: PostgreSQL) -> str:
    """The SQLAlchemy URL of an empty database that only this test uses."""
    return postgresql.fresh()


@pytest.fixture(scope="session")
def emitted() -> Iterator[Emitted]:
    """All FHIR that the program has emitted since the tests began."""
    found = Emitted()
    with watched(found):
        yield found


@pytest.fixture(autouse=True)
def _what_was_emitted_is_fhir(emitted: Emitted) -> Iterator[None]:
    """HL7's schemas and fhir.resources accept what this test made the program emit."""
    yield
    assert emitted.problems() == []


@pytest.fixture(scope="session")
def _witness() -> Witness:
    return Witness()


@pytest.fixture(autouse=True)
def _only_what_the_marks_say(request: pytest.FixtureRequest, _witness: Witness) -> Iterator[None]:
    """Fail a test of `make quick` that starts a process, a connection or a database."""
    marks = {mark.name for mark in request.node.iter_markers()}
    _witness.of("" if marks & {"servers", "waits"} else request.node.nodeid)
    yield
    assert _witness.of("") <= marks, "tests/kit/marks.py should have added these marks"
