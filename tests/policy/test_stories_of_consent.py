"""Stories of consent that is withdrawn: plans end, and everything else goes on."""

from __future__ import annotations

from datetime import timedelta

from adapter.operate import replay
from tests.kit.consent_words import consented, plans, says, warned, withdrawn
from tests.kit.county import PITEA, SOCIAL_AND_CARE, County, Visit
from tests.kit.drafts import HOSPITAL, LULEA, note


def admitted(county: County) -> Visit:
    """A stay that Luleå and the planning service are told of."""
    visit = Visit()
    county.adt("A01", visit, county.assessed())
    county.hears()
    return visit


def test_without_a_word_of_consent_a_plan_goes_to_those_whom_it_names(county: County) -> None:
    admitted(county)
    plans(county)
    assert county.hears("lulea") == {"lulea": ["care-plan"]}


def test_a_plan_after_the_withdrawal_reaches_nobody_and_its_sender_is_warned(
    county: County,
) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    county.inbox("planning")
    plans(county, LULEA, HOSPITAL)
    assert county.hears("lulea") == {}
    assert county.deliveries(event="care-plan") == []
    assert warned(county, "planning") == ["consent-withdrawn"]
    assert len(county.history("consent-withdrawn")) == 1


def test_notices_and_messages_go_on_after_the_withdrawal(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    county.adt("A16", visit)
    county.tells("hospital", note(visit="Y2"))
    assert county.hears("lulea") == {"lulea": ["discharge-ready", "message"]}


def test_the_withdrawal_itself_tells_nobody_anything(county: County) -> None:
    visit = admitted(county)
    plans(county)
    county.hears()
    assert says(county, visit, withdrawn()) == []
    assert county.hears() == {}


def test_a_plan_that_waits_ends_with_its_reason_and_its_sender_gets_a_report(
    county: County,
) -> None:
    visit = admitted(county)
    county.down |= {"lulea"}
    plans(county)
    says(county, visit, withdrawn())
    assert county.hears("planning") == {"planning": ["delivery-report"]}
    county.down.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("lulea") == {}
    [plan] = county.deliveries(event="care-plan")
    assert plan["state"] == "no-longer-due"
    [line] = county.history("no-longer-due")
    assert line["detail"] == "the consent to planning is withdrawn"


def test_a_plan_under_way_at_the_withdrawal_is_not_tried_again(county: County) -> None:
    visit = admitted(county)
    county.hangs_up |= {"lulea"}
    plans(county)
    says(county, visit, withdrawn())
    county.hangs_up.clear()
    county.turn(after=timedelta(hours=2))
    assert county.hears("lulea") == {}
    assert {d["state"] for d in county.deliveries(event="care-plan")} == {"no-longer-due"}


def test_a_dead_plan_that_a_person_replays_after_the_withdrawal_does_not_leave(
    county: County,
) -> None:
    visit = admitted(county)
    county.down |= {"lulea"}
    plans(county)
    county.turn(after=timedelta(days=4))
    [dead] = county.deliveries(event="care-plan", state="dead")
    says(county, visit, withdrawn())
    county.down.clear()
    with county.store.begin() as tx:
        replay.replay_unchecked(
            tx, county.network, dead["id"], who="Ann", reason="up again", now=county.now
        )
    county.turn()
    assert county.hears("lulea") == {}


def test_consent_given_again_lets_plans_go(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    plans(county)
    says(county, visit, consented())
    plans(county)
    assert county.hears("lulea") == {"lulea": ["care-plan"]}


def test_a_message_that_says_nothing_of_consent_changes_nothing(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    visit.planned = "20260325"
    county.adt("A08", visit)
    county.hears()
    plans(county)
    assert county.hears("lulea") == {}


def test_an_older_consent_that_comes_late_stands_before_the_owner(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    warnings = says(county, visit, consented(), early=30)
    assert [w.split()[0] for w in warnings] == ["late-word"]
    assert county.stands() == ["late-word"]
    plans(county)
    assert county.hears("lulea") == {}


def test_consent_does_not_reach_another_case(county: County) -> None:
    visit = admitted(county)
    says(county, visit, withdrawn())
    other = Visit(number="Y9")
    county.adt("A01", other, county.assessed(SOCIAL_AND_CARE))
    county.hears()
    plans(county, visit="Y9")
    assert county.hears("lulea", PITEA) == {"lulea": ["care-plan"]}
