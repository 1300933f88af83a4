"""`edit`: a dead letter into a file, and the corrected one out in its place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapter.fhir import bundles
from tests.kit import drafts
from tests.kit.office import CASE, FIXTURES, IDENTITIES, SETTINGS, Office

WHY = ("--reason", "wrong word", "--who", "Ann")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written where the operator stands."""
    monkeypatch.chdir(tmp_path)


def refused(office: Office) -> str:
    """A message without status, which is refused; its id."""
    note = drafts.note()
    del note["entry"][1]["resource"]["status"]
    office.region.tells("hospital", note)
    return str(office.region.messages()[-1]["id"])


def changed(office: Office, id_: str, old: str = '"Hej"', new: str = '"Hej då"') -> Path:
    """The file that `edit` writes, with another word in it."""
    assert office.run("edit", id_, "--who", "Ann").exit_code == 0
    path = Path(f"{id_}.json")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_dead_delivery_is_written_into_a_file_that_only_its_editor_can_read(
    office: Office,
) -> None:
    id_ = office.dies()
    result = office.run("edit", id_, "--who", "Ann")
    assert (result.exit_code, result.stdout.split()[0]) == (0, f"{id_}.json"), result.stderr
    path = Path(f"{id_}.json")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text(encoding="utf-8").splitlines()) > 20
    assert json.loads(path.read_bytes()) == json.loads(office.region.deliveries(id=id_)[0]["body"])
    assert office.history("body-read") == [("Ann", "")]


def test_a_file_that_is_there_is_left_as_it_is(office: Office) -> None:
    id_ = office.dies()
    Path(f"{id_}.json").write_text("mine", encoding="utf-8")
    assert office.run("edit", id_).exit_code == 2
    assert Path(f"{id_}.json").read_text(encoding="utf-8") == "mine"


def test_a_dry_run_shows_the_difference_and_to_whom_and_that_is_written_down(
    office: Office,
) -> None:
    id_ = office.dies()
    path = changed(office, id_)
    result = office.run("edit", id_, "--from", path, *WHY, "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert '-            "contentString": "Hej"' in result.stdout
    assert '+            "contentString": "Hej då"' in result.stdout
    assert result.stdout.splitlines()[-1].split()[:3] == ["message", "lulea", "waiting"]
    assert office.history("body-read") == [("Ann", ""), ("Ann", "")]
    assert office.history("edited") == []
    assert office.region.deliveries(id=id_)[0]["state"] == "dead"
    told = office.data("edit", id_, "--from", path, *WHY, "--dry-run")
    assert [s["endpoint"] for s in told["edited"]["sent"]] == ["lulea"]
    assert any("Hej då" in line for line in told["difference"])


def test_the_edited_one_is_sent_alone_and_the_case_tells_of_both(office: Office) -> None:
    id_ = office.dies()
    office.region.inbox("lulea")
    made = office.data("edit", id_, "--from", changed(office, id_), *WHY)["edited"]
    assert made["replaces"] == id_
    again = office.run("edit", id_, "--from", f"{id_}.json", *WHY)
    assert (again.exit_code, made["id"] in again.stderr) == (1, True)
    office.region.now = office.region.deliveries(id=made["id"])[0]["next_attempt_at"]
    office.region.turn()
    assert [bundles.content_id(b) for b in office.region.inbox("lulea")] == [made["content_id"]]
    told = "\n".join(e["text"] for e in office.data("case", CASE)["timeline"])
    assert f"in place of {id_}" in told
    assert f"now replaced by {made['id']}" in told
    shown = office.run("message", id_).stdout
    assert f"replaced by {made['id']}" in shown
    assert f"in place of {id_}" in shown
    # The commands' clock is today's: what the hospital was told in the play has run out of time.
    assert {c["endpoint"] for c in office.data("dead")["causes"]} <= {"hospital"}


def test_a_refused_message_is_sent_on_as_its_sender_should_have_written_it(
    office: Office,
) -> None:
    id_ = refused(office)
    path = changed(office, id_, '"resourceType": "Communication",', COMPLETED)
    tried = office.run("edit", id_, "--from", path, *WHY, "--dry-run")
    assert tried.stdout.splitlines()[-1].split()[:3] == ["message", "lulea", "waiting"]
    made = office.data("edit", id_, "--from", path, *WHY)["edited"]
    assert [s["endpoint"] for s in made["sent"]] == ["lulea"]
    shown = office.run("message", made["id"]).stdout
    assert f"in place of {id_}; its sender was not answered" in shown
    assert f"replaced by {made['id']}" in office.run("message", id_).stdout


COMPLETED = '"resourceType": "Communication", "status": "completed",'


def test_every_problem_of_the_edited_one_is_told_without_a_word_of_it(office: Office) -> None:
    id_ = office.dies()
    path = changed(office, id_, '"completed"', '"Tolvansson"')
    for dry in ((), ("--dry-run",)):
        result = office.run("edit", id_, "--from", path, *WHY, *dry)
        assert result.exit_code == 1
        assert "[Communication.status]" in result.stderr
    assert office.region.deliveries(id=id_)[0]["state"] == "dead"


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b"null", b"MSH|^~\\&|", b"<a/>", b"\x00\xff"])
def test_a_file_of_anything_else_is_refused(office: Office, body: bytes) -> None:
    for id_ in (office.dies(), refused(office)):
        Path("any").write_bytes(body)
        result = office.run("edit", id_, "--from", "any", *WHY)
        assert (result.exit_code, "adapter-fault" in result.stderr) == (1, False)


