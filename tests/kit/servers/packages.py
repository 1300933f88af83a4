"""The Debian packages that the tests need: servers, promtool, and what makes and reads a PDF.

Where they put their programs, and which of them are missing.
"""

from __future__ import annotations

import shutil
from ctypes.util import find_library
from pathlib import Path

RABBITMQ_SCRIPTS = Path("/usr/lib/rabbitmq/bin")
POSTGRESQL_BINARIES = Path("/usr/lib/postgresql")


RABBITMQ, POSTGRESQL = "rabbitmq-server", "postgresql"
PROMETHEUS = "prometheus"  # for promtool, which checks metrics and rules
PANGO, HARFBUZZ_SUBSET, POPPLER = "libpangoft2-1.0-0", "libharfbuzz-subset0", "poppler-utils"
PDF = (PANGO, HARFBUZZ_SUBSET, POPPLER)


class ServerError(Exception):
    """A server is not installed, or does not start."""


def missing() -> list[str]:
    """The Debian packages that are not installed."""
    there = {
        RABBITMQ: (RABBITMQ_SCRIPTS / "rabbitmq-server").exists(),
        POSTGRESQL: any(POSTGRESQL_BINARIES.glob("*/bin/initdb")),
        PROMETHEUS: shutil.which("promtool"),
        PANGO: find_library("pangoft2-1.0"),
        HARFBUZZ_SUBSET: find_library("harfbuzz-subset"),
        POPPLER: shutil.which("pdftotext"),
    }
    return [package for package, installed in there.items() if not installed]


def require_installed(*needed: str) -> None:
    """Raise ServerError with the command to run when one of these packages is missing."""
    if packages := " ".join(package for package in missing() if package in needed):
        raise ServerError(
            f"Missing: {packages}. Install as root:\n"
            f"  apt-get update && apt-get install -y --no-install-recommends {packages}"
        )
