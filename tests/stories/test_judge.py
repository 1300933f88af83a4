"""The judge counts each kind of breach, and nothing in a run that is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from stories import people
from stories.observation import Answer
from stories.plots import ordinary
from stories.truth import Act, Assessment, Standing, Weather
from stories.world import LULEA, SOCIAL
from tests.kit.observed_stories import Told, admitted, right_run, told, without


def test_a_right_run_gives_seven_zeros() -> None:
    assert right_run().counts() == {}


def test_a_notice_to_a_stranger_is_disclosed() -> None:
    run = right_run()
    run.got("vc-pitea", run.story.words[0], "admission-notice")
    causes = run.counts()["disclosed"]
    assert "admission-notice to a party that never had a right (need or kommun)" in causes


def test_a_hidden_fact_is_disclosed() -> None:
    teller, visit = admitted()
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice", secrets={"reason": visit.person.reason})
    assert run.counts()["disclosed"] == ["reason in a fhir message"] * 2


def test_the_ward_is_disclosed_unless_the_region_shows_wards() -> None:
    teller, visit = admitted()
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice", ward=visit.ward)
    assert run.counts()["disclosed"] == ["ward in a fhir message"] * 2
    run.story.wards = True
    assert run.counts() == {}


def test_another_units_need_is_disclosed() -> None:
    teller, visit = admitted()
    run = told(teller, visit)
    needs = Assessment(needs=frozenset(ordinary._CHOICES[6]), at=visit.admitted)
    run.got("pitea-soc", run.story.words[0], "admission-notice", assessment=needs)
    assert "another unit's need" in run.counts()["disclosed"]


def test_a_notice_that_leaves_after_the_right_has_ended_is_disclosed() -> None:
    teller, visit = admitted()
    teller.then(hours=2)
    visit.assessment = Assessment(needs=frozenset({SOCIAL}), at=teller.now, withdrawn=True)
    teller.tell(visit, Act.UPDATE, "assessment")
    run = told(teller, visit)
    run.both(run.story.words[1], "admission-notice")
    assert set(run.counts()["disclosed"]) == {
        "admission-notice to a party that never had a right (withdrawn)"
    }


def test_an_ending_to_a_party_that_never_heard_is_disclosed() -> None:
    teller, visit = admitted()
    teller.then(hours=2)
    teller.tell(visit, Act.CANCEL)
    run = told(teller, visit)
    run.got("pitea-soc", run.story.words[0], "admission-notice", weather=Weather.REFUSED)
    run.got("pitea-soc", run.story.words[1], "admission-cancelled")
    assert run.counts()["disclosed"] == ["ending to a party that surely never heard"]


def test_an_ending_after_an_unknown_outcome_may_not_name_the_person() -> None:
    teller, visit = admitted()
    teller.then(hours=2)
    teller.tell(visit, Act.CANCEL)
    run = told(teller, visit)
    run.got("pitea-soc", run.story.words[0], "admission-notice", weather=Weather.ARRIVED)
    run.got("pitea-soc", run.story.words[1], "admission-cancelled")
    assert "ending names the person after an unknown outcome" in run.counts()["disclosed"]


def test_a_notice_that_did_not_come_is_missed() -> None:
    run = without(right_run(), "discharge-ready", "pitea-soc")
    assert run.counts() == {"missed": ["discharge-ready"]}


def test_a_notice_that_stands_before_a_person_in_time_is_not_missed() -> None:
    run = without(right_run(), "discharge-ready", "pitea-soc")
    run.story.spells.append(_away(run.story.start))
    run.stands("expired", kind="delivery", endpoint="pitea-soc", word=2)
    assert run.counts() == {}


def _away(since):  # type: ignore[no-untyped-def]
    from stories.truth import Spell

    until = since + timedelta(days=9)
    return Spell(party="pitea-soc", since=since, until=until, weather=Weather.REFUSED)


def test_a_late_notice_is_missed() -> None:
    run = right_run()
    late = [
        replace(a, at=a.at + timedelta(hours=25)) if i == 4 else a
        for i, a in enumerate(run.seen.arrivals)
    ]
    run.seen.arrivals = late
    assert "discharge-ready" in run.counts()["missed"]


def test_a_need_without_a_receiver_is_missed_and_silent() -> None:
    teller, visit = admitted()
    teller.story.words.clear()
    teller.move(visit.person, "0180")
    visit.person.listed = ""
    teller.tell(visit, Act.ADMIT, "assessment")
    run = told(teller, visit)
    assert run.counts() == {
        "missed": ["nobody to tell of social-services, and no person knows"],
        "silent": ["a need without a receiver was answered without a warning"],
    }
    run.stands("nobody-to-tell", subject="social-services", word=0)
    run.seen.answers[0] = Answer(code="ok", issues=(("warning", "nobody-to-tell"),))
    assert run.counts() == {}


def test_a_last_word_that_is_not_true_is_stale() -> None:
    run = without(right_run(), "discharged", "planering")
    assert run.counts()["stale"] == ["differs in discharge"]


def test_a_party_that_is_not_told_of_the_end_is_stale() -> None:
    teller, visit = admitted()
    teller.then(hours=30)
    teller.tell(visit, Act.CANCEL)
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice")
    assert run.counts() == {"stale": ["not told that it ended (cancelled)"] * 2}


def _overreach(mark: str):  # type: ignore[no-untyped-def]
    teller, visit = admitted()
    teller.then(hours=1)
    teller.token(mark, visit.person, "mark")
    teller.add(
        sender=LULEA,
        act=Act.OTHER,
        body=b"",
        standing=Standing.OVERREACH,
        event="deceased",
        case=visit.case,
        mark=mark,
    )
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice")
    return run


def test_an_accepted_word_without_authority_is_usurped() -> None:
    run = _overreach("Zebrafink")
    assert run.counts() == {"usurped": ["deceased by a lulea was accepted"]}
    run.seen.answers[1] = Answer(code="fatal-error", issues=(("error", "not-entitled"),))
    assert run.counts() == {}


def test_a_word_without_authority_that_reaches_a_party_is_usurped() -> None:
    run = _overreach("Zebrafink")
    run.seen.answers[1] = Answer(code="fatal-error")
    run.got("planering", run.story.words[1], "admission-updated", name=("Zebrafink", "Eva"))
    assert run.counts()["usurped"] == ["deceased by a lulea reached a party"]


def test_facts_of_two_persons_in_one_message_are_confused() -> None:
    teller, visit = admitted()
    other = teller.person("2581")
    run = told(teller, visit)
    run.got("pitea-soc", run.story.words[0], "admission-notice", name=(other.family, "Bo"))
    assert run.counts()["confused"] == ["facts of two persons in one message"]


def test_a_held_word_that_no_one_hears_of_is_silent() -> None:
    teller, visit = admitted()
    teller.then(hours=1)
    bo = teller.visit(teller.person("2581"), visit.hospital, visit.number)
    teller.tell(bo, Act.UPDATE, standing=Standing.HELD)
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice")
    assert len(run.counts()["silent"]) == 2
    run.seen.answers[1] = Answer(code="fatal-error", issues=(("E", "other-patient"),))
    run.stands("other-patient", word=1)
    assert run.counts() == {}


def test_a_word_without_an_answer_is_silent() -> None:
    run = right_run()
    del run.seen.answers[3]
    assert run.counts() == {"silent": ["no answer to a word of norrlid"]}


def test_a_refusal_a_hold_and_a_repetition_without_a_cause_are_needless() -> None:
    run = right_run()
    run.seen.answers[1] = Answer(code="fatal-error", issues=(("E", "profile"),))
    run.stands("protected-identity", kind="delivery", endpoint="planering", word=0)
    run.got("planering", run.story.words[3], "discharged", text="again")
    assert sorted(run.counts()["needless"]) == [
        "delivery protected-identity",
        "discharged says nothing new",
        "update refused: profile",
    ]


def test_an_ending_while_the_right_goes_on_is_needless() -> None:
    teller, visit = admitted()
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice")
    run.got("pitea-soc", run.story.words[0], "process-ended")
    assert "an ending to a party whose right goes on" in run.counts()["needless"]


def test_the_facts_of_a_person_are_found_in_no_other() -> None:
    chance = __import__("random").Random(3)
    texts = [people.person(chance, f"p{n}", "2580").family for n in range(500)]
    assert len(set(texts)) == 500


# The 24 hours


def nobody(due_in: timedelta | None) -> Told:
    """A patient of a municipality that is not connected, and an item with a time."""
    teller, visit = admitted(kommun="2583")
    run = told(teller, visit)
    run.seen.answers[0] = Answer(code="ok", issues=(("W", "nobody-to-tell"),))
    since = run.story.words[0].at
    due = None if due_in is None else visit.admitted + due_in
    run.stands("nobody-to-tell", case=visit.case, subject=str(SOCIAL), since=since, due=due)
    return run


def test_an_item_that_falls_due_in_time_is_right() -> None:
    assert nobody(timedelta(hours=24)).counts() == {}


def test_an_item_that_falls_due_too_late_or_never_is_missed() -> None:
    for due in (timedelta(hours=25), None):
        assert nobody(due).counts() == {"missed": ["an item falls due too late"]}


def test_an_item_that_falls_due_before_its_time_is_needless() -> None:
    assert nobody(timedelta()).counts() == {"needless": ["an item falls due before its time"]}


def late(*issues: tuple[str, str], hours: float = 30) -> Told:
    """A notice that everybody gets some hours after the judgement, and the hospital's answer."""
    teller, visit = admitted(hours=hours)
    run = told(teller, visit)
    run.both(run.story.words[0], "admission-notice")
    run.seen.answers[0] = Answer(code="ok", issues=issues)
    return run


def test_a_late_notice_whose_sender_is_warned_is_right() -> None:
    assert late(("W", "late-notice")).counts() == {}


def test_a_late_notice_whose_sender_is_not_warned_is_silent() -> None:
    causes = late().counts()["silent"]
    assert causes == ["a notice leaves too late, and its sender is not told"]


def test_a_warning_of_a_notice_that_is_in_time_is_needless() -> None:
    causes = late(("W", "late-notice"), hours=2).counts()["needless"]
    assert causes == ["a notice is called late, and is not"]