def test_what_was_not_edited_is_for_replay(office: Office) -> None:
    id_ = office.dies()
    office.run("edit", id_)
    result = office.run("edit", id_, "--from", f"{id_}.json", *WHY)
    assert (result.exit_code, "not-edited" in result.stderr) == (1, True)


def test_an_original_that_may_have_arrived_needs_a_word(office: Office) -> None:
    office.region.hangs_up = {"lulea"}
    office.region.tells("hospital", drafts.note())
    office.region.turn(office.region.network.endpoint("lulea").expire_after)
    id_ = office.region.deliveries(event="message")[0]["id"]
    path = changed(office, id_)
    assert "may have arrived" in office.run("edit", id_, "--from", path, *WHY, "--dry-run").stdout
    refused_ = office.run("edit", id_, "--from", path, *WHY)
    assert (refused_.exit_code, "may-have-arrived" in refused_.stderr) == (1, True)
    assert office.region.deliveries(id=id_)[0]["state"] == "dead"
    assert office.history("edited") == []
    assert office.run("edit", id_, "--from", path, *WHY, "--although-arrived").exit_code == 0


def test_one_that_was_overtaken_needs_a_word(office: Office) -> None:
    id_ = office.dies()
    office.region.tells("hospital", drafts.note(minutes=5))
    path = changed(office, id_)
    refused_ = office.run("edit", id_, "--from", path, *WHY)
    assert (refused_.exit_code, "overtaken" in refused_.stderr) == (1, True)
    assert office.run("edit", id_, "--from", path, *WHY, "--although-overtaken").exit_code == 0


def test_wrong_use_is_exit_2(office: Office) -> None:
    id_ = office.dies()
    path = changed(office, id_)
    for wrong in (
        ("--dry-run",),
        ("--reason", "x"),
        ("--from", path),
        ("--from", path, "--reason", " "),
        ("--from", "nowhere.json", "--reason", "x"),
        ("--from", ".", "--reason", "x"),
    ):
        assert office.run("edit", id_, *wrong).exit_code == 2, wrong
    assert office.region.deliveries(id=id_)[0]["state"] == "dead"


def test_ids_of_other_kinds_are_unknown_and_write_no_file(office: Office) -> None:
    office.dies()
    row = office.region.deliveries()[0]
    for other in ("", "d-nowhere", "m-nowhere", row["case_id"], row["content_id"], "../x", CASE):
        result = office.run("edit", other)
        assert (result.exit_code, "unknown-id" in result.stderr) == (1, True)
    assert list(Path().glob("*.json")) == []


def test_the_names_of_persons_are_only_in_what_was_asked_for(office: Office) -> None:
    id_ = office.dies()
    path = changed(office, id_, "Storgatan 1", "Storgatan 11")
    result = office.run("edit", id_, "--from", path, *WHY, "--dry-run")
    assert "Storgatan 11" in result.stdout
    assert "Storgatan" not in office.run("edit", id_, "--from", path, *WHY).output
    assert not any(i in str(office.region.history("edited")) for i in IDENTITIES)


def test_hl7_is_edited_line_by_line_in_its_own_charset(office: Office) -> None:
    text = SETTINGS.read_text(encoding="utf-8")
    feed = text.replace('system = "fhir"', 'system = "hl7v2"', 1)
    Path("feed.toml").write_text(feed, encoding="utf-8")
    office.region.with_settings(endpoints=_with_feed(office))
    native = (FIXTURES / "hl7v2/admission-notice/assessed.native.hl7").read_bytes()
    office.region.accept("hospital", native.replace(b"PID|", b"PIX|"))
    id_ = str(office.region.messages()[-1]["id"])
    settings = ("--settings", "feed.toml")
    assert office.run("edit", id_, *settings).exit_code == 0
    path = Path(f"{id_}.hl7")
    assert path.read_bytes().splitlines()[0].startswith(b"MSH|")
    path.write_bytes(path.read_bytes().replace(b"PIX|", b"PID|"))
    result = office.run("edit", id_, "--from", path, *WHY, "--dry-run", *settings)
    assert result.exit_code == 0, result.stderr
    assert "\n-PIX|" in result.stdout
    assert "\n+PID|" in result.stdout
    assert office.run("edit", id_, "--from", path, *WHY, *settings).exit_code == 0
    assert office.region.messages()[-1]["standing"] == "processed"


def _with_feed(office: Office) -> Any:
    first, *rest = office.region.network.settings.endpoints
    return (replace(first, system="hl7v2"), *rest)
