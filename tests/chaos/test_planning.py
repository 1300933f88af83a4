"""The rig sends every event of planning, and knows who must be told."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from chaos import messages, planning
from chaos.load import Load, Message
from chaos.parties import HOSPITAL, LULEA, PITEA
from chaos.plan import Plan

EVENTS = {
    "care-contact",
    "care-plan",
    "information-transfer",
    "message",
    "planning-basis",
    "recall",
    "sip-invitation",
    "sip-invitation-cancelled",
    "sip-invitation-changed",
}


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The load of a run with a fixed seed."""
    return Load(Plan(seconds=20, seed="planning", folder=tmp_path))


def cases(load: Load) -> list[list[Message]]:
    """A hundred cases of the hospital."""
    return [load.case(HOSPITAL) for _ in range(100)]


def test_a_hundred_cases_have_every_event_of_planning(load: Load) -> None:
    events = Counter(message.post.event for case in cases(load) for message in case)
    assert set(events) == EVENTS
    assert min(events.values()) >= 5, events


def test_some_messages_have_an_attachment_that_a_reader_finds_whole(load: Load) -> None:
    bodies = [message.post.body for case in cases(load) for message in case]
    bearing = [body for body in bodies if messages.HAS_ATTACHMENT.encode() in body]
    assert len(bearing) >= 10
    assert all(messages.read(body).is_whole for body in bodies)
    damaged = bearing[0].replace(messages.ATTACHMENT.encode(), b"QQ==")
    assert not messages.read(damaged).is_whole


def test_a_recall_goes_to_those_that_its_message_went_to(load: Load) -> None:
    recalls = [(case, m) for case in cases(load) for m in case if m.recalls >= 0]
    assert recalls
    for case, message in recalls:
        assert message.post.event == "recall"
        assert message.to == case[message.recalls].to
        assert case[message.recalls].post.content.encode() in message.post.body
        assert message.waits


def test_some_messages_name_a_stranger_who_must_not_be_told(load: Load) -> None:
    every = [
        m for case in cases(load) for m in case if m.post.event in ("sip-invitation", "recall")
    ]
    named = [m for m in every if len(_destinations(m)) > len(m.to)]
    assert 5 <= len(named) < len(every)


def _destinations(message: Message) -> list[object]:
    head = json.loads(message.post.body)["entry"][0]["resource"]
    destinations: list[object] = head["destination"]
    return destinations


@pytest.mark.parametrize(("event", "answer"), sorted(planning.REPLIES.items()))
def test_a_party_answers_once_asked_and_only_to_the_sender(event: str, answer: str) -> None:
    word = planning.Word(
        event=event,
        sender=HOSPITAL,
        to=(LULEA,),
        case=f"{HOSPITAL.organization}/S1-2",
        text=f"[[S1-2/3]] {planning.ASKS}",
        code="K-1",
    )
    replied = planning.reply(LULEA, planning.written(word, "S1-2").body)
    assert replied is not None
    post, asked_by = replied
    assert (post.event, asked_by) == (answer, HOSPITAL.endpoint)
    assert messages.place(post.body) == ("S1-2", 3 + planning.REPLY_NUMBERS[LULEA.endpoint])
    assert planning.reply(LULEA, post.body) is None


def test_nobody_reports_on_the_effort_of_another() -> None:
    word = planning.Word(
        event="care-plan",
        sender=HOSPITAL,
        to=(PITEA, LULEA),  # the first of them does the effort
        case=f"{HOSPITAL.organization}/S1-2",
        text=f"[[S1-2/3]] {planning.ASKS}",
        code="K-1",
    )
    assert planning.reply(LULEA, planning.written(word, "S1-2").body) is None


def test_what_somebody_answers_is_not_recalled(load: Load) -> None:
    asked = planning.ASKS.encode()
    recalled = [case[m.recalls] for case in cases(load) for m in case if m.recalls >= 0]
    assert recalled
    assert not [m for m in recalled if asked in m.post.body]
