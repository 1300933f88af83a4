"""The judges of a mutant, each with a letter. None of them is ours, and none uses our checks.

`S` HL7's XML schemas of R4 with the rules of json.html; `P` HL7's invariants in FHIRPath, run by
fhirpathpy; `M` fhir.resources (R4B); `C` fhirclient (R4); `D` @medplum/core; `L` FHIR.js of
Lantana; `Y` pyrofile-validator. The last three run as programs of their own.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fhirclient.models.bundle import Bundle

from tests.kit import oracle
from tests.kit.mutants import expressions, schemas
from tests.kit.places import ROOT

VALIDATORS = ROOT / "tests" / "validators"
ENOUGH = 2  # judges that refuse


def _models(document: Any) -> bool:
    """Whether fhir.resources refuses a document, or falls over it."""
    try:
        return bool(oracle.model_problems(document))
    except Exception:  # of any kind, where JSON has another type
        return True


def _client(document: Any) -> bool:
    """Whether fhirclient refuses a document, or falls over it."""
    try:
        Bundle(document, strict=True)
    except Exception:  # it raises nothing more exact for a wrong resourceType
        return True
    return False


def _invariants(document: Any) -> bool:
    return any(True for _ in expressions.broken(document))


HERE: dict[str, Callable[[Any], bool]] = {
    "S": schemas.refuse,
    "P": _invariants,
    "M": _models,
    "C": _client,
}
"""The judges in this process, by letter: whether each refuses a parsed document."""


def refusing(text: str, letters: str = "SPMC") -> str:
    """Return the letters of those judges in this process that refuse a document."""
    return "".join(letter for letter in letters if HERE[letter](json.loads(text)))


def elsewhere(texts: list[str], pyrofile: Path) -> list[str]:
    """Return for each document the letters of the programs that refuse it.

    `pyrofile` is the Python of a virtual environment that has pyrofile-validator.
    """
    programs = {
        "D": ["node", str(VALIDATORS / "medplum.mjs")],
        "L": ["node", str(VALIDATORS / "lantana.mjs")],
        "Y": [str(pyrofile), str(VALIDATORS / "pyrofile_judge.py")],
    }
    verdicts = {letter: _verdicts(command, texts) for letter, command in programs.items()}
    return ["".join(v for v in programs if verdicts[v][n] == "refused") for n in range(len(texts))]


def _verdicts(command: list[str], texts: list[str]) -> list[str]:
    done = subprocess.run(
        command, input="\n".join(texts), capture_output=True, text=True, check=True
    )
    words = done.stdout.split()
    if len(words) != len(texts) or not {"ok", "refused"} >= set(words):
        raise ValueError(f"{command[-1]}: {len(words)} verdicts of {len(texts)}")
    return words
