"""Write constraints.txt: the version of every package that the project needs, as installed here.

    python -m tools.constraints

Only what follows from pyproject.toml is written, not what else stands in the environment.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
FILE = ROOT / "constraints.txt"
_HEAD = """\
# The versions that the tests last passed with. Made by `make constraints`; do not edit.
# `make install` and the continuous integration install with `-c constraints.txt`.
"""


def declared() -> list[str]:
    """The requirements of pyproject.toml: of the program, and of its developers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]


def installed(requirements: Iterable[str]) -> dict[str, str]:
    """Versions by name, of the requirements and of everything that they need in turn.

    PackageNotFoundError where one is not installed.
    """
    versions: dict[str, str] = {}
    asked: set[tuple[str, frozenset[str]]] = set()
    queue = [Requirement(text) for text in requirements]
    while queue:
        requirement = queue.pop()
        key = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if key in asked:
            continue
        asked.add(key)
        package = distribution(requirement.name)
        versions[key[0]] = package.version
        queue += _needed(package, requirement.extras)
    return versions


def _needed(package: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a package needs on this machine, with the extras that were asked for."""
    for text in package.requires or ():
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def text(versions: dict[str, str]) -> str:
    """The file's text."""
    return _HEAD + "".join(f"{name}=={versions[name]}\n" for name in sorted(versions))


if __name__ == "__main__":
    FILE.write_text(text(installed(declared())), encoding="utf-8")
