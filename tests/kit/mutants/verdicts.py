"""The judges' verdicts of the mutants, kept in `fixtures/mutants/`, and ours beside them.

`verdicts.json` has for each fixture, path and mutation the letters of the judges that refuse it.
`accepted.json` lists what two of them refuse and we accept, each with R4's clause and the reason;
`refused.json` what none of them refuses and R4 forbids.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapter.core.errors import FatalError, Issue, Severity
from adapter.fhir import codec, profiles
from adapter.fhir.structure import problems
from tests.kit.fhir_fixtures import loaded
from tests.kit.mutants.generator import mutants
from tests.kit.mutants.judges import ENOUGH
from tests.kit.places import FIXTURES

FOLDER = FIXTURES / "mutants"
FILE = FOLDER / "verdicts.json"


def kept() -> dict[str, str]:
    """Return the letters of the judges that refuse each mutant, by name."""
    return {
        f"{fixture}:{path}:{mutation}": letters
        for fixture, paths in loaded(FILE).items()
        for path, mutations in paths.items()
        for mutation, letters in mutations.items()
    }


def text(verdicts: Iterable[tuple[str, str]]) -> str:
    """Return the file's text: a line for each path of each fixture."""
    tree: dict[str, dict[str, dict[str, str]]] = {}
    for name, letters in verdicts:
        fixture, path, mutation = name.split(":", 2)
        tree.setdefault(fixture, {}).setdefault(path, {})[mutation] = letters
    fixtures = (f"{json.dumps(fixture)}: {_lines(paths)}" for fixture, paths in tree.items())
    return "{\n" + ",\n".join(fixtures) + "\n}\n"


def _lines(paths: dict[str, dict[str, str]]) -> str:
    rows = (f"  {json.dumps(path)}: {_compact(kinds)}" for path, kinds in paths.items())
    return "{\n" + ",\n".join(rows) + "\n}"


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A mutant: the judges that refuse it; whether our check of R4 does, and `adapter validate`."""

    name: str
    judges: str
    breaks_r4: bool
    refused: bool


def judged() -> list[Judged]:
    """Return every mutant with the judges' verdicts and ours."""
    verdicts = kept()
    return [_judged(name, verdicts[name], document) for name, document in mutants()]


def _judged(name: str, judges: str, document: Any) -> Judged:
    try:
        bundle = codec.parse("json", json.dumps(document).encode())
    except FatalError:
        return Judged(name=name, judges=judges, breaks_r4=True, refused=True)
    structural = _has_error(problems(bundle))
    refused = structural or _has_error(profiles.validate(bundle))
    return Judged(name=name, judges=judges, breaks_r4=structural, refused=refused)


def _has_error(issues: Iterable[Issue]) -> bool:
    return any(issue.severity is Severity.ERROR for issue in issues)


def accepted(mutants_: Iterable[Judged]) -> list[str]:
    """The names of those that enough judges refuse, and we accept."""
    return [m.name for m in mutants_ if len(m.judges) >= ENOUGH and not m.refused]


def refused_alone(mutants_: Iterable[Judged]) -> list[str]:
    """The names of those that no judge refuses, and our check of R4 does."""
    return [m.name for m in mutants_ if not m.judges and m.breaks_r4]
