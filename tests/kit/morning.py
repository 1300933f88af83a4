"""The morning of docs/operations.md: a test runs every command of the page on it.

`python -m tests.kit.morning docs/operations.md` writes what the commands print into the page.
"""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from adapter import settings
from adapter.core.logs import OURS
from tests.kit import drafts, standing
from tests.kit.drafts import LULEA, UMEA
from tests.kit.office import FIXTURES, SETTINGS, run
from tests.kit.region import Region

_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_ID = re.compile(r"\b(?:[mdcij]-[0-9a-f]{20}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
_TIME = re.compile(r"\b\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\b")
_MILLISECONDS = re.compile(r"\b\d+\.\d\d (?=median|p95|longest|ms\b)|\b\d+\.\d (?=kB\b)")
_TOKEN = re.compile(r"^[\w-]{43}$", re.MULTILINE)
_ANYTHING = "…"  # a line of its own in the page

# Without any handler, Python prints the name of each warning of the morning on standard error.
logging.getLogger(OURS).addHandler(logging.NullHandler())


def lay_out(folder: Path) -> None:
    """Put settings, a store and three files in a folder, as an operator finds them."""
    shutil.copy(SETTINGS, folder / "adapter.toml")
    fixtures = {
        "A01.hl7": "hl7v2/admission-notice/assessed.native.hl7",
        "plan.json": "fhir/care-plan/bare.fhir.json",
        "message.json": "fhir/message/usual.fhir.json",
    }
    for name, source in fixtures.items():
        shutil.copy(FIXTURES / source, folder / name)
    region = Region(f"sqlite:///{folder}/adapter.db", settings.load(SETTINGS, {}))
    _play(region)
    body = region.deliveries(event="message", state="dead")[-1]["body"]
    (folder / "corrected.json").write_bytes(body.replace(b'"Hej"', b'"Hej!"'))
    region.store.close()


def _play(region: Region) -> None:
    """Three messages that Luleå refuses, one that it answers, and one for Umeå, which is down.

    And a stay with a need that no endpoint serves there.
    """
    for visit in ("1001", "1004", "1005"):
        refused = region.tells("hospital", drafts.note(visit=visit))
        region.now += timedelta(seconds=2)
        region.receipt("lulea", refused, "fatal-error")
    region.now += timedelta(minutes=5)
    taken = region.tells("hospital", drafts.note(visit="1002", minutes=5))
    region.now += timedelta(seconds=1)
    region.receipt("lulea", taken)
    region.now += timedelta(minutes=20)
    region.tells("lulea", drafts.answer(taken, LULEA))
    region.down = {"umea"}
    region.now += timedelta(minutes=1)
    region.tells("hospital", drafts.note(visit="1003", minutes=46, to=(UMEA,)))
    standing.partly_told(region, visit="1006")


@dataclass(kw_only=True)
class Step:
    """One command of the page, what the page says that it prints, and what it printed."""

    command: str
    expected: str
    printed: str

    @property
    def agrees(self) -> bool:
        """Whether the page says what is printed, apart from ids, times and tokens."""
        parts = re.split(rf"^{_ANYTHING}$", _masked(self.expected), flags=re.MULTILINE)
        wanted = ".*".join(re.escape(part) for part in parts)
        return re.fullmatch(wanted, _masked(self.printed), re.DOTALL) is not None


@dataclass
class Page:
    """A page whose commands are run in order; ids of the page stand for those of the run."""

    text: str
    ids: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[Step]:
        """Run every command, in the current folder."""
        return [step for block in _BLOCK.findall(self.text) for step in self._block(block)]

    def rewritten(self) -> str:
        """The page with what the commands print now."""
        return _BLOCK.sub(lambda match: self._again(match[0]), self.text)

    def _again(self, block: str) -> str:
        return "".join(f"$ {t.command}\n{self._output(t)}" for t in self._block(block))

    def _output(self, step: Step) -> str:
        if _ANYTHING in step.expected.splitlines() and step.agrees:
            return step.expected
        names = {real: name for name, real in self.ids.items()}
        return _ID.sub(lambda match: names.get(match[0], match[0]), step.printed)

    def _block(self, block: str) -> list[Step]:
        return [self._step(part) for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]

    def _step(self, part: str) -> Step:
        command, _, expected = part.partition("\n")
        printed = _run(_ID.sub(lambda match: self.ids.get(match[0], match[0]), command))
        for name, real in zip(_ids(expected), _ids(printed), strict=False):
            self.ids.setdefault(name, real)
        return Step(command=command, expected=expected, printed=printed)


def _run(command: str) -> str:
    """Run a command line, `adapter … [> file]`; return what it prints on the terminal."""
    command, _, target = command.partition(" > ")
    name, *arguments = shlex.split(command)
    assert name == "adapter", command
    result = run(*arguments)
    assert result.exit_code < 2, result.output
    if target:
        Path(target).write_bytes(result.stdout_bytes)
        return result.stderr
    return result.output


def _ids(text: str) -> list[str]:
    """Ids in the order in which they first appear."""
    return list(dict.fromkeys(_ID.findall(text)))


def _masked(text: str) -> str:
    """Mask ids, times and tokens in a text, and collapse the spaces between columns."""
    text = _MILLISECONDS.sub("MS ", text)
    text = _TOKEN.sub("TOKEN", _TIME.sub("TIME", _ID.sub("ID", text)))
    return "\n".join(re.sub(r" {2,}", "  ", line).rstrip() for line in text.strip().splitlines())


def main(path: Path) -> None:
    """Rewrite a page with what its commands print now."""
    path = path.resolve()
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder))
        os.chdir(folder)
        path.write_text(Page(path.read_text(encoding="utf-8")).rewritten(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
