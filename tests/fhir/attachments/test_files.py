"""Small files of every kind, right and wrong: what the checks say about each."""

from __future__ import annotations

import json

import pytest

from tests.kit.attached import fault
from tests.kit.attachment_files import FILES, FOLDER

VERDICTS = json.loads((FOLDER / "verdicts.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", VERDICTS)
def test_a_file_is_taken_or_refused_for_its_reason(name: str) -> None:
    verdict = VERDICTS[name]
    reason = fault((FOLDER / name).read_bytes(), verdict["type"])
    assert verdict["fault"] in reason if verdict["fault"] else reason == ""


def test_the_files_are_those_that_the_kit_makes() -> None:
    made = {name: {"type": type_, "fault": why} for name, (type_, _, why) in FILES.items()}
    assert made == VERDICTS
    assert {p.name for p in FOLDER.iterdir()} == {*FILES, "verdicts.json"}


def test_a_reason_quotes_nothing_of_the_file() -> None:
    for name, verdict in VERDICTS.items():
        reason = fault((FOLDER / name).read_bytes(), verdict["type"])
        assert "alert" not in reason
        assert "cmd.exe" not in reason
