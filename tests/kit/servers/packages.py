"""Where the Debian packages of RabbitMQ and PostgreSQL put their programs, and what is missing."""

from __future__ import annotations

from pathlib import Path

RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
POSTGRESQL_BINARIES = Path("/usr/lib/postgresql")


class ServerError(Exception):
    """A server is not installed, or does not start."""


def missing() -> list[str]:
    """The Debian packages that are not installed."""
    there = {
        "rabbitmq-server": (RABBITMQ_SCRIPTS / "rabbitmq-server").exists(),
        "postgresql": any(POSTGRESQL_BINARIES.glob("*/bin/initdb")),
    }
    return [package for package, installed in there.items() if not installed]


def require_installed() -> None:
    """Raise ServerError with the command to run when a package is missing."""
    if packages := " ".join(missing()):
        raise ServerError(
            f"Missing: {packages}. Install as root:\n"
            f"  apt-get update && apt-get install -y --no-install-recommends {packages}"
        )
