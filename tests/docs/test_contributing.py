"""The files for contributors are true: paths, hooks, versions and licence."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.kit.places import ROOT
from tools import constraints, matrix

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PATH = re.compile(r"`((?:adapter|tests|docs|fixtures|profiles)/[\w./-]+)`")
PINNED = re.compile(r"([a-z0-9-]+)==(\S+)")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pinned() -> dict[str, str]:
    """The versions of constraints.txt, by name."""
    lines = [line for line in text_of("constraints.txt").splitlines() if not line.startswith("#")]
    matches = [PINNED.fullmatch(line) for line in lines]
    assert all(matches), "only names and versions: no addresses, no options"
    return {match[1]: match[2] for match in matches if match}


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_every_path_that_is_named_exists(name: str) -> None:
    assert [path for path in PATH.findall(text_of(name)) if not (ROOT / path).exists()] == []


def test_the_hooks_are_the_commands_of_make_check() -> None:
    _, _, rest = text_of("Makefile").partition("\ncheck: install\n")
    lines = rest.partition("\n\n")[0].splitlines()
    checks = [line.strip().lstrip("@").replace("$(BIN)", ".venv/bin") for line in lines]
    config = yaml.safe_load(text_of(".pre-commit-config.yaml"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    assert [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]] == checks


def test_every_requirement_has_a_version_that_it_allows() -> None:
    versions = pinned()
    for requirement in map(Requirement, constraints.declared()):
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version, prereleases=True), requirement


def test_the_licence_is_that_of_the_file() -> None:
    assert PROJECT["project"]["license"] == "EUPL-1.2"
    assert text_of("LICENSE").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2\n")


def test_the_matrix_tries_the_versions_that_the_package_names() -> None:
    prefix = "Programming Language :: Python :: 3."
    named = [c for c in PROJECT["project"]["classifiers"] if c.startswith(prefix)]
    assert [name.rpartition(" ")[2] for name in named] == list(matrix.VERSIONS)


@pytest.mark.waits
def test_a_version_that_no_machine_has_is_not_found() -> None:
    assert matrix.interpreter("3.99") is None
