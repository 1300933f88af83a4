"""Log lines tell events and ids, and can name nobody, whatever somebody tries to log."""

from __future__ import annotations

import ast
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from adapter.core import logs
from adapter.core.errors import FatalError
from tests.kit.places import ADAPTER

PACKAGE = ADAPTER
PERSON = "Tolvan Tolvansson 195009072553"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged while logging is set up; afterwards it is as it was."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    before = (root.handlers[:], root.level, ours.level, logging.raiseExceptions)
    found = io.StringIO()
    logs.set_up("debug", found)
    yield found
    root.handlers[:], level, own, logging.raiseExceptions = before
    root.setLevel(level)
    ours.setLevel(own)
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail() -> None:
    """One exception that caused another, both with a person in their words."""
    try:
        int(PERSON)
    except ValueError as error:
        raise FatalError("unreadable", PERSON) from error


def test_a_line_has_a_time_a_level_what_happened_and_ids(stream: io.StringIO) -> None:
    logging.getLogger("adapter.outbound.send").info(
        "sent", extra={"delivery": "d-0f", "attempt": 2}
    )
    (line,) = lines(stream)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "adapter.outbound.send",
        "what": "sent",
        "delivery": "d-0f",
        "attempt": 2,
    }


def test_a_field_that_is_not_on_the_list_is_dropped(stream: io.StringIO) -> None:
    logging.getLogger("adapter").info("sent", extra={"patient": PERSON, "body": PERSON})
    assert "Tolvan" not in stream.getvalue()


@pytest.mark.parametrize("value", [PERSON, "195009072553", "500907-2553", "Åkerström", {"a": 1}])
def test_a_listed_field_with_something_else_than_an_id_is_blanked(
    stream: io.StringIO, value: object
) -> None:
    logging.getLogger("adapter").info("sent", extra={"case": value})
    assert lines(stream)[0]["case"] == "…"


def test_arguments_are_never_filled_in(stream: io.StringIO) -> None:
    logging.getLogger("adapter").info("sent %s", PERSON)
    assert lines(stream)[0]["what"] == "unnamed"
    assert "Tolvan" not in stream.getvalue()


def test_of_an_exception_only_type_code_and_place_are_told(stream: io.StringIO) -> None:
    log = logging.getLogger("adapter.inbound.receive")
    try:
        fail()
    except FatalError:
        log.exception("adapter-fault", extra={"message_id": "m-1"})
    (line,) = lines(stream)
    assert (line["error"], line["code"]) == ("FatalError < ValueError", "unreadable")
    assert line["where"].startswith("test_logs.py:")
    assert "Tolvan" not in stream.getvalue()


def test_libraries_are_told_from_warning_on_and_without_their_words(stream: io.StringIO) -> None:
    library = logging.getLogger("httpx")
    library.info("GET /Patient?identifier=%s", "195009072553")
    library.warning("retry of %s", PERSON)
    assert [(line["logger"], line["what"]) for line in lines(stream)] == [("httpx", "library")]
    assert "Tolvan" not in stream.getvalue()


@examples(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(), value=st.one_of(st.text(), st.binary(), st.floats(), st.none()))
def test_nothing_that_is_logged_makes_two_lines_or_breaks_one(
    stream: io.StringIO, text: str, value: object
) -> None:
    stream.truncate(0)
    stream.seek(0)
    logging.getLogger("adapter").warning(text, extra={"code": value})
    assert len(lines(stream)) == 1


def test_what_nobody_caught_ends_as_a_line_without_its_words() -> None:
    program = f"""
import sys, threading
sys.path.insert(0, {str(PACKAGE.parent)!r})
from adapter.core import logs
logs.set_up("info")
logs.catch_uncaught()
def fail():
    raise ValueError({PERSON!r})
thread = threading.Thread(target=fail, name="process")
thread.start()
thread.join()
fail()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [line["what"] for line in told] == [
        "thread ended by a fault",
        "process ended by a fault",
    ]
    assert told[0]["loop"] == "process"
    assert "Tolvan" not in done.stderr


def logged() -> Iterator[tuple[str, int, ast.Call]]:
    """Every call of a logger in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log."):
                yield path.name, node.lineno, node


def test_every_field_that_the_code_logs_is_on_the_list() -> None:
    found = set()
    for name, number, call in logged():
        for keyword in call.keywords:
            for part in ast.walk(keyword.value):
                if isinstance(part, ast.Dict):
                    found |= {
                        (name, number, k.value) for k in part.keys if isinstance(k, ast.Constant)
                    }
    assert len(found) > 10
    assert [f for f in sorted(found) if f[2] not in logs.FIELDS] == []


def test_every_line_that_the_code_logs_has_a_plain_name() -> None:
    names = [(name, number, call.args) for name, number, call in logged()]
    assert len(names) > 10
    for name, number, arguments in names:
        assert len(arguments) == 1, f"{name}:{number} fills arguments in"
