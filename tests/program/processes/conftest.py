"""A crew of its own for each test, on the run's RabbitMQ and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.crew import Crew
from tests.kit.servers import RabbitMQ


@pytest.fixture
def crew(
    tmp_path: Path, rabbitmq: RabbitMQ, rabbitmq_url: str, postgres_url: str
) -> Iterator[Crew]:
    """A crew without processes."""
    with Crew(tmp_path, rabbitmq, rabbitmq_url, postgres_url).around() as found:
        yield found
