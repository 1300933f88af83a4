"""Messages of real systems over MLLP: supported and known triggers are accepted (AA)."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit.places import SHARED
from tests.kit.program.feed import END, START, Feed
from tests.kit.program.running import Program
from tests.kit.shared import ABSENT, shared_files

pytestmark = pytest.mark.servers
NOBODY_HEARS = ("not-shared", "unchanged", "no-open-case")
"""Notes of messages about one visit without an assessment, which many of the files share."""
FEEDS = shared_files("hl7v2-adt/*.hl7", 29)


def is_supported(path: Path) -> bool:
    """Whether we read the trigger that the file is named after."""
    kind, trigger, _ = path.stem.split("-")
    return kind == "ADT" and trigger in TRIGGERS


def body_of(path: Path) -> bytes:
    """The message as it travels: segments end with a carriage return."""
    return path.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")


def wants_no_answer(body: bytes) -> bool:
    """Whether MSH-15 and MSH-16 ask for no acknowledgement (enhanced mode)."""
    return body.split(b"\r")[0].split(b"|")[14:16] == [b"NE", b"NE"]


def the_silent_one_is_kept(program: Program, door: str, body: bytes) -> None:
    """Send a message that asks for no answer, and see that it is stored and judged."""
    with Feed(program, door) as feed:
        feed.send(START + body + END)
        row = program.kept(body, count=1)
    assert row["standing"] == "processed"
    assert row["note"] in NOBODY_HEARS


@pytest.mark.parametrize("door", ["adt", "strict-adt"])
@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_it_is_answered_as_the_settings_say(program: Program, door: str, path: Path) -> None:
    body = body_of(path)
    if wants_no_answer(body):
        the_silent_one_is_kept(program, door, body)
        return
    with Feed(program, door) as feed:
        said = feed.says(body).split()
    row = program.kept(body, count=1)
    if is_supported(path):
        assert said[0] == "AA"
        assert "not-used" not in said
        assert row["standing"] == "processed"
        assert row["note"] in NOBODY_HEARS
    elif door == "adt":
        assert said == ["AA", "not-used"]
        assert (row["standing"], row["note"]) == ("processed", "not-used")
        assert program.happened(row) == ["not-used"]
    else:
        assert said == ["AE", "unmapped-event"]
        assert (row["standing"], row["code"]) == ("refused", "unmapped-event")
    assert program.deliveries(row) == []


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
def test_all_of_them_are_asked(program: Program) -> None:
    assert len(FEEDS) == 29
    assert {is_supported(path) for path in FEEDS} == {True, False}
