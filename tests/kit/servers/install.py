"""Install what the tests need of Debian: `python3 -m tests.kit.servers.install`.

That is RabbitMQ, PostgreSQL, promtool, and what makes and reads a PDF, where it is missing.
Standard library only. As root it installs the packages without starting their services. As any
other user it says what to install.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kit.servers.packages import ServerError, missing, require_installed

SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")


@contextmanager
def no_services() -> Iterator[None]:
    """Inside the `with`, installing a package starts no service (Debian Policy, policy-rc.d)."""
    if SERVICE_POLICY.exists():
        yield
        return
    SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n")
    SERVICE_POLICY.chmod(0o755)
    try:
        yield
    finally:
        SERVICE_POLICY.unlink()


def install() -> None:
    """Install what is missing; ServerError without root, or when apt-get fails."""
    packages = missing()
    if not packages:
        return
    if os.geteuid() != 0:
        require_installed(*packages)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            if subprocess.run(["apt-get", *arguments], env=environment, check=False).returncode:
                raise ServerError(f"apt-get {' '.join(arguments)} failed")
    require_installed(*packages)


if __name__ == "__main__":
    try:
        install()
    except ServerError as error:
        sys.exit(str(error))
