"""Where the Debian packages of RabbitMQ and PostgreSQL put their programs, and what is missing."""

from __future__ import annotations

from pathlib import Path

RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
POSTGRESQL_BINARIES = Path("/usr/lib/postgresql")


RABBITMQ, POSTGRESQL = "rabbitmq-server", "postgresql"


class ServerError(Exception):
    """A server is not installed, or does not start."""


def missing() -> list[str]:
    """The Debian packages that are not installed."""
    there = {
        RABBITMQ: (RABBITMQ_SCRIPTS / "rabbitmq-server").exists(),
        POSTGRESQL: any(POSTGRESQL_BINARIES.glob("*/bin/initdb")),
    }
    return [package for package, installed in there.items() if not installed]


def require_installed(*needed: str) -> None:
    """Raise ServerError with the command to run when one of these packages is missing."""
    if packages := " ".join(package for package in missing() if package in needed):
        raise ServerError(
            f"Missing: {packages}. Install as root:\n"
            f"  apt-get update && apt-get install -y --no-install-recommends {packages}"
        )
