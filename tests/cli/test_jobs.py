"""`replay`, `discard` and `take` of a cause, and `jobs`, as an operator types them."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.core.jobs import Act
from adapter.operate import jobs
from adapter.runner import utc_now
from adapter.store.queries.chosen import Wanted
from tests.kit import drafts
from tests.kit.office import SETTINGS, Office

WHY = ("--reason", "corrected", "--who", "Ann")
REFUSED = ("--cause", "refused", *WHY)


def states(office: Office) -> set[str]:
    return {str(row["state"]) for row in office.region.deliveries(event="message")}


def test_a_dry_run_counts_by_endpoint_and_changes_nothing(office: Office) -> None:
    office.dies(visit="V1")
    office.dies(visit="V2")
    result = office.run("replay", *REFUSED, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split() == ["delivery", "message", "lulea", "2", "0", "0"]
    found = office.data("replay", *REFUSED, "--dry-run")
    assert (found["would"], found["refused"]) == (2, 0)
    assert states(office) == {"dead"}
    assert office.data("jobs")["jobs"] == []


def test_a_dry_run_says_what_would_be_refused_and_exits_1(office: Office) -> None:
    first = office.dies()
    content = office.region.tells("hospital", drafts.note(minutes=5))
    office.region.receipt("lulea", content)
    result = office.run("replay", *REFUSED, "--dry-run")
    assert result.exit_code == 1
    assert f"would refuse 1, overtaken, such as {first} by d-" in result.stdout
    assert office.run("replay", *REFUSED, "--dry-run", "--although-overtaken").exit_code == 0
    refused = office.run("replay", *REFUSED)
    assert refused.exit_code == 1
    assert f"refused 1, overtaken, such as {first} by d-" in refused.stdout
    assert office.run("replay", *REFUSED, "--although-overtaken").exit_code == 0


def test_all_of_a_cause_is_replayed_by_a_job_that_is_listed(office: Office) -> None:
    office.dies(visit="V1")
    office.dies(visit="V2")
    result = office.run("replay", *REFUSED)
    assert result.exit_code == 0, result.output
    assert "2 of 2 replayed" in result.stdout
    assert states(office) == {"waiting"}
    [job] = office.data("jobs")["jobs"]
    assert f"adapter jobs stop {job['id']}" in result.stderr
    assert (job["act"], job["status"], job["who"], job["total"]) == ("replay", "done", "Ann", 2)
    assert job["id"] in office.run("jobs").stdout
    shown = office.data("jobs", "show", job["id"])
    assert (shown["job"]["position"], shown["refusals"]) == (2, [])


def test_take_and_discard_of_a_cause(office: Office) -> None:
    office.dies()
    assert office.run("take", "--cause", "refused", "--who", "Bo").exit_code == 0
    assert office.data("dead")["causes"][0]["letters"][0]["taken_by"] == "Bo"
    assert office.data("discard", *REFUSED, "--dry-run")["would"] == 1
    assert office.run("discard", *REFUSED).exit_code == 0
    assert states(office) == {"discarded"}


def test_a_stopped_job_is_resumed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.dies(visit="V1")
    office.dies(visit="V2")
    monkeypatch.setattr(jobs, "PART", 1)
    order = jobs.Order(act=Act.REPLAY, who="Ann", reason="corrected")
    job = jobs.start(office.region.store, order, Wanted(code="refused"), utc_now())
    jobs.work(office.region.store, office.region.network, job.id, utc_now())
    assert office.run("jobs", "stop", job.id, "--who", "Bo").stdout.startswith(
        f"{job.id} stopped: 1 of 2 replayed"
    )
    assert office.run("jobs", "stop", job.id).exit_code == 1
    result = office.run("jobs", "resume", job.id)
    assert (result.exit_code, "2 of 2 replayed" in result.stdout) == (0, True)


def test_who_interrupts_a_job_is_told_how_to_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.dies()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "work", interrupted)
        result = office.run("replay", *REFUSED)
    assert result.exit_code == 1
    [job] = office.data("jobs")["jobs"]
    assert job["status"] == "stopped"
    assert f"To go on: adapter jobs resume {job['id']}" in result.stderr
    assert office.run("jobs", "resume", job["id"]).exit_code == 0


def test_many_need_a_person_or_yes(office: Office, tmp_path: Path) -> None:
    office.dies()
    office.dies(visit="V2")
    few = tmp_path / "few.toml"
    few.write_text("ask_above = 1\n" + SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    result = office.run("replay", *REFUSED, "--settings", few)
    assert result.exit_code == 2
    assert "lulea: 2 deliveries, message" in result.stderr
    assert "--yes" in result.stderr
    assert (states(office), office.data("jobs")["jobs"]) == ({"dead"}, [])
    assert office.run("replay", *REFUSED, "--settings", few, "--yes").exit_code == 0
    assert states(office) == {"waiting"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("discard", "--reason", "x"), "give ids, or --cause"),
        (("discard", "d-1", "--cause", "refused", "--reason", "x"), "give ids, or --cause"),
        (("take", "d-1", "--endpoint", "lulea"), "go with --cause"),
        (("take", "--cause", "refused", "--endpoint", "lulae"), "did you mean lulea?"),
        (("replay", "--cause", "refusd", "--reason", "x"), "did you mean refused"),
        (("replay", "--cause", "refused", "--although-receipted", "--reason", "x"), "--cause"),
        (("replay", "--reason", "x"), "give ids, or --cause, or --endpoint and --since"),
        (("jobs", "show"), "need the id of a job"),
        (("jobs", "list", "j-1"), "need the id of a job"),
    ],
)
def test_wrong_use_is_told(office: Office, arguments: tuple[str, ...], told: str) -> None:
    result = office.run(*arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())


def test_nothing_of_a_known_cause_is_no_job(office: Office) -> None:
    assert "Nothing is dead" in office.run("replay", "--cause", "expired", *WHY).stdout
    assert office.data("jobs")["jobs"] == []
    assert office.run("jobs").stdout == "No job was ever started.\n"
    unknown = office.run("jobs", "show", "j-1")
    assert unknown.exit_code == 1
    assert "Copy the id from `adapter jobs`" in unknown.stderr
