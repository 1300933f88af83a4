"""Every fixture is a test, every system has fixtures, and a new system is one file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from adapter import mappings
from adapter.core.errors import FatalError, Severity
from adapter.core.model import Bundle, Event
from adapter.fhir import codec, profiles
from adapter.mappings import Context, System
from tests.kit import oracle
from tests.kit.mapping_fixtures import context_of
from tests.kit.places import FIXTURES

SYSTEMS = mappings.load()
FOREIGN = {name: system for name, system in SYSTEMS.items() if name != "fhir"}
NATIVE = sorted(path for name in FOREIGN for path in (FIXTURES / name).glob("*/*.native.*"))


def system_of(path: Path) -> str:
    """The name of a system is the folder of its fixtures, such as `omsorg/2`."""
    return path.parents[1].relative_to(FIXTURES).as_posix()


def label(path: Path) -> str:
    """System, event and case."""
    return path.relative_to(FIXTURES).as_posix().split(".")[0]


def beside(path: Path, ending: str) -> Path:
    """The file that says what is expected of a native one."""
    return path.with_name(path.name.split(".")[0] + ending)


GOOD = [path for path in NATIVE if beside(path, ".fhir.json").exists()]
BAD = [path for path in NATIVE if beside(path, ".error").exists()]


def read(system: System, path: Path) -> tuple[Bundle, Context]:
    """A native document as a message."""
    body = path.read_bytes()
    context = context_of(path.parents[1], body)
    document = codec.parse(system.content, body)
    return system.read(system.event(document), document, context), context


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_document_becomes_the_message_beside_it(path: Path) -> None:
    bundle, _ = read(SYSTEMS[system_of(path)], path)
    assert bundle == json.loads(beside(path, ".fhir.json").read_text())


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_message_from_a_document_follows_its_profile_and_fhir(path: Path) -> None:
    bundle, _ = read(SYSTEMS[system_of(path)], path)
    found = profiles.validate(bundle)
    assert [issue for issue in found if issue.severity is Severity.ERROR] == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("path", BAD, ids=label)
def test_a_bad_document_is_refused_with_the_code_beside_it(path: Path) -> None:
    with pytest.raises(FatalError) as refused:
        read(SYSTEMS[system_of(path)], path)
    assert refused.value.code == beside(path, ".error").read_text().strip()


def test_every_document_says_what_is_expected_of_it() -> None:
    assert [path for path in NATIVE if path not in GOOD and path not in BAD] == []


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_a_system_has_a_fixture_for_each_event_that_it_reads(name: str) -> None:
    covered = {path.parent.name for path in GOOD if system_of(path) == name}
    assert {str(event) for event in SYSTEMS[name].readers} <= covered


VENDOR = '''"""Blomma 1.0, an invented vendor: one line of text, `id;text`."""

from typing import Any

from adapter.fhir import builders
from adapter.fhir.builders import Party
from adapter.mappings import Context, System
from adapter.core.model import Bundle, Event


system = System("blomma", content="json", media_type="application/json")


@system.recognises
def event(document: Any) -> Event:
    return Event.MESSAGE


@system.reads(Event.MESSAGE)
def read(document: Any, context: Context) -> Bundle:
    sender = Party(organization=context.sender.organization)
    content = {"resourceType": "Communication", "id": document["id"], "status": "completed"}
    return builders.message(
        Event.MESSAGE,
        content=document["id"],
        sender=sender,
        focus=content | {"payload": [{"contentString": document["text"]}]},
        recorded=context.recorded,
    )


@system.writes(Event.MESSAGE)
def write(bundle: Bundle, context: Context) -> Any:
    context.lose("Communication.note", "Blomma has one text")
    head, focus = (entry["resource"] for entry in bundle["entry"][:2])
    return {"id": head["id"], "text": focus["payload"][0]["contentString"]}
'''


def test_a_new_system_is_one_file_that_is_found_by_being_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blomma.py").write_text(VENDOR)
    monkeypatch.setattr(mappings, "__path__", [*mappings.__path__, str(tmp_path)])
    try:
        blomma = mappings.load()["blomma"]
        native = {"id": "0b3c9b4e-7a4e-5b0e-9d7c-1c5f0c0f0001", "text": "Hej från Blomma"}
        body = codec.dump("json", native)
        context = context_of(FIXTURES / "hl7v2", body)
        bundle = blomma.read(Event.MESSAGE, codec.parse("json", body), context)
        assert blomma.write(Event.MESSAGE, bundle, context) == native
        assert [loss.path for loss in context.losses] == ["Communication.note"]
    finally:
        sys.modules.pop("adapter.mappings.blomma", None)
