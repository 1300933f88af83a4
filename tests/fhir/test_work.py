"""What a check costs grows with the size of the message, and not with its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.model import Event
from adapter.fhir import bundles, check_structure, profiles
from tests.kit.fhir_fixtures import usual

FEW, MANY = 100, 400


def unused(count: int) -> dict[str, Any]:
    """A resource that contains others, which nothing refers to."""
    inside = [{"resourceType": "Basic", "id": f"a{n}", "code": {"text": "x"}} for n in range(count)]
    return {"contained": inside}


def empty(count: int) -> dict[str, Any]:
    return {"contained": [{} for _ in range(count)]}


def dangling(count: int) -> dict[str, Any]:
    link = {"url": "urn:x", "valueReference": {"reference": "#gone"}}
    return {"extension": [link] * count}


def nowhere(count: int) -> dict[str, Any]:
    link = {"url": "urn:x", "valueReference": {"reference": "urn:uuid:gone"}}
    return {"extension": [link] * count}


def calls(resource: dict[str, Any]) -> int:
    """How many functions a check of the resource in a Bundle calls."""
    basic = {"resourceType": "Basic", "code": {"text": "x"}, **resource}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": basic}]}
    return counted(check_structure, bundle)


def counted(check: Callable[[Any], object], bundle: Any) -> int:
    """How many functions a check of a Bundle calls."""
    check(bundle)  # compiles what it needs
    count = 0

    def note(_frame: object, event: str, _of: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        check(bundle)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("made", [unused, empty, dangling, nowhere])
def test_four_times_as_many_parts_are_about_four_times_the_work(made: Any) -> None:
    assert calls(made(MANY)) < 5 * calls(made(FEW))


@pytest.mark.parametrize(
    ("event", "element"),
    [
        (Event.SIP_INVITATION, "participant"),
        (Event.PLANNING_BASIS, "payload"),
        (Event.INFORMATION_TRANSFER, "payload"),
        (Event.RECALL, "about"),
        (Event.CARE_PLAN, "activity"),
        (Event.PROGRESS, "activity"),
    ],
)
def test_the_rules_of_the_planning_look_at_each_part_once(event: Event, element: str) -> None:
    def work(count: int) -> int:
        bundle = usual(event)
        focus = bundles.focus(bundle) or {}
        focus[element] = focus[element] * count
        return counted(profiles.validate, bundle)

    assert work(MANY) < 5 * work(FEW)
