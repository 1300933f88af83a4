"""The package of our profiles, built once in each test process; skips where there is no Node."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from tools.node import install, node
from tools.profiles.package import package
from tools.profiles.places import TOOLS


def definitions_installed() -> None:
    """Install HL7's definitions and SUSHI as the lockfile names them; skip without Node."""
    if node() is None:
        pytest.skip("there is no Node")
    install(TOOLS)


@lru_cache(maxsize=1)
def built() -> dict[str, Any]:
    """Return the documents of the package by path."""
    definitions_installed()
    return package()


def published(type_: str) -> list[dict[str, Any]]:
    """Return the package's resources of a type; examples are none of them."""
    inside = (d for path, d in built().items() if not path.startswith("package/example/"))
    return [d for d in inside if d.get("resourceType") == type_]
