"""Try the package: SUSHI builds on each profile, and GoFSH reads all; without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.node import node
from tools.profiles.fhir_cache import STAND_INS
from tools.profiles.places import NODE_MODULES, Resource
from tools.r4_definitions.package import RELEASE

_RESULT = re.compile(r"(\d+) Errors? +(\d+) Warnings?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CONFIG = """\
canonical: https://partner.example/fhir
version: 0.1.0
status: draft
fhirVersion: {release}
FSHOnly: true
dependencies:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a program says of its input: counts, and its whole output."""

    errors: int
    warnings: int
    output: str


def partner_project(folder: Path, package: dict[str, str], profiles: Iterable[Resource]) -> None:
    """Write the FSH project of a partner that derives a profile from each of ours."""
    needed = package["dependencies"] | {package["name"]: package["version"]}
    config = _CONFIG.format(release=RELEASE) + _dependencies(needed)
    sources = folder / "input" / "fsh"
    sources.mkdir(parents=True)
    (folder / "sushi-config.yaml").write_text(config, encoding="utf-8")
    text = "\n".join(_derived(profile) for profile in profiles)
    (sources / "partner.fsh").write_text(text, encoding="utf-8")


def _dependencies(versions: dict[str, str]) -> str:
    others = {n: v for n, v in versions.items() if not n.endswith(".core")}
    return "".join(
        f"  {name}: {version}\n"
        for name, version in (others | dict.fromkeys(STAND_INS, RELEASE)).items()
    )


def _derived(profile: Resource) -> str:
    kind = "Extension" if profile["type"] == "Extension" else "Profile"
    lines = (
        f"{kind}: Partner{profile['name']}",
        f"Parent: {profile['name']}",
        f"Id: partner-{profile['id']}",
        'Description: "A partner\'s own."',
    )
    return "\n".join(lines) + "\n"


def sushi(project: Path, home: Path) -> Verdict:
    """Run SUSHI on a project, with snapshots; `home` has the packages (`fhir_cache.fill`)."""
    return _run("fsh-sushi", ["build", str(project), "--snapshot"], home)


def gofsh(folder: Path, out: Path, home: Path, dependencies: dict[str, str]) -> Verdict:
    """Run GoFSH on a folder of resources; it writes FSH into `out`."""
    versions = dependencies | dict.fromkeys(STAND_INS, RELEASE)
    needed = [f"{n}@{v}" for n, v in versions.items() if not n.endswith(".core")]
    return _run("gofsh", [str(folder), "--out", str(out), "--dependency", *needed], home)


def _run(program: str, arguments: list[str], home: Path) -> Verdict:
    command = [str(node()), str(NODE_MODULES / program / "dist" / "app.js"), *arguments]
    path = os.pathsep.join([str(_own_npm(home)), os.environ["PATH"]])
    done = subprocess.run(
        command,
        env=os.environ | {"HOME": str(home), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    output = _COLOUR.sub("", done.stdout)
    counts = _RESULT.search(output)
    if counts is None:
        raise RuntimeError(f"{program} ended without a result:\n{output}")
    return Verdict(errors=int(counts[1]), warnings=int(counts[2]), output=output)


def _own_npm(home: Path) -> Path:
    """Return a folder with an `npm` that knows the newest SUSHI: the one that runs.

    SUSHI asks npm for it, and warns where npm has no network.
    """
    manifest = json.loads((NODE_MODULES / "fsh-sushi" / "package.json").read_text("utf-8"))
    program = home / "bin" / "npm"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\necho {manifest['version']}\n", encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def without_name(project: Path) -> None:
    """Take id and name out of the settings that GoFSH wrote: SUSHI warns that it ignores them."""
    path = project / "sushi-config.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(x for x in lines if not x.startswith(("id:", "name:"))), "utf-8")
