"""Everything that is wrong with a settings file, all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from adapter import settings
from adapter.core.endpoint import Settings
from adapter.core.errors import FatalError, Issue
from adapter.core.model import Event
from tests.kit import places

FIXTURES = places.FIXTURES / "settings"
WRONG = sorted((FIXTURES / "wrong").glob("*.toml"))
SYSTEMS = ("fhir", "hl7v2", "omsorg")
TOKEN = {"ADAPTER_JOURNAL_TOKEN": "secret"}
EXPECTED = re.compile(r"^# expects: (\w+) (\S+)( when served)?$", re.MULTILINE)


def expected(path: Path) -> list[tuple[str, str, str]]:
    """What the first lines of a wrong file say: severity, place, and whether only serving minds."""
    return EXPECTED.findall(path.read_text(encoding="utf-8"))


def told(issues: Iterable[Issue]) -> list[tuple[str, str]]:
    return sorted((issue.severity.value, issue.expression) for issue in issues)


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_every_problem_of_a_file_is_listed_at_once_and_nothing_else(path: Path) -> None:
    assert expected(path), "the file must say what it expects"
    assert told(settings.survey(path, {}, SYSTEMS)) == sorted(line[:2] for line in expected(path))


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_load_refuses_with_all_errors_of_the_file_itself(path: Path) -> None:
    wanted = sorted(line[:2] for line in expected(path) if line[0] == "error" and not line[2])
    with pytest.raises(FatalError) as caught:
        settings.load(path, {})
    assert caught.value.code == "settings"
    assert told(caught.value.issues) == wanted


def test_load_lets_warnings_pass(tmp_path: Path) -> None:
    path = tmp_path / "adapter.toml"
    path.write_text("")
    assert settings.load(path, {}) == Settings()
    assert told(settings.survey(path, {}, SYSTEMS)) == [
        ("warning", "endpoint"),
        ("warning", "organization"),
    ]


@pytest.mark.parametrize(
    ("broker", "problems"),
    [
        ("amqp://one:5672, amqps://two/host", []),
        ("amqp://one,http://two", [("error", "broker")]),
        ("amqp://one,", [("error", "broker")]),
        ("amqp://one,amqp://user:secret@two", [("warning", "broker")]),
    ],
)
def test_the_broker_may_have_several_addresses(
    tmp_path: Path, broker: str, problems: list[tuple[str, str]]
) -> None:
    path = tmp_path / "adapter.toml"
    path.write_text(f'broker = "{broker}"', encoding="utf-8")
    found = settings.survey(path, {}, SYSTEMS)
    assert [one for one in told(found) if one[1] == "broker"] == problems
    assert not any("secret" in issue.detail for issue in found)


def test_the_problems_of_loaded_settings_are_the_same_without_the_file() -> None:
    loaded = settings.load(FIXTURES / "region.toml", TOKEN)
    assert settings.problems(loaded, SYSTEMS) == ()
    worse = replace(loaded, broker="", endpoints=(*loaded.endpoints, loaded.endpoints[0]))
    assert told(settings.problems(worse, ["fhir", "omsorg"])) == [
        ("error", "broker"),
        ("error", "endpoint[0].system"),
        ("error", "endpoint[3].listen"),
        ("error", "endpoint[3].name"),
        ("error", "endpoint[3].system"),
    ]


def test_a_problem_says_what_was_probably_meant_and_in_which_stanza() -> None:
    found = settings.survey(FIXTURES / "wrong" / "values.toml", {}, SYSTEMS)
    details = {issue.expression: issue.detail for issue in found}
    assert details["endpoint[0].done_when"] == 'lulea: is not known; did you mean "read"?'
    assert details["endpoint[0].municipality"] == 'lulea: is a name; write "2580"'


def test_problems_come_in_the_order_of_the_file() -> None:
    found = settings.survey(FIXTURES / "wrong" / "values.toml", {}, SYSTEMS)
    stanzas = [issue.expression.partition("[")[0] for issue in found]
    firsts = ["web", "limits", *["endpoint"] * 15, *["route"] * 3]
    assert sorted(stanzas[:2]) == sorted(firsts[:2])
    assert stanzas[2:] == firsts[2:]


def test_a_route_of_stays_is_a_warning_since_it_decides_nothing() -> None:
    loaded = settings.load(FIXTURES / "region.toml", TOKEN)
    [route] = loaded.routes
    stays = replace(route, events=(Event.MESSAGE, Event.ADMISSION_NOTICE))
    [found] = settings.problems(replace(loaded, routes=(route, stays)), SYSTEMS)
    assert (found.severity, found.expression) == ("warning", "route[1].events")
    assert "admission-notice" in found.detail


def test_a_secret_that_the_file_wrongly_holds_is_never_repeated() -> None:
    for name in ("keys", "secrets", "transports"):
        found = settings.survey(FIXTURES / "wrong" / f"{name}.toml", {}, SYSTEMS)
        assert not any("hemligt" in issue.detail + issue.expression for issue in found)


def test_a_missing_secret_names_its_variable() -> None:
    with pytest.raises(FatalError) as caught:
        settings.load(FIXTURES / "region.toml", {})
    assert [issue.expression for issue in caught.value.issues] == ["endpoint[1].credentials"]
    assert "ADAPTER_JOURNAL_TOKEN" in caught.value.issues[0].detail


@pytest.mark.parametrize(
    "content",
    [b"store = ", b"\xff\xfe", b"a = " + b"[" * 100_000, b"a = " + b"9" * 5_000, b"a=1\na=2"],
    ids=["half a line", "not UTF-8", "too deep", "too long a number", "a key twice"],
)
def test_a_file_that_is_no_toml_is_one_problem(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "adapter.toml"
    path.write_bytes(content)
    with pytest.raises(FatalError) as caught:
        settings.load(path, {})
    assert caught.value.code == "settings"
    assert settings.survey(path, {}, SYSTEMS) == caught.value.issues


def test_a_missing_file_and_a_folder_are_problems_too(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        with pytest.raises(FatalError, match=r"^settings: ") as caught:
            settings.load(path, {})
        assert path.name in caught.value.detail
        assert str(tmp_path.parent) not in caught.value.detail
