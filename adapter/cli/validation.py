"""`validate`: check FHIR messages against the profiles, without a store."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter import fhir
from adapter.cli import printing
from adapter.cli.errors import issue_line
from adapter.cli.options import AsJson, read_input
from adapter.core.errors import FatalError, Issue, Severity
from adapter.fhir import codec, profiles

_EMPTY = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MessageHeader"}}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A file, its size in bytes, its issues, and how long the check took."""

    file: Path
    size: int
    issues: list[Issue]
    milliseconds: float

    @property
    def is_valid(self) -> bool:
        return not any(issue.severity is Severity.ERROR for issue in self.issues)


def validate(
    files: Annotated[
        list[Path],
        typer.Argument(help="FHIR messages, or folders with *.json; `-` is standard input."),
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Check FHIR messages against the profiles: an OperationOutcome for each.

    Exit 1 when one of them has an error; warnings do not count. For several files standard error
    tells how many are valid, how long a check took, and how long the definitions took to load.
    """
    loaded = _load()
    checked: list[_Checked] = []
    for file in _documents(files):
        checked.append(_check_file(file))
        for line in () if as_json else _lines(checked[-1]):
            printing.line(line)
    if as_json:
        printing.data([_outcome(each) for each in checked])
    if len(checked) > 1:
        printing.aside(f"{_summary(checked)}; definitions loaded in {loaded:.2f} ms")
    if not all(each.is_valid for each in checked):
        raise typer.Exit(1)


def _documents(files: Iterable[Path]) -> list[Path]:
    """Return the files, and those inside folders in the order of their names."""
    inside = {file: _inside(file) if file.is_dir() else [file] for file in files}
    for folder, documents in inside.items():
        if not documents:
            raise typer.BadParameter(f"{folder}: no *.json inside")
    return [document for documents in inside.values() for document in documents]


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.rglob("*.json") if each.is_file())
    except OSError as error:
        raise typer.BadParameter(f"{folder}: {error.strerror}") from error


def _load() -> float:
    """Load what the check of any file needs, and return the milliseconds that it took."""
    began = time.perf_counter()
    profiles.load()
    profiles.validate(_EMPTY)  # imports the code of the checks
    gc.freeze()  # what stays until the end is not searched for garbage again, which takes 20 ms
    return _since(began)


def _check_file(file: Path) -> _Checked:
    body = read_input(file)
    began = time.perf_counter()
    issues = _problems(body)
    return _Checked(file=file, size=len(body), issues=issues, milliseconds=_since(began))


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _problems(body: bytes) -> list[Issue]:
    try:
        return profiles.validate(codec.parse("json", body))
    except FatalError as error:
        return list(error.issues)


def _outcome(checked: _Checked) -> dict[str, Any]:
    outcome = fhir.outcome(checked.issues)
    return {"file": str(checked.file), "valid": checked.is_valid, "outcome": outcome}


def _lines(checked: _Checked) -> Iterator[str]:
    yield f"{checked.file}: {'valid' if checked.is_valid else 'not valid'}"
    yield from (f"  {issue.severity} {issue_line(issue)}" for issue in checked.issues)


def _summary(checked: Sequence[_Checked]) -> str:
    """Tell the counts, and the times of one file: the median, that of 95 in 100, the longest.

    Of the longest it tells the size: a check takes as long as its file is large.
    """
    valid = sum(each.is_valid for each in checked)
    longest = max(checked, key=attrgetter("milliseconds"))
    times = sorted(each.milliseconds for each in checked)
    usual, most = times[len(times) // 2], times[(len(times) * 95 - 1) // 100]
    counts = f"{len(checked)} files: {valid} valid, {len(checked) - valid} not valid"
    last = f"{longest.milliseconds:.2f} longest ({longest.size / 1000:.1f} kB)"
    return f"{counts}; ms each: {usual:.2f} median, {most:.2f} p95, {last}"
