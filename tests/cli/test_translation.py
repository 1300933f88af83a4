"""One file through the mappings or against the profiles, without a store."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapter import mappings
from adapter.core.model import ONLY_RECEIVED, Event
from adapter.mappings.hl7v2.events import TRIGGERS
from benchmarks import foreign
from tests.kit.office import FIXTURES, run
from tests.kit.oracle import problems
from tests.kit.shared import shared_files

ADMISSION = FIXTURES / "hl7v2" / "admission-notice" / "assessed.native.hl7"
NOTE = FIXTURES / "fhir" / "message" / "usual.fhir.json"
HSA = "SE2120002742-LULEA"
FEED = shared_files("hl7v2-adt/*.hl7", 29)


def test_a_file_of_the_feed_becomes_a_valid_fhir_message() -> None:
    result = run("map", ADMISSION, "--from", "hl7v2", "--to", "fhir")
    assert result.exit_code == 0, result.stderr
    bundle = json.loads(result.stdout)
    assert bundle["entry"][0]["resource"]["eventCoding"]["code"] == "admission-notice"
    assert problems(bundle) == []


@pytest.mark.parametrize("path", FEED, ids=lambda path: path.stem)
def test_every_sample_of_the_feed_is_mapped_or_refused_with_a_clear_code(path: Path) -> None:
    result = run("map", path, "--from", "hl7v2", "--to", "fhir")
    if path.stem.split("-")[1] in TRIGGERS:
        assert result.exit_code == 0, result.stderr
        assert problems(json.loads(result.stdout)) == []
    else:
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("unmapped-event:")
        assert "To do:" in result.stderr


def test_the_output_depends_on_nothing_but_the_input() -> None:
    command = ("map", ADMISSION, "--from", "hl7v2", "--to", "omsorg")
    assert run(*command).stdout_bytes == run(*command).stdout_bytes


def test_the_translation_is_dated_as_the_document_is() -> None:
    bundle = json.loads(run("map", ADMISSION, "--from", "hl7v2", "--to", "fhir").stdout)
    provenance = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Provenance"
    )
    assert provenance["recorded"].startswith("2026-03-10T")


def test_what_is_lost_is_confessed_beside_the_document() -> None:
    feed = FIXTURES / "hl7v2" / "admission-notice" / "assessed.native.hl7"
    extra = feed.read_bytes() + b"\rOBX|1|TX|||text\r"
    result = run("map", "-", "--from", "hl7v2", "--to", "fhir", stdin=extra)
    assert result.exit_code == 0, result.stderr
    assert "loss in reading: OBX" in result.stderr
    assert "loss" not in result.stdout


def test_each_message_of_a_batch_is_mapped_and_a_fault_in_one_stops_no_other() -> None:
    one = ADMISSION.read_bytes()
    batch = b"FHS|^~\\&|J\rBHS|^~\\&|J\r" + one + one.replace(b"A01", b"A99") + one
    result = run("map", "-", "--from", "hl7v2", "--to", "fhir", stdin=batch + b"BTS|3\rFTS|1\r")
    alone = run("map", ADMISSION, "--from", "hl7v2", "--to", "fhir")
    assert result.exit_code == 1
    assert result.stdout == alone.stdout * 2
    heads = [line.split(":")[0] for line in result.stderr.splitlines()]
    assert [head for head in heads if head.startswith(("message", "unknown-event"))] == [
        "message 1 of 3",
        "message 2 of 3",
        "unknown-event",
        "message 3 of 3",
    ]


def test_a_batch_that_cannot_be_taken_apart_is_refused_with_its_code() -> None:
    result = run("map", "-", "--from", "hl7v2", "--to", "fhir", stdin=b"BHS|^~\\&|J\rPID|1\r")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("unreadable:")


def test_a_receiver_is_addressed_only_when_one_is_named() -> None:
    without = run("map", ADMISSION, "--from", "hl7v2", "--to", "fhir").stdout
    named = run("map", ADMISSION, "--from", "hl7v2", "--to", "fhir", "--receiver", HSA).stdout
    assert "destination" not in without
    assert HSA in named
    assert problems(json.loads(named)) == []


def test_the_municipality_of_the_sender_stands_in_for_a_missing_address() -> None:
    body = re.sub(rb"Bj[^|]*2580", b"", ADMISSION.read_bytes())
    command = ("map", "-", "--from", "hl7v2", "--to", "fhir", "--municipality", "2482")
    assert '"2482"' in run(*command, stdin=body).stdout


def test_an_event_can_be_named_where_the_document_tells_none() -> None:
    named = ("map", NOTE, "--from", "fhir", "--to", "omsorg", "--event")
    assert "Meddelande" in run(*named, "message").stdout
    assert run(*named, "smoke-signal").exit_code == 2


@pytest.mark.parametrize(
    ("body", "source", "code"),
    [
        (b"nonsense", "hl7v2", "unreadable"),
        (b"<!DOCTYPE x><x/>", "omsorg", "forbidden-xml"),
        (b'{"a":1,"a":2}', "fhir", "duplicate-key"),
        (b"{}", "fhir", "invalid-structure"),
        (b"MSH|^~\\&|a|b|c|d|20260101||ADT^A01|1|P|2.5|||||SE|KLINGON\r", "hl7v2", "wrong-charset"),
    ],
)
def test_a_document_that_is_none_is_refused_with_its_code(
    body: bytes, source: str, code: str
) -> None:
    result = run("map", "-", "--from", source, "--to", "fhir", stdin=body)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}:")
    assert result.stdout == ""


def test_a_message_that_breaks_its_profile_is_refused_with_every_problem() -> None:
    bare = FIXTURES / "fhir" / "care-plan" / "bare.fhir.json"
    result = run("map", bare, "--from", "fhir", "--to", "omsorg")
    assert result.exit_code == 1
    assert "[CarePlan.title]" in result.stderr
    assert "[CarePlan.category]" in result.stderr


def test_a_system_that_cannot_write_the_event_says_so() -> None:
    result = run("map", NOTE, "--from", "fhir", "--to", "hl7v2")
    assert result.exit_code == 1
    assert result.stderr.startswith("no-mapping:")


def test_an_unknown_system_or_file_is_wrong_use(tmp_path: Path) -> None:
    assert run("map", NOTE, "--from", "fhir", "--to", "morse").exit_code == 2
    assert run("map", tmp_path / "none", "--from", "fhir", "--to", "fhir").exit_code == 2
    assert run("map", NOTE).exit_code == 2


def test_valid_and_invalid_messages_are_told_apart() -> None:
    bare = FIXTURES / "fhir" / "care-plan" / "bare.fhir.json"
    assert run("validate", NOTE).exit_code == 0
    both = run("validate", NOTE, bare)
    assert both.exit_code == 1
    assert f"{NOTE}: valid" in both.stdout
    assert f"{bare}: not valid" in both.stdout


def test_each_validated_file_gets_an_operation_outcome() -> None:
    bare = FIXTURES / "fhir" / "care-plan" / "bare.fhir.json"
    found = json.loads(run("validate", "--json", NOTE, bare).stdout)
    assert [one["valid"] for one in found] == [True, False]
    assert len(found[1]["outcome"]["issue"]) > 1
    for one in found:
        assert problems(one["outcome"]) == []


def test_what_is_no_json_gets_an_outcome_too() -> None:
    result = run("validate", "--json", "-", stdin=b"{")
    assert result.exit_code == 1
    issue = json.loads(result.stdout)[0]["outcome"]["issue"][0]
    assert issue["details"]["coding"][0]["code"] == "unreadable"


def test_the_matrix_of_systems_shows_every_event_and_system() -> None:
    printed = run("systems").stdout
    found = json.loads(run("systems", "--json").stdout)["systems"]
    assert [s["name"] for s in found] == list(mappings.load())
    assert {"fhir", "hl7v2", "omsorg"} <= {s["name"] for s in found}
    assert all(str(event) in printed for event in Event)
    by_name = {s["name"]: s for s in found}
    sent = [str(event) for event in Event if event not in ONLY_RECEIVED]
    assert by_name["fhir"]["writes"] == sent
    assert sorted(by_name["omsorg"]["writes"]) == sorted(sent)
    assert sorted(by_name["omsorg/2"]["writes"]) == sorted(sent)
    assert "receipt" in by_name["hl7v2"]["writes"]
    assert "sip-invitation" in by_name["hl7v2"]["writes"]


def test_as_a_process_the_document_goes_to_stdout_byte_for_byte() -> None:
    command = [sys.executable, "-m", "adapter", "map", str(ADMISSION)]
    done = subprocess.run(
        [*command, "--from", "hl7v2", "--to", "omsorg"], capture_output=True, check=True
    )
    assert done.stdout.startswith(b"<?xml")
    assert "Lindström".encode() in done.stdout


def test_a_folder_is_checked_file_by_file_and_counted(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "note.json").write_bytes(NOTE.read_bytes())
    (tmp_path / "no.json").write_bytes(b"{")
    result = run("validate", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path / 'inside' / 'note.json'}: valid" in result.stdout
    assert f"{tmp_path / 'no.json'}: not valid" in result.stdout
    assert "2 files: 1 valid, 1 not valid; ms each: " in result.stderr


def test_the_longest_check_is_told_with_its_size_and_without_what_the_start_costs(
    tmp_path: Path,
) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.json").write_bytes(NOTE.read_bytes())
    command = [sys.executable, "-m", "adapter", "validate", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, check=True).stderr.decode()
    number = r"(\d+\.\d\d)"
    times = re.search(
        rf"; ms each: {number} median, {number} p95, {number} longest \((\d+\.\d) kB\);"
        rf" definitions loaded in {number} ms\n$",
        told,
    )
    assert times
    assert times[4] == f"{NOTE.stat().st_size / 1000:.1f}"
    assert float(times[3]) < float(times[5])


def test_what_is_no_file_in_a_folder_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(NOTE.read_bytes())
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    result = run("validate", tmp_path)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{tmp_path / 'a.json'}: valid\n"


def test_a_folder_that_cannot_be_read_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(Path, "rglob", gone)
    assert run("validate", tmp_path).exit_code == 2


def test_a_folder_without_messages_is_wrong_use(tmp_path: Path) -> None:
    assert run("validate", tmp_path).exit_code == 2


def test_one_file_has_no_summary() -> None:
    assert run("validate", NOTE).stderr == ""


@pytest.mark.parametrize("are_broken", [False, True], ids=["as they are", "with broken bytes"])
def test_every_foreign_bundle_is_valid_or_has_problems_with_a_place(
    tmp_path: Path, *, are_broken: bool
) -> None:
    chance = Random(7)
    samples = foreign.resources(FIXTURES.parent / "profiles") + foreign.resources(FIXTURES / "fhir")
    for number, body in enumerate(foreign.bodies(samples, 50, chance)):
        written = foreign.broken(body, chance) if are_broken else body
        (tmp_path / f"{number}.json").write_bytes(written)
    result = run("validate", "--json", tmp_path)
    assert result.exit_code in (0, 1)
    answers = json.loads(result.stdout)
    assert len(answers) == 50
    for answer in answers:
        assert problems(answer["outcome"]) == []
        assert answer["valid"] or any(
            i.get("expression") or not_json(i) for i in answer["outcome"]["issue"]
        )


def not_json(issue: Any) -> bool:
    """Whether an issue is about the whole file, which cannot be read."""
    code = issue["details"]["coding"][0]["code"]
    return code in ("unreadable", "wrong-charset", "duplicate-key")
