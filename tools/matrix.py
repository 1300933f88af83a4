"""Run `make quick` under every Python from 3.11 to 3.13 that this machine has.

    python -m tools.matrix

Each version gets a virtual environment of its own (`.venv-3.12`). Exit 1 when one of them fails,
or when none is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
_ASK = "import sys, venv; print(f'{sys.version_info.major}.{sys.version_info.minor}')"


def candidates(version: str) -> Iterator[Path]:
    """Where a Python of this version may be: pyenv's versions, newest first, then PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    paths = pyenv.glob(f"versions/{version}.*/bin/python")
    yield from sorted(paths, key=_release, reverse=True)
    for folder in os.get_exec_path():
        yield Path(folder) / f"python{version}"


def _release(path: Path) -> tuple[int, ...]:
    parts = path.parts[-3].split(".")
    return tuple(int(part) if part.isdigit() else -1 for part in parts)


def interpreter(version: str) -> Path | None:
    """A Python that starts, has this version, and can make an environment; None without one."""
    return next((path for path in candidates(version) if _answers(path, version)), None)


def _answers(path: Path, version: str) -> bool:
    try:
        done = subprocess.run(
            [path, "-c", _ASK], check=False, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def quick(version: str, python: Path) -> bool:
    """Whether the quick tests pass under one version."""
    command = ["make", "quick", f"VENV=.venv-{version}", f"PYTHON={python}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def main() -> int:
    """Run each, then say what was run and what is not here."""
    results: dict[str, str] = {}
    for version in VERSIONS:
        python = interpreter(version)
        if python is None:
            results[version] = "not on this machine"
        else:
            _say(f"--- Python {version}")
            results[version] = "passed" if quick(version, python) else "FAILED"
    for version, result in results.items():
        _say(f"Python {version}: {result}")
    return 0 if {*results.values()} - {"not on this machine"} == {"passed"} else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
