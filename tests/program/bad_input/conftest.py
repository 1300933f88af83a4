"""A region in one process, as the flow tests have it; and the whole program with every door."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.emitted import Emitted
from tests.kit.program.running import Program, running
from tests.kit.servers import RabbitMQ


@pytest.fixture(scope="session")
def _program(rabbitmq: RabbitMQ, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One program for all these tests, so that one test's input must not hurt the next."""
    with running(tmp_path_factory.mktemp("program"), rabbitmq) as program:
        yield program


@pytest.fixture
def program(_program: Program, emitted: Emitted) -> Iterator[Program]:
    """The running program; after each test it lives, has no personal data
    in its log, no traceback in a response, and only valid FHIR in what it emitted."""
    yield _program
    for document in _program.emitted():
        emitted.add(document)
    _program.check_silence()
