"""Whatever a text holds, a journal reads the same text in HL7 v2, or the adapter says what is lost.

The reader is python-hl7. A line break comes back as `\\r`, which is what it makes of `\\.br\\`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from tests.kit.hl7v2_out import (
    FIXTURES,
    OF_MESSAGES,
    label,
    loaded,
    losses,
    parsed,
    resource,
    text_at,
    written,
)

MARKS = st.text("|^~\\&#\"'\n\r\t å€☃😀Xx.br1F", min_size=1, max_size=40)
TEXTS = MARKS | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
PLACES = {
    "sip-invitation/everybody": {
        "Appointment.description": "SCH.F7.R1.C2",
        "Appointment.identifier.0.value": "SCH.F2.R1.C1",
        "Appointment.reasonCode.0.text": "NTE.F3.R1.C1",
        "Appointment.participant.1.actor.display": "AIG.F3.R1.C2",
        "Appointment.participant.1.type.0.text": "AIG.F4.R1.C2",
        "Location.name": "AIL.F3.R1.C9",
        "Practitioner.name.0.family": "AIP.F3.R1.C2",
        "PractitionerRole.code.0.text": "AIP.F3.R1.C6",
        "PractitionerRole.telecom.0.value": "SCH.F17.R1.C1",
        "Patient.name.0.family": "PID.F5.R1.C1",
        "Patient.address.0.line.0": "PID.F11.R1.C1.S1",
        "Patient.address.0.city": "PID.F11.R1.C3",
    },
    "sip-invitation-cancelled/cancelled": {
        "Appointment.cancelationReason.text": "SCH.F6.R1.C2",
    },
    "information-transfer/second": {
        "Communication.payload.0.contentString": "OBX.F5.R1.C1",
        "Communication.sender.display": "TXA.F9.R1.C2",
    },
    "care-plan/in-full": {"CarePlan.title": "OBX.F5.R1.C1"},
}
EVERY_PLACE = [(name, path, at) for name, rows in PLACES.items() for path, at in rows.items()]


def put(bundle: Bundle, path: str, value: str) -> None:
    """Set a value at `Patient.name.0.family`."""
    type_, *steps = path.split(".")
    node: Any = resource(bundle, type_)
    for step in steps[:-1]:
        node = node[int(step)] if step.isdecimal() else node[step]
    node[int(steps[-1]) if steps[-1].isdecimal() else steps[-1]] = value


def fhirpath(path: str) -> str:
    """`Patient.name.0.family` as a loss names it."""
    return re.sub(r"\.([0-9]+)", r"[\1]", path)


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(("name", "path", "at"), EVERY_PLACE)
@given(text=TEXTS)
def test_any_text_in_any_field_comes_back_the_same(
    name: str, path: str, at: str, text: str
) -> None:
    bundle = loaded(name)
    put(bundle, path, text)
    body, known = written(bundle)
    assert lines(text_at(parsed(body), at)) == lines(text)
    assert fhirpath(path) not in losses(known)


@pytest.mark.parametrize("charset", ["iso-8859-1", "ascii", "cp1252"])
@given(text=TEXTS)
def test_a_text_beyond_the_charset_is_told_as_lost(charset: str, text: str) -> None:
    bundle = loaded("sip-invitation/booked")
    resource(bundle, "Patient")["name"] = [{"family": "Ek", "given": ["Astrid"]}]
    put(bundle, "Appointment.description", text)
    body, known = written(bundle, charset=charset)
    back = lines(text_at(parsed(body, charset), "SCH.F7.R1.C2"))
    fits = text.encode(charset, "replace").decode(charset) == text
    assert ("Appointment.description" in losses(known)) is not fits
    assert back == lines(text if fits else text.encode(charset, "replace").decode(charset))


def test_a_long_question_is_whole_in_a_note() -> None:
    bundle = loaded("sip-invitation/booked")
    question = "Vad behövs? " * 40
    put(bundle, "Appointment.description", question)
    message = parsed(written(bundle)[0])
    assert text_at(message, "NTE.F3.R1.C1") == question
    assert question.startswith(text_at(message, "SCH.F7.R1.C2"))


def test_why_an_effort_was_cancelled_stands_below_it() -> None:
    bundle = loaded("care-plan/in-full")
    detail = resource(bundle, "CarePlan")["activity"][0]["detail"]
    detail |= {"status": "cancelled", "statusReason": {"text": "Hon lagar mat själv."}}
    body, known = written(bundle)
    assert "\\.br\\Skäl: Hon lagar mat själv." in body.decode()
    assert not [path for path in losses(known) if "statusReason" in path]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each string of a message."""
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[step], (*path, step))
    elif isinstance(value, str):
        yield path


IMPLIED = {"resourceType", "id", "fullUrl", "reference", "timestamp", "hash"}
"""What the structure says; of a file, what the receiver can reckon from the data."""
SAID_BY_A_TABLE = {
    "system",  # of a code whose table is ours, which the name of the table says
    "display",  # of a code that the table names
}


@pytest.mark.parametrize("path", [*FIXTURES, *OF_MESSAGES], ids=label)
def test_no_value_disappears_in_silence(path: Path) -> None:
    """Each string is written, or a loss, or refused: one after the other becomes another one."""
    original = json.loads(path.read_text())
    silent = []
    before, known = written(original)
    for place in leaves(original):
        if (
            len(place) < 4
            or "security" in place  # a label protects whatever its code and system
            or place[-1] in IMPLIED
            or (place[-1] in SAID_BY_A_TABLE and "coding" in str(place).lower())
        ):
            continue
        changed = deepcopy(original)
        node: Any = changed
        for step in place[:-1]:
            node = node[step]
        node[place[-1]] = "Qvist7"
        try:
            after, told = written(changed)
        except (FatalError, ValueError):
            continue
        if (
            after == before
            and losses(told) == losses(known)
            and not is_lost(original, place, losses(known))
        ):
            silent.append(place)
    assert silent == []


def is_lost(bundle: Bundle, place: tuple[Any, ...], lost: list[str]) -> bool:
    """Whether a place, or a whole that it is a part of, is among the losses."""
    entry = bundle["entry"][place[1]]["resource"]
    names, name = [], str(entry["resourceType"])
    names.append(name)
    for step in place[3:]:
        name += f"[{step}]" if isinstance(step, int) else f".{step}"
        names.append(name)
    return any(each in lost for each in names)


def test_the_segments_end_by_a_carriage_return_alone() -> None:
    body, _ = written(loaded("sip-invitation/everybody"))
    assert b"\n" not in body
    assert body.endswith(b"\r")
    assert isinstance(parsed(body), hl7.Message)
